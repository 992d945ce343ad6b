/* renewed.mjs: the box is updated while a page is open. What has been fetched goes on and says that there is a newer page; a part that
 * is no longer there loads the new page by itself; what does not come because the line is bad says so, and comes when it is good. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, story, url } from "./browser.mjs";

const nameOf = (page) => page.evaluate(() => document.querySelector("script[type=module]").src);

await story(async (browser) => {
	const page = await open(browser);
	/* A bad line: the part is asked for until it comes. */
	let lost = true;
	await page.route("**/of_trend-*.js", (route) => (lost ? route.abort() : route.continue()));
	await login(page, "desk", "a long password");
	await page.goto(`${url}/#/point/tank-1.level`);
	await page.waitForSelector('[role=alert]:has-text("这一页还没有取到")');
	await shot(page, "late");
	lost = false;
	await page.waitForSelector(".trend canvas");
	await page.waitForSelector('[role=alert]:has-text("这一页还没有取到")', { state: "detached" });

	/* The box has another page: this one goes on, and says so when the connection is back. */
	const before = await nameOf(page);
	await page.goto(`${url}/#/now`);
	await ask("update");
	await page.waitForSelector(".renewed");
	assert.match(await page.locator(".renewed").innerText(), /主机已更新/);
	assert.equal(await nameOf(page), before, "nothing is taken from under the reader's hands");
	await shot(page, "renewed");
	await page.click(".renewed button");
	await page.waitForSelector(".renewed", { state: "detached" });
	await page.waitForSelector(".tabs");
	const after = await nameOf(page);
	assert.notEqual(after, before);

	/* Nothing was said of an update: a part of the page before is not there any more, and the new page stands where the reader went. */
	await ask("update quietly");
	await page.goto(`${url}/#/point/tank-1.level`);
	await page.waitForSelector(".trend canvas");
	assert.notEqual(await nameOf(page), after);
	assert.match(page.url(), /point\/tank-1\.level/);
	assert.deepEqual(page.complaints, []);
});
