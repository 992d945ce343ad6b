/* restart.mjs: the daemon goes and comes back: the page says that it is out of date, since when, and is right again by itself, with what
 * happened meanwhile. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, story } from "./browser.mjs";

await story(async (browser) => {
	const page = await open(browser, { viewport: { width: 1920, height: 1080 } });
	await login(page, "desk", "a long password");
	await page.waitForSelector(".empty");
	await ask("stop");
	await page.waitForSelector(".stale-bar");
	await page.waitForSelector(".page.is-stale");
	assert.equal(await page.locator(".empty.is-sure").count(), 0, "it does not say that there are no alarms");
	await shot(page, "out-of-date");
	await ask("start");
	await page.waitForSelector(".stale-bar", { state: "detached" });
	await ask("press");
	await page.waitForSelector('[data-alarm="sos/sos-1"].is-unacked');
	assert.deepEqual(page.complaints, []);
});
