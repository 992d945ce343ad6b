/* next_shift.mjs: one goes, the next one logs in on the same page: what the first was shown, and the silence that he asked for, went with him. */
import { strict as assert } from "node:assert";
import { ask, login, open, story, url } from "./browser.mjs";

async function leave(page) {
	await page.click('button:text-is("退出")');
	await page.waitForSelector("[name=user]");
}

/** Another one on the page as it stands: it is not loaded anew. */
async function enter(page, user) {
	await page.fill("[name=user]", user);
	await page.fill("[name=password]", "a long password");
	await page.click("button[type=submit]");
	await page.waitForSelector(".tabs");
	assert.equal(new URL(page.url()).hash, "#/now", "he does not begin where the one before was");
}

const READ = '.report button:text-is("打印"):enabled';

/** Last month: all its days are over. */
async function monthReport(page) {
	await page.evaluate(() => (location.hash = "#/report"));
	const month = await page.locator(".report select option").nth(1).textContent();
	await page.evaluate((m) => (location.hash = `#/report/${m}`), month);
	await page.waitForSelector(`.report-head p:has-text("${month}")`);
	await page.waitForSelector(READ);
}

await story(async (browser) => {
	const page = await open(browser);
	const months = [];
	page.on("requestfinished", (r) => /\/v1\/summary\?from=.*-01&to=.*-(28|29|30|31)&/.test(r.url()) && months.push(r.url())); // whole ones
	await login(page, "desk", "a long password");
	await monthReport(page);
	assert.equal(months.length, 1, "a month is one question");

	await ask("press");
	await page.click('button:text-is("静音")');
	await page.fill("[name=reason]", "电话中");
	await page.click('dialog button.main:text-is("静音")');
	await page.waitForSelector('button:has-text("恢复声音")');
	await leave(page);

	await enter(page, "technician");
	await page.waitForSelector('button:text-is("静音")');
	assert.equal(await page.locator('button:has-text("恢复声音")').count(), 0, "the next one has asked for no silence");
	await leave(page);

	const before = months.length;
	await enter(page, "b2-only");
	await monthReport(page);
	assert.ok(months.length > before, "what the first was told is not what this one is told");
	assert.match(await page.locator(".report-head").innerText(), /只统计 2栋/);
	assert.doesNotMatch(await page.locator(".report .scroll").first().innerText(), /全小区|1栋/, "figures of the whole estate are not for who sees one building");
	assert.ok(page.url().startsWith(url));
	assert.deepEqual(page.complaints, []);
});
