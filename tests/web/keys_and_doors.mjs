/* keys_and_doors.mjs: who may log in, and who is told. An administrator makes a user and ends his sessions; everybody gives himself
 * another password; who sees a part of the estate sees the contacts of that part; a technician tests a device, and is given the line
 * that configures one that was discovered. */
import { strict as assert } from "node:assert";
import { accessible, ask, login, open, shot, story, url } from "./browser.mjs";

const PASSWORD = "a long password";

async function dialog(page, fill, done = "button.main") {
	await page.waitForSelector("dialog[open]");
	await fill(page.locator("dialog[open]"));
	await page.click(`dialog[open] ${done}`);
	await page.waitForSelector("dialog[open]", { state: "detached" });
}

async function aNewUser(browser) {
	const page = await open(browser);
	await login(page, "boss", PASSWORD);
	await page.goto(`${url}/#/users`);
	await page.click('button:text-is("新用户")');
	await dialog(page, async (d) => {
		await d.locator("input").first().fill("night-desk");
		await d.locator("input[type=radio][value=operator]").check();
		await d.locator("input[type=password]").nth(0).fill("first password");
		await d.locator("input[type=password]").nth(1).fill("first passwort");
		assert.ok(await d.locator("button.main").isDisabled(), "the two are not the same");
		await accessible(page, "the form of a user");
		await shot(page, "user");
		await d.locator("input[type=password]").nth(1).fill("first password");
	});
	await page.waitForSelector('td:text-is("night-desk")');
	return page;
}

async function hisOwn(browser) {
	const page = await open(browser);
	await login(page, "night-desk", "first password");
	await page.click(".me");
	await page.waitForSelector("form.own");
	await page.fill("[name=old]", "not that one");
	await page.fill("form.own input >> nth=1", "second password");
	await page.fill("form.own input >> nth=2", "second password");
	await page.click("form.own button");
	await page.waitForSelector("form.own .problem");
	await page.fill("[name=old]", "first password");
	await page.click("form.own button");
	await page.waitForSelector("form.own [role=status]");
	await accessible(page, "one's own page");
	await shot(page, "me");
	return page;
}

async function outAtOnce(boss, his) {
	await boss.reload();
	await boss.waitForSelector('tr:has-text("night-desk") button:text-is("全部登出")');
	await boss.locator('tr:has-text("night-desk") button:text-is("全部登出")').first().click();
	await his.waitForSelector("[name=password]");
	await boss.locator('tr:has-text("night-desk") button:text-is("删除用户")').click();
	await dialog(boss, async () => {});
	await boss.waitForSelector('td:text-is("night-desk")', { state: "detached" });
}

async function whoIsTold(browser) {
	const part = await open(browser);
	await login(part, "b2-only", PASSWORD);
	await part.goto(`${url}/#/contacts`);
	await part.waitForSelector(".ladder");
	const told = await part.locator("table").innerText();
	assert.match(told, /值班台[^]*网格员9/);
	assert.doesNotMatch(told, /网格员3/, "who is told of another building only");
	await accessible(part, "contacts");
	await shot(part, "contacts");
	return part;
}

async function aTest(browser) {
	const page = await open(browser);
	await login(page, "technician", PASSWORD);
	await page.goto(`${url}/#/setup`);
	await page.click('button:text-is("开始测试")');
	await dialog(page, async (d) => {
		await d.locator("input").first().fill("sos-1");
		await d.locator("label:has-text('原因') input").fill("每月测试");
	});
	await page.waitForSelector('td:text-is("sos-1")');
	await page.locator('tr:has-text("每月测试") button').click();
	await page.waitForSelector('td:text-is("每月测试")', { state: "detached" });
	await ask("discover");
	await page.reload();
	await page.click('button:text-is("配置")');
	await page.waitForSelector("dialog[open]");
	await page.fill('dialog[open] input[placeholder="b3/u1/1204"]', "b1/u1/101");
	await page.selectOption("dialog[open] select", "bedroom");
	const line = await page.locator("dialog[open] code").innerText();
	assert.match(line, /^sudo estatectl adopt \S+ --plugin source .*--place b1\/u1\/101 --room bedroom/);
	await accessible(page, "the line that configures a device");
	await shot(page, "adopt");
	return page;
}

await story(async (browser) => {
	const boss = await aNewUser(browser);
	const his = await hisOwn(browser);
	await outAtOnce(boss, his);
	const part = await whoIsTold(browser);
	const technician = await aTest(browser);
	assert.deepEqual([...boss.complaints, ...his.complaints, ...part.complaints, ...technician.complaints], []);
});
