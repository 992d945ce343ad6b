/* load.mjs: 2,000 devices on a wall, and 500 alarms that come: how long a picture stood still meanwhile, and how soon the page shows a
 * press that comes with them. Reports on standard error. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, SIZES, story } from "./browser.mjs";

const SLOW_MS = 50;
const LIMIT_MS = Number(process.env.LIMIT_MS ?? 2000); // a page that stands still for longer is no page

await story(async (browser) => {
	const page = await open(browser, { viewport: SIZES[2] });
	await login(page, "desk", "a long password");
	await page.waitForSelector("main section");
	await page.evaluate(() => {
		window.gaps = [];
		let before = performance.now();
		const look = () => {
			const now = performance.now();
			window.gaps.push(now - before);
			before = now;
			requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	});
	const began = Date.now();
	const { count } = await ask("alarms");
	await page.waitForFunction((n) => [...document.querySelectorAll(".count b")].reduce((sum, b) => sum + Number(b.textContent), 0) >= n, count);
	const gaps = await page.evaluate(() => window.gaps);
	const slow = gaps.filter((ms) => ms > SLOW_MS);
	const longest = Math.max(...gaps);
	process.stderr.write(
		`  ${count} alarms in ${Date.now() - began} ms: ${gaps.length} pictures, ${slow.length} of them later than ${SLOW_MS} ms, the longest ${longest.toFixed(0)} ms\n`,
	);
	assert.ok(longest < LIMIT_MS, `the page stood still for ${longest} ms`);
	await page.mouse.wheel(0, 3000);
	await page.waitForFunction(() => window.scrollY > 500);
	await page.evaluate(() => window.scrollTo(0, 0));
	const scrolled = await page.evaluate(
		() =>
			new Promise((done) => {
				const pictures = [];
				let before = performance.now();
				let left = 60;
				const look = () => {
					const now = performance.now();
					pictures.push(now - before);
					before = now;
					window.scrollBy(0, 100);
					if (--left) requestAnimationFrame(look);
					else done(Math.max(...pictures));
				};
				requestAnimationFrame(look);
			}),
	);
	process.stderr.write(`  scrolling through them: the longest picture ${scrolled.toFixed(0)} ms\n`);
	await shot(page, "alarms-1920");
	assert.deepEqual(page.complaints, []);
});
