/* looks.mjs: every page at every size in both languages and both themes: axe finds nothing serious, nothing is cut off, no word is missing. */
import { strict as assert } from "node:assert";
import { accessible, fits, login, open, shot, SIZES, story, url } from "./browser.mjs";

const VIEWS = process.env.VIEWS.split(" ");
const THEMES = (process.env.THEMES ?? "light dark").split(" ");
const PICTURES = process.env.PICTURES ?? ""; // how their names begin

await story(async (browser) => {
	for (const viewport of SIZES)
		for (const colorScheme of THEMES) {
			const page = await open(browser, { viewport, colorScheme });
			await page.goto(url);
			await page.waitForSelector("[name=user]");
			await accessible(page, `login at ${viewport.width}, ${colorScheme}`);
			await login(page, process.env.WHO, "a long password");
			for (const view of VIEWS) {
				await page.goto(`${url}/#/${view}`);
				await page.waitForSelector("main section");
				const where = `${view} at ${viewport.width}, ${colorScheme}`;
				await fits(page, where);
				await accessible(page, where);
				await shot(page, `${PICTURES}${view.replaceAll(/\W+/g, "-")}-${viewport.width}-${colorScheme}`);
			}
			await page.click('button:text-is("English")');
			assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
			const tabs = await page.textContent(".tabs");
			assert.ok(!/[\u4e00-\u9fff]/.test(tabs), `English has English words: ${tabs}`);
			assert.deepEqual(page.complaints, []);
			await page.context().close();
		}
});
