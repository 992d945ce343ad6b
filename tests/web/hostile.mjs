/* hostile.mjs: names and texts of others are text: no script runs, nothing breaks the lines, directions stay where they are. */
import { strict as assert } from "node:assert";
import { ask, fits, login, open, shot, SIZES, story, url } from "./browser.mjs";

await story(async (browser) => {
	const { expected } = await ask("hostile");
	for (const viewport of SIZES) {
		const page = await open(browser, { viewport });
		await login(page, "desk", "a long password");
		await page.waitForSelector(".alarm");
		const text = await page.textContent(".alarms");
		for (const piece of expected) assert.ok(text.includes(piece), `shown as it is: ${piece.slice(0, 40)}`);
		assert.equal(await page.evaluate(() => window.harmed), undefined, "no script of a name runs");
		assert.equal(await page.locator(".alarms img, .alarms script, .alarms iframe").count(), 0);
		await fits(page, `${viewport.width} px`);
		await shot(page, `hostile-${viewport.width}`);
		for (const view of ["estate", "history", "device/sos-1"]) {
			await page.goto(`${url}/#/${view}`);
			await page.waitForSelector("main section");
			await fits(page, `${view} at ${viewport.width} px`);
		}
		assert.equal(await page.evaluate(() => window.harmed), undefined);
		assert.deepEqual(page.complaints, []);
		await page.context().close();
	}
});
