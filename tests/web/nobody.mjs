/* nobody.mjs: the daemon has ended while pages are open: each says so in words, at every size, and shows no alarm as if all were well. */
import { strict as assert } from "node:assert";
import { accessible, ask, fits, login, open, shot, SIZES, story, url } from "./browser.mjs";

await story(async (browser) => {
	const pages = [];
	for (const viewport of SIZES) {
		const page = await open(browser, { viewport });
		await login(page, "desk", "a long password");
		pages.push([page, viewport.width]);
	}
	await ask("stop");
	for (const [page, width] of pages) {
		await page.waitForSelector(".is-stale");
		await fits(page, `out of date at ${width}`);
		await accessible(page, `out of date at ${width}`);
		await shot(page, `out-of-date-${width}`);
		for (const view of ["history", "health"]) {
			await page.goto(`${url}/#/${view}`);
			await page.waitForSelector("main section");
			assert.equal(await page.locator('main:has-text("正忙")').count(), 0, "what does not run is not busy");
			await fits(page, `${view} without an answer at ${width}`);
			await shot(page, `${view}-without-an-answer-${width}`);
		}
		assert.deepEqual(page.complaints, []);
	}
});
