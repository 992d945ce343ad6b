/* aside.mjs: what was shelved is out of the way, not out of reach: it is counted, shown by one press, and brought back. */
import { strict as assert } from "node:assert";
import { accessible, ask, login, open, shot, story, url } from "./browser.mjs";

const ID = "tank-high/tank-1";

await story(async (browser) => {
	const page = await open(browser);
	await login(page, "desk", "a long password");
	await ask("fill");
	const card = page.locator(`[data-alarm="${ID}"]`);
	await card.getByRole("button", { name: "搁置" }).click();
	await page.fill("[name=reason]", "正在清洗");
	await page.click('dialog button.main:text-is("搁置")');
	await card.waitFor({ state: "detached" });

	const aside = page.locator(".counts .aside");
	assert.match(await aside.innerText(), /搁置\s*1/);
	await aside.click();
	await page.waitForSelector(`.is-aside [data-alarm="${ID}"]`);
	assert.match(await card.innerText(), /正在清洗/, "why, and until when");
	await accessible(page, "what was shelved");
	await shot(page, "aside");

	await page.goto(`${url}/#/health`);
	await page.goto(`${url}/#/now/${ID}`);
	await page.locator(".is-aside").getByRole("button", { name: "取消搁置" }).click();
	await page.waitForSelector(`.alarms:not(.is-aside) [data-alarm="${ID}"]`);
	assert.equal(await aside.count(), 0);
	assert.deepEqual(page.complaints, []);
});
