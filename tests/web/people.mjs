/* people.mjs: a care worker sees a home's days, its alarm beside them, and what is unusual; reads who lives there only with a reason;
 * plans an absence and records a visit. An administrator registers somebody. The desk sees how homes are, and no register. */
import { strict as assert } from "node:assert";
import { accessible, ask, fits, login, open, shot, SIZES, story, url } from "./browser.mjs";

async function answer(page, field, text) {
	await page.waitForSelector("dialog[open]");
	await page.fill(`dialog[open] ${field}`, text);
	await page.click("dialog[open] button.main");
	await page.waitForSelector("dialog[open]", { state: "detached" });
}

async function theDays(browser) {
	const page = await open(browser);
	await login(page, "care", "a long password");
	await page.goto(`${url}/#/care`);
	await page.waitForSelector(".homes a");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	await page.waitForSelector(".acto svg path.room-bedroom");
	assert.match(await page.locator("section h2").innerText(), /1栋1单元101/);
	assert.equal(await page.locator(".acto .rooms button").count(), 3, "bedroom, bathroom, entrance");
	const first = page.locator(".acto .rooms button").first();
	await first.click();
	assert.equal(await first.getAttribute("aria-pressed"), "true");
	assert.ok((await page.locator(".acto path.is-faint").count()) > 0, "one room alone is told without its colour");
	await first.click();
	await ask("press");
	await page.waitForSelector("section .strip-1");
	assert.match(await page.locator("section .strip-1").innerText(), /求助/, "the alarm's sentence stands beside the picture");
	assert.doesNotMatch(await page.locator("main").innerText(), /安全/);
	assert.doesNotMatch(await page.locator(".home-facts").innerText(), /住户甲|139-0000/);
	for (const size of SIZES) {
		await page.setViewportSize(size);
		await fits(page, `days at ${size.width}`);
		await accessible(page, `days at ${size.width}`);
		const [labels, days] = await page.locator(".acto-scroll svg").evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect()));
		assert.ok(Math.abs(labels.height - days.height) < 1, `at ${size.width} labels are ${labels.height} high, their days ${days.height}`);
		assert.ok(labels.width < 100 && labels.right <= size.width, `at ${size.width} labels are ${labels.width} wide`);
		await page.locator(".acto").evaluate((at) => at.scrollIntoView({ block: "start" }));
		await shot(page, `days-${size.width}`);
	}
	return page;
}

async function whoLivesThere(page) {
	await page.setViewportSize(SIZES[1]);
	await page.goto(`${url}/#/resident/r-1`);
	await page.waitForSelector(".resident .entry");
	assert.doesNotMatch(await page.locator("main").innerText(), /住户甲|0001-8888|高血压/, "masked until somebody says why");
	await page.click(".sheet button");
	await page.waitForSelector("dialog[open]");
	assert.ok(await page.isDisabled("dialog[open] button.main"), "not without a reason");
	await answer(page, "input", "上门前查看");
	await page.waitForSelector(".sheet .entry");
	assert.match(await page.locator(".sheet").first().innerText(), /住户甲[^]*高血压/);
	await page.click(".sheet button");
	assert.doesNotMatch(await page.locator("main").innerText(), /高血压/);
	await page.locator(".sheet button").nth(1).click();
	await answer(page, "input", "核对登记");
	await page.waitForSelector(".versions li");
	assert.equal(await page.locator('.resident button:text-is("删除登记")').count(), 0, "an administrator's");
}

async function anAbsence(page) {
	await page.click('button:text-is("登记外出")');
	await page.waitForSelector("dialog[open]");
	await page.fill("dialog[open] label:nth-of-type(1) input", "2031-10-07");
	await page.fill("dialog[open] label:nth-of-type(2) input", "2031-10-01");
	assert.ok(await page.isDisabled("dialog[open] button.main"), "it ends before it begins");
	await page.fill("dialog[open] label:nth-of-type(1) input", "2031-10-01");
	await answer(page, "label:nth-of-type(2) input", "2031-10-07");
	await page.waitForSelector(".spans li");
	assert.match(await page.locator(".spans").innerText(), /2031-10-01 – 2031-10-07/);
	await page.click(".spans button");
	await page.waitForSelector(".spans li", { state: "detached" });
}

async function aVisit(page) {
	await page.goto(`${url}/#/visits`);
	await page.click('.due button');
	await answer(page, 'label:has-text("备注") input', "一切如常");
	await page.waitForSelector("table td:text-is('一切如常')");
	await accessible(page, "visits");
	await shot(page, "visits");
}

async function somebodyNew(browser) {
	const page = await open(browser);
	await login(page, "boss", "a long password");
	await page.goto(`${url}/#/residents`);
	await page.click('button:text-is("登记住户")');
	await page.waitForSelector("dialog[open]");
	await shot(page, "register");
	await accessible(page, "the form of a resident");
	await page.fill('dialog[open] input[placeholder="r-12"]', "r-2");
	await page.fill('dialog[open] input[placeholder="b3/u1/1204"]', "nowhere/u1/1");
	await page.check("dialog[open] fieldset input >> nth=0");
	await page.click("dialog[open] button.main");
	await page.waitForSelector("dialog[open] .problem");
	await answer(page, 'input[placeholder="b3/u1/1204"]', "b1/u1/202");
	await page.waitForSelector('a:text-is("r-2")');
	await accessible(page, "the register");
	await shot(page, "residents");
	await page.fill("input[type=search]", "no such thing");
	await page.waitForSelector(".empty");
	await page.fill("input[type=search]", "202");
	await page.waitForSelector('a:text-is("r-2")');
	assert.equal(await page.locator("tbody tr").count(), 1);
	await page.click('a:text-is("r-2")');
	await page.click('button:text-is("删除登记")');
	await answer(page, "input", "登记错误");
	await page.waitForSelector('a:text-is("r-1")');
	assert.equal(await page.locator('a:text-is("r-2")').count(), 0);
	return page;
}

async function theDesk(browser) {
	const page = await open(browser);
	await login(page, "desk", "a long password");
	await page.goto(`${url}/#/home/b1/u1/101`);
	await page.waitForSelector("figure.rhythm");
	assert.equal(await page.locator(".acto").count(), 0, "samples of homes are not for the desk");
	assert.equal(await page.locator(".subnav a").filter({ hasText: "台账" }).count(), 0);
	await page.click(".sheet button");
	await answer(page, "input", "求助，准备上门");
	await page.waitForSelector(".sheet .entry");
	assert.match(await page.locator(".sheet").innerText(), /高血压/, "while an alarm is open there the desk sees the sheet");
	return page;
}

await story(async (browser) => {
	const care = await theDays(browser);
	await whoLivesThere(care);
	await anAbsence(care);
	await aVisit(care);
	const boss = await somebodyNew(browser);
	const desk = await theDesk(browser);
	assert.deepEqual([...care.complaints, ...boss.complaints, ...desk.complaints], []);
});
