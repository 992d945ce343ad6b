/* many.mjs: 2,000 homes, 2,000 entries of the register and hundreds of users: how long a picture stood still while a list came, was
 * scrolled through and searched. Reports on standard error. */
import { strict as assert } from "node:assert";
import { login, open, shot, SIZES, story, url } from "./browser.mjs";

const SLOW_MS = 50;
const LIMIT_MS = Number(process.env.LIMIT_MS ?? 2000); // a page that stands still for longer is no page
const HOMES = Number(process.env.HOMES ?? 2000);
const LAST_USER = `night-${Number(process.env.USERS ?? 60) - 1}`;

/** Counts pictures from now on; what comes back ends it and tells the gaps between them, in ms. */
async function watched(page) {
	await page.evaluate(() => {
		window.gaps = [];
		let before = performance.now();
		const look = () => {
			const now = performance.now();
			window.gaps?.push(now - before);
			before = now;
			if (window.gaps) requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	});
	return () =>
		page.evaluate(() => {
			const gaps = window.gaps;
			window.gaps = null;
			return gaps;
		});
}

async function told(page, what, act) {
	const gaps = await watched(page);
	await act();
	const all = await gaps();
	const longest = Math.max(...all);
	process.stderr.write(`  ${what.padEnd(28)}${all.length} pictures, ${all.filter((ms) => ms > SLOW_MS).length} later than ${SLOW_MS} ms, the longest ${longest.toFixed(0)} ms\n`);
	assert.ok(longest < LIMIT_MS, `${what}: the page stood still for ${longest} ms`);
}

/** Down to where the list has grown three times. */
async function scrolled(page, rows) {
	const before = await page.locator(rows).count();
	for (let n = 0; n < 3; n++) {
		const now = await page.locator(rows).count();
		await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
		await page.waitForFunction(([at, count]) => document.querySelectorAll(at).length > count, [rows, now]);
	}
	assert.ok(before < HOMES / 10, `${before} are drawn at first`);
}

async function found(page, field, text, rows) {
	await page.evaluate(() => window.scrollTo(0, 0));
	await page.locator(field).pressSequentially(text);
	await page.waitForFunction((at) => document.querySelectorAll(at).length === 1, rows);
	await page.fill(field, "");
	await page.waitForFunction((at) => document.querySelectorAll(at).length > 1, rows);
}

/** On paper there are all of them, and afterwards as many as before. */
async function printed(page, rows) {
	const before = await page.locator(rows).count();
	await page.evaluate((at) => addEventListener("beforeprint", () => (window.onPaper = document.querySelectorAll(at).length), { once: true }), rows);
	await page.pdf();
	assert.equal(await page.evaluate(() => window.onPaper), HOMES);
	await page.waitForFunction(([at, n]) => document.querySelectorAll(at).length === n, [rows, before]);
}

async function list(page, { view, rows, field, text }) {
	await told(page, `${view}: it comes`, async () => {
		await page.goto(`${url}/#/${view}`);
		await page.waitForSelector(rows);
	});
	await shot(page, `${view}-first`);
	await printed(page, rows);
	await told(page, `${view}: scrolled`, () => scrolled(page, rows));
	await told(page, `${view}: searched`, () => found(page, field, text, rows));
}

await story(async (browser) => {
	const page = await open(browser, { viewport: SIZES[1] });
	await login(page, "care", "a long password");
	const home = process.env.HOME_NAME ?? "7栋2单元1203";
	await list(page, { view: "care", rows: ".homes > li", field: "input[type=search]", text: home });
	await list(page, { view: "residents", rows: ".scroll tbody tr", field: "input[type=search]", text: home });
	await page.click('.shown-of button:text-is("全部显示")');
	await page.waitForFunction((n) => document.querySelectorAll(".scroll tbody tr").length === n, HOMES);
	assert.equal(await page.locator(".shown-of").count(), 0, "all of them, for paper");
	assert.deepEqual(page.complaints, []);
	await page.context().close();

	const boss = await open(browser, { viewport: SIZES[1] });
	await login(boss, "admin", "a long password");
	await told(boss, "users: they come", async () => {
		await boss.goto(`${url}/#/users`);
		await boss.waitForSelector(".shown-of");
	});
	await boss.fill("input[type=search]", LAST_USER);
	await boss.waitForSelector(`td:text-is("${LAST_USER}")`);
	await boss.waitForSelector('td:text-is("night-0")', { state: "detached" });
	assert.equal(await boss.locator(".scroll").first().locator("tbody tr").count(), 1);
	await shot(boss, "users-found");
	assert.deepEqual(boss.complaints, []);
});
