/* figures.mjs: the map with its names and floors, a lift's day and month, limits of a trend, the report of the month, filters and files of the
 * history, the health of the box: by what they say, at every size. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { accessible, ask, fits, folder, login, open, shot, SIZES, story, url } from "./browser.mjs";

const VIEWS = ["estate", "lift/lift-2", "point/tank-1.level", "report", "history", "health"];

async function show(page, view) {
	await page.goto(`${url}/#/${view}`);
	await page.waitForSelector("main section");
}

async function map(page) {
	await show(page, "estate");
	const building = page.locator(".building", { hasText: "1栋" });
	await building.waitFor();
	assert.match(await building.locator("summary").innerText(), /18 层 · 20 户/, "as it is declared");
	assert.doesNotMatch(await page.locator(".building", { hasText: "2栋" }).locator("summary").innerText(), /层/, "what nobody said is not claimed");
	await page.waitForSelector('.lift-link[title="1# 电梯"] figcaption:has-text("9F↑")');
	assert.match(await page.locator(".building", { hasText: "2栋" }).locator(".floors").innerText(), /7F\s+east/, "the register says on which floor");
	assert.match(await page.innerText('.shared .cell-2'), /生活水箱/, "only the unusual has a colour");
	assert.equal(await page.locator(".floors .cell-1, .floors .cell-2, .floors .cell-3").count(), 0);
	await page.waitForSelector('.cell.is-home[title*="1栋"], .cell.is-home[title*="b1/u1/101"]');
	await ask("move"); // it is live
	await page.waitForSelector('.lift-link[title="1# 电梯"] figcaption:has-text("12F")');
}

async function lift(page) {
	await show(page, "lift/lift-2");
	await page.waitForSelector(".day-trips");
	const path = await page.getAttribute(".day-trips", "d");
	assert.ok(path.split("h").length > 50, "a day of standing here and there");
	await page.waitForFunction(() => document.querySelectorAll(".strip-day").length > 0 && !/已读取/.test(document.querySelector("main").innerText));
	const figures = await page.innerText(".figures");
	const { availability } = await ask("availability");
	assert.ok(figures.includes(availability), `the month as the box sums it up: ${figures} ${availability}`);
	assert.ok((await page.locator(".strip-day.is-less, .strip-day.is-bad").count()) >= 1, "the day that it was out");
}

async function faults(page) {
	await show(page, "lift/lift-1");
	await page.waitForSelector(".day-wrong-2");
	assert.equal(await page.locator(".day-wrong").count(), 1);
	assert.match(await page.innerText(".samples"), /故障\s+1[45] 分钟/, "a quarter of an hour");
}

async function trend(page) {
	await show(page, "point/tank-1.level");
	await page.waitForSelector(".trend canvas");
	assert.match(await page.innerText(".trend-box figcaption"), /报警界限/);
	for (const name of ["天", "周", "月"]) {
		await page.click(`.spells button:text-is("${name}")`);
		await page.waitForSelector(`.spells button[aria-pressed="true"]:text-is("${name}")`);
		await page.waitForSelector(".trend canvas");
	}
	assert.match(await page.innerText(".trend-box figcaption"), /最小到最大/);
	await shot(page, "trend-month");
}

async function report(page) {
	let asked = 0;
	await page.route("**/v1/summary?*", (route) => (asked++ ? route.continue() : route.fulfill({ status: 503, body: "" })));
	await show(page, "report");
	await page.waitForSelector(".dots .dot");
	await page.waitForSelector('button:text-is("打印"):not([disabled])');
	assert.equal(await page.locator(".report .day-columns").count(), 1, "the box had no time at once: it is asked again");
	assert.ok(asked >= 2);
	await page.unroute("**/v1/summary?*");
	const text = await page.innerText(".report");
	const { rows } = await ask("response");
	for (const piece of rows) assert.ok(text.includes(piece), `${piece} is in it`);
	assert.equal(await page.locator(".dots .dot.is-late").count(), 1, "one took more than ten minutes");
	assert.equal(await page.locator(".dots-line-300").count(), 2);
	assert.match(text, /走访/);
	const paper = await page.pdf({ format: "A4", printBackground: true, path: `${folder}/report.pdf` });
	const pages = (paper.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
	assert.ok(pages >= 1 && pages <= 3, `${pages} sheets`);
	await page.emulateMedia({ media: "print" });
	assert.equal(await page.locator(".tabs").isVisible(), false);
	assert.ok(await page.locator(".signs").isVisible());
	await shot(page, "report-print");
	await page.emulateMedia({ media: null });
}

