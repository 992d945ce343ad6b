/* way_there.mjs: a call for help says how to get there and what to do first; when the lifts fail it says so anew, and nothing that
 * somebody is about to press has moved. Then whom the outage is about, in order of need. */
import { strict as assert } from "node:assert";
import { accessible, ask, fits, login, open, shot, SIZES, story } from "./browser.mjs";

const SOS = '[data-alarm="sos/sos-1204"]';
const LIFTS = '[data-alarm="lift-need/b3/u1"]';

async function box(page, selector) {
	const { x, y } = await page.locator(selector).boundingBox();
	return { x, y };
}

await story(async (browser) => {
	const desk = await open(browser);
	const phone = await open(browser, { viewport: SIZES[0] });
	await login(desk, "desk", "a long password");
	await login(phone, "care", "a long password");
	await ask("press");
	for (const page of [desk, phone]) {
		await page.waitForSelector(`${SOS} .alarm-way`);
		assert.match(await page.locator(`${SOS} .alarm-way`).innerText(), /怎么去\s*1号梯可用（在1层），2号梯可用（在1层）/);
		assert.doesNotMatch(await page.locator(`${SOS} .alarm-text`).innerText(), /号梯/, "said once");
		assert.match(await page.locator(`${SOS} .guidance`).innerText(), /现在怎么做\s*立即回呼住户/);
	}
	const places = await Promise.all([desk, phone].map((page) => box(page, `${SOS} .alarm-place`)));
	const press = await box(desk, `${SOS} .acts .main`);
	await desk.locator(`${SOS} .acts .main`).focus();
	await desk.locator(`${SOS} .acts .main`).evaluate((e) => (e.dataset.same = "1"));

	await ask("stairs");
	for (const page of [desk, phone]) {
		await page.waitForSelector(`${SOS} .stairs`);
		assert.match(await page.locator(`${SOS} .alarm-way`).innerText(), /走楼梯\s*1号梯停用，2号梯停用/);
	}
	assert.deepEqual(await Promise.all([desk, phone].map((page) => box(page, `${SOS} .alarm-place`))), places);
	assert.deepEqual(await box(desk, `${SOS} .acts .main`), press, "what is about to be pressed stays where it is");
	assert.equal(await desk.evaluate(() => document.activeElement.dataset.same), "1", "and it keeps the focus");
	for (const page of [desk, phone]) {
		await fits(page, "the way there");
		await accessible(page, "the way there");
	}
	await shot(desk, "way-1366");
	await shot(phone, "way-360");

	/* Whom it is about: by keys alone. */
	await desk.waitForSelector(`${LIFTS} .list-press`);
	assert.equal(await desk.locator(`${SOS} .list-press`).count(), 0, "a call for help has no list");
	await desk.click(`${LIFTS} .alarm-head`);
	await desk.keyboard.press("l");
	await desk.waitForSelector(".helped-rows");
	assert.match(await desk.locator(".helped h2").innerText(), /需要电梯的住户/);
	const [first] = await desk.locator(".helped-rows tbody tr").allInnerTexts();
	assert.match(first, /18[^]*3栋1单元1802[^]*护理床/);
	assert.deepEqual(await desk.locator(".helped-rows tbody td[data-label='住户']").allInnerTexts(), ["r-2", "r-9", "r-1"]);
	await accessible(desk, "the list of an outage");
	await shot(desk, "lift-1366");

	/* The register changes: so does the list, and says so. */
	await ask("nobody");
	await desk.waitForFunction(() => document.querySelectorAll(".helped-rows tbody tr").length === 1);
	assert.match(await desk.locator(".helped-moved").innerText(), /名单有变 \d\d:\d\d:\d\d/);
	await desk.click('button:text-is("English")');
	await desk.waitForSelector('.helped h2:has-text("Who needs a lift")');
	assert.doesNotMatch(await desk.locator(".helped-rows thead").innerText(), /[\u4e00-\u9fff]/);

	await desk.click('button:text-is("中文")');

	/* Nobody on a list is said in words that make nobody careless. */
	await ask("trapped");
	await desk.evaluate(() => (location.hash = "#/helped/lift-trapped/lift-1"));
	await desk.waitForSelector('.helped .empty:has-text("请用对讲询问")');
	assert.match(await desk.locator(".helped h2").innerText(), /可能在电梯内的住户/);
	await accessible(desk, "an empty list");
	await shot(desk, "nobody-1366");

	const wall = await open(browser, { viewport: SIZES[2], colorScheme: "dark" });
	await login(wall, "desk", "a long password", { wall: true });
	await wall.waitForSelector(`.wall ${SOS} .stairs`);
	await accessible(wall, "the way there on the wall");
	await shot(wall, "way-wall");
	assert.deepEqual([...desk.complaints, ...phone.complaints, ...wall.complaints], []);
});
