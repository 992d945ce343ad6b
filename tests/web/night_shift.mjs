/* night_shift.mjs: somebody presses for help at night: heard, acknowledged with one press, arrived, closed. By mouse, then by keys. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, story } from "./browser.mjs";

const CARD = '[data-alarm="sos/sos-1"]';

async function state(page, wanted) {
	await page.waitForSelector(`${CARD}.is-${wanted}`);
}

await story(async (browser) => {
	const page = await open(browser);
	await login(page, "desk", "a long password");
	await page.waitForSelector(".empty");
	assert.equal(await page.evaluate(() => document.documentElement.dataset.sound), "0");

	await ask("press");
	await state(page, "unacked");
	assert.equal(await page.evaluate(() => document.documentElement.dataset.sound), "1", "priority 1 is heard");
	await shot(page, "sos");
	let presses = 0;
	await page.click(`${CARD} .acts .main`);
	presses++;
	await page.waitForFunction(() => document.documentElement.dataset.sound === "0");
	assert.ok(presses <= 2, "from seen to acknowledged in two actions at most");
	await page.click(`${CARD} .acts .main`); // arrived
	await page.waitForSelector(`${CARD} .acts .main:text-is("关闭")`);
	await page.click(`${CARD} .acts .main`);
	await page.check('dialog input[value="real"]');
	await page.click('dialog button[type="submit"]');
	await page.waitForSelector(CARD, { state: "detached" });

	/* The same without a mouse. */
	await page.keyboard.press("?");
	await page.waitForSelector("dialog[open] .keys");
	await page.keyboard.press("Escape");
	await page.waitForSelector("dialog", { state: "detached" });
	await ask("press");
	await state(page, "unacked");
	await page.keyboard.press("a");
	await page.waitForSelector(`${CARD}:not(.is-unacked)`);
	await page.keyboard.press("r");
	await page.waitForSelector(`${CARD} .acts .main:text-is("关闭")`);
	await page.keyboard.press("c");
	await page.waitForSelector("dialog[open]");
	await page.check('dialog input[value="false"]');
	await page.keyboard.press("Enter");
	await page.waitForSelector(CARD, { state: "detached" });

	/* Another desk has the same picture, and what one does the other sees. */
	const other = await open(browser);
	await login(other, "desk", "a long password");
	await ask("press");
	await state(page, "unacked");
	await state(other, "unacked");
	await page.click(`${CARD} .acts .main`);
	await other.waitForSelector(`${CARD}:not(.is-unacked)`);
	assert.deepEqual([...page.complaints, ...other.complaints], []);

});
