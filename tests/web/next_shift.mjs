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
}

/** Last month: all its days are over, and kept. */
async function monthReport(page) {
	await page.evaluate(() => (location.hash = "#/report"));
	const month = await page.locator(".report select option").nth(1).textContent();
	await page.evaluate((m) => (location.hash = `#/report/${m}`), month);
	await page.waitForSelector(`.report-head p:has-text("${month}")`);
}

await story(async (browser) => {
	const page = await open(browser);
	const days = new Set();
	page.on("request", (r) => r.url().includes("/v1/summary?day=") && days.add(r.url()));
	const asked = async (n) => {
		for (let i = 0; i < 300 && days.size < n; i++) await page.waitForTimeout(100);
		return days.size;
	};
	await login(page, "desk", "a long password");
	await monthReport(page);
	assert.ok((await asked(28)) >= 28, "a month is read");

	await ask("press");
	await page.click('button:text-is("静音")');
	await page.fill("[name=reason]", "电话中");
	await page.click('dialog button.main:text-is("静音")');
	await page.waitForSelector('button:has-text("恢复声音")');
	await leave(page);

	days.clear();
	await enter(page, "technician");
	await page.waitForSelector('button:text-is("静音")');
	assert.equal(await page.locator('button:has-text("恢复声音")').count(), 0, "the next one has asked for no silence");
	await leave(page);

	await enter(page, "b2-only");
	await monthReport(page);
	await page.waitForSelector('.report-part >> text="这一部分不在您的角色或范围之内。"');
	assert.equal(await page.locator(".day-columns").count(), 0, "what the days of the whole estate came to is not for who sees one building");
	assert.equal(await page.locator('text="1栋"').count(), 0, "nor is the other building named");
	assert.ok(page.url().startsWith(url));
	assert.deepEqual(page.complaints, []);
});