async function history(page) {
	await show(page, "history");
	const rows = () => page.locator("tbody tr").count();
	await page.waitForSelector("tbody tr");
	const all = await rows();
	await page.selectOption('.filters select >> nth=0', "1");
	assert.ok((await rows()) < all && (await rows()) >= 2, "only the urgent");
	await page.selectOption('.filters select >> nth=2', "b2");
	assert.equal(await rows(), 1);
	const saving = page.waitForEvent("download");
	await page.click('button:text-is("导出 CSV")');
	const file = readFileSync(await (await saving).path(), "utf8");
	assert.ok(file.startsWith('\ufeff"since","priority"') && file.includes('"sos/sos-b2"') && !file.includes("tank-high"), "what the filters leave");
	await page.click('tbody button:text-is("经过")');
	await page.waitForSelector(".story li");
	assert.match(await page.innerText(".story"), /报警[\s\S]*确认[\s\S]*到场[\s\S]*真实/);
	await page.fill(".filters input", "nothing of the kind");
	await page.waitForSelector(".empty");
}

async function health(page) {
	await show(page, "health");
	await page.waitForSelector(".health-well, .health-wrong");
	assert.match(await page.innerText(".health"), /剩余空间[\s\S]*[GMT]B/);
}

await story(async (browser) => {
	const page = await open(browser, { acceptDownloads: true });
	await login(page, "admin", "a long password");
	for (const part of [map, lift, faults, trend, report, history, health]) await part(page);
	assert.deepEqual(page.complaints, []);
	await page.context().close();

	for (const [viewport, colorScheme, views] of [[SIZES[0], "light", VIEWS], [SIZES[1], "light", ["report", "history"]], [SIZES[2], "dark", ["estate", "lift/lift-2"]]]) {
		const seen = await open(browser, { viewport, colorScheme });
		await login(seen, "admin", "a long password");
		for (const view of views) {
			const where = `${view} at ${viewport.width}, ${colorScheme}`;
			await show(seen, view);
			await seen.waitForFunction(() => !/正在读取|已读取/.test(document.querySelector("main").innerText));
			await fits(seen, where);
			await accessible(seen, where);
			await seen.screenshot({ path: `${folder}/${view.replaceAll(/\W+/g, "-")}-${viewport.width}-${colorScheme}.png`, fullPage: true });
		}
		assert.deepEqual(seen.complaints, []);
		await seen.context().close();
	}

	/* Who sees a part of the estate gets sentences, not failures. */
	const part = await open(browser);
	await login(part, "b2-only", "a long password");
	await show(part, "health");
	await part.waitForSelector('.empty:has-text("不在您的角色或范围之内")');
	await show(part, "report");
	await part.waitForSelector(".dots .dot");
	await part.waitForSelector('.report button:text-is("打印"):enabled');
	assert.doesNotMatch(await part.innerText(".report"), /1栋|全小区/);
	assert.match(await part.innerText(".report"), /只统计 2栋[^]*您的范围[^]*2栋/, "figures of his own places");
	await show(part, "estate");
	await part.waitForSelector('.building:has-text("2栋")');
	assert.equal(await part.locator(".building").count(), 1);
	await show(part, "device/nobody");
	await part.waitForSelector('.empty:has-text("没有找到")');
	assert.deepEqual(part.complaints, []);
});
