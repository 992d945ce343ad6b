/* flood.mjs: a thousand alarms in a minute: all are there, in order, the page answers while they come, and the line says what is new to
 * a reader who is not at the top. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, story } from "./browser.mjs";

const SLOW_MS = 500; // a press is answered by then, whatever comes

await story(async (browser) => {
	const page = await open(browser, { viewport: { width: 1920, height: 1080 } });
	await login(page, "desk", "a long password");
	await page.waitForSelector(".empty");
	await page.evaluate(() => {
		window.longest = 0;
		let before = performance.now();
		const look = () => {
			const now = performance.now();
			window.longest = Math.max(window.longest, now - before);
			before = now;
			requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	});
	const { count } = await ask("flood");
	await page.waitForFunction((n) => [...document.querySelectorAll(".count b")].reduce((sum, b) => sum + Number(b.textContent), 0) >= n, count);
	const longest = await page.evaluate(() => window.longest);
	process.stderr.write(`longest time between two pictures: ${longest.toFixed(0)} ms\n`);
	assert.ok(longest < SLOW_MS * 4, `the page stood still for ${longest} ms`);

	/* Nothing jumps: the reader stays where he is. */
	await page.mouse.wheel(0, 2000);
	await page.waitForFunction(() => window.scrollY > 500);
	const atTop = () => [...document.querySelectorAll("[data-alarm]")].find((card) => card.getBoundingClientRect().top > 100).dataset.alarm;
	const first = await page.evaluate(atTop);
	await ask("press");
	await page.waitForSelector(".fresh");
	assert.equal(await page.evaluate(atTop), first);
	await page.click(".fresh");
	await page.waitForSelector('[data-alarm="sos/sos-1"]');
	await shot(page, "flood-1920");
	assert.deepEqual(page.complaints, []);
});
