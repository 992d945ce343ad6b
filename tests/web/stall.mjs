/* stall.mjs: nothing is closed, but nothing comes any more, from the daemon or from estated-web: the page says so before anybody trusts
 * it, and is right again by itself. */
import { strict as assert } from "node:assert";
import { ask, login, open, story } from "./browser.mjs";

const SOON_MS = 15_000; // far less than a network needs to notice

await story(async (browser) => {
	const page = await open(browser);
	await login(page, "desk", "a long password");
	await page.waitForSelector(".empty.is-sure");
	for (const who of ["daemon", "gate"]) {
		await ask(`stop ${who}`);
		await page.waitForSelector(".stale-bar", { timeout: SOON_MS });
		assert.equal(await page.locator(".empty.is-sure").count(), 0, "it does not say that there are no alarms");
		await ask(`go on ${who}`);
		await page.waitForSelector(".stale-bar", { state: "detached" });
		await page.waitForSelector(".empty.is-sure");
	}
	assert.deepEqual(page.complaints, []);
});
