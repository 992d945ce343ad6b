/* helped.mjs: a fire, and who is to be fetched: at the desk in the order of floors, without names until somebody says why, newly read
 * while it burns, on one sheet of paper; a display shows floors and dwellings; who only looks has nothing of it. */
import { strict as assert } from "node:assert";
import { accessible, ask, fits, folder, login, open, shot, SIZES, story, url } from "./browser.mjs";

const FIRE = '[data-alarm="fire/panel"]';
const NAME = /住户r-|139-0000/;
const go = (page, hash) => page.evaluate((to) => (location.hash = to), hash);
const ids = (page) => page.locator(".helped-rows tbody td[data-label='住户']").allInnerTexts();
const words = (page) => page.locator("main").innerText();

async function theList(page) {
	await page.waitForSelector(`${FIRE} .list-press`);
	await shot(page, "card");
	await page.click(`${FIRE} .list-press`);
	await page.waitForSelector(".helped-rows tbody tr");
	assert.match(await page.locator(".helped h2").innerText(), /疏散名单 · 3栋/);
	const order = await ids(page);
	assert.deepEqual([...order.slice(0, 5), order.at(-1)], ["r-5", "r-9", "r-8", "r-2", "r-1", "r-3"], "17, then 18, then the others");
	const rows = await page.locator(".helped-rows tbody tr").allInnerTexts();
	assert.match(rows[0], /17[^]*1702[^]*失智[^]*在家[^]*最近活动[^]*卧室/);
	assert.match(rows[2], /1703[^]*吸氧[^]*计划外出中/, "who is planned to be away stays on it");
	assert.match(rows[3], /18[^]*1802[^]*失能[^]*护理床[^]*未知[^]*还没有收到活动/);
	assert.match(await page.locator(".helped-sum").innerText(), /32\s*户\s*33\s*人/);
	assert.match(await page.locator(".helped-at").innerText(), /^\d\d-\d\d \d\d:\d\d:\d\d$/);
	assert.doesNotMatch(await words(page), NAME, "masked until somebody says why");
	assert.doesNotMatch(await words(page), /安全|(?<!推定|计划)外出(?!的)/);
	for (const colorScheme of ["light", "dark"])
		for (const size of SIZES) {
			await page.setViewportSize(size);
			await page.emulateMedia({ colorScheme });
			await fits(page, `the list at ${size.width}`);
			await accessible(page, `the list at ${size.width}, ${colorScheme}`);
			await shot(page, `list-${size.width}-${colorScheme}`);
		}
	await page.setViewportSize(SIZES[1]);
	await page.emulateMedia({ colorScheme: "light" });
}

async function theNames(page) {
	await page.click('button:text-is("显示姓名和电话")');
	await page.waitForSelector("dialog[open]");
	assert.ok(await page.isDisabled("dialog[open] button.main"), "not without a reason");
	await page.fill("dialog[open] input", "疏散点名");
	await page.click("dialog[open] button.main");
	await page.waitForSelector('.helped-rows a[href="tel:1390000005"]');
	assert.match(await page.locator(".helped-rows tbody tr").first().innerText(), /住户r-5/);
	await page.setViewportSize(SIZES[0]);
	await fits(page, "names on a phone");
	const high = await page.locator(".helped-rows .phone a").first().evaluate((e) => e.getBoundingClientRect().height);
	assert.ok(high >= 44, `a number that is pressed is ${high} px high`);
	await shot(page, "names-360");
	await page.setViewportSize(SIZES[1]);
}

async function onPaper(page) {
	await page.emulateMedia({ media: "print" });
	assert.equal(await page.locator(".helped button:visible").count(), 0, "nothing is pressed on paper");
	assert.ok(await page.locator(".check-box").first().isVisible(), "and there is a place to tick");
	await page.setViewportSize({ width: 688, height: 980 }); // of A4 between its margins
	await shot(page, "paper");
	const paper = await page.pdf({ format: "A4", preferCSSPageSize: true, path: `${folder}/evacuation.pdf` });
	assert.equal(paper.toString("latin1").match(/\/Type\s*\/Page\b/g).length, 1, "one sheet");
	await page.emulateMedia({ media: "screen" });
	await page.setViewportSize(SIZES[1]);
}

async function itGoesOn(page) {
	await ask("lower");
	await page.waitForSelector(".helped-moved");
	assert.equal((await ids(page))[0], "r-3", "the second floor burns");
	assert.match(await page.locator(".helped-rows tbody tr").first().innerText(), /住户r-3/, "what was released stays with its row");
	await page.click('button:text-is("隐藏")');
	assert.doesNotMatch(await words(page), NAME);
	let gone = true;
	await page.route("**/people", async (route) => {
		if (gone) return route.abort();
		const response = await route.fetch();
		const rows = await response.json();
		rows[0] = { ...rows[0], presence: "presumed_away", last: { room: "kitchen", at: "2026-03-01T08:00:30.000+08:00" } };
		return route.fulfill({ response, json: rows });
	});
	await page.waitForSelector('.helped .problem:has-text("没有更新")');
	assert.equal((await ids(page)).length, 33, "the list of then is better than none");
	gone = false;
	await page.waitForSelector(".helped .problem", { state: "detached" });
	const first = page.locator(".helped-rows tbody tr").first();
	assert.match(await first.innerText(), /推定外出\s*最近活动 03-01 08:00 厨房 · \d+ 天前/);
	await shot(page, "goes-on");
	await page.unroute("**/people");
}

async function theWall(browser) {
	const wall = await open(browser, { viewport: SIZES[2], colorScheme: "dark" });
	await login(wall, "desk", "a long password", { wall: true });
	await wall.waitForSelector(`.wall ${FIRE} .wall-list`);
	const said = await wall.locator(`${FIRE} .wall-list`).innerText();
	assert.match(said, /疏散名单 32 户[^]*17层[^]*1702[^]*1703[^]*18层[^]*1802[^]*\+20$/);
	assert.doesNotMatch(said, /r-\d|失|吸氧|独居/, "where, not who and why");
	await accessible(wall, "the wall");
	await shot(wall, "wall-1920");
	await go(wall, "#/helped/fire/panel");
	await wall.waitForSelector(".helped-rows");
	assert.doesNotMatch(await wall.locator(".helped-rows").innerText(), /r-\d|失能|吸氧|独居|••/);
	assert.equal(await wall.locator(".helped button").count(), 0, "nothing to press on a display");
	return wall;
}

async function whoLooks(browser) {
	const viewer = await open(browser);
	await login(viewer, "viewer", "a long password");
	await viewer.waitForSelector(FIRE);
	assert.equal(await viewer.locator(".list-press").count(), 0);
	await go(viewer, "#/helped/fire/panel");
	await viewer.waitForSelector('main .empty:has-text("不在您的角色")'); // not what stands there until the answer comes
	assert.match(await words(viewer), /不在您的角色/);
	assert.equal(await viewer.evaluate(async () => (await fetch("/v1/alarms/fire/panel/people")).status), 403);
	return viewer;
}

await story(async (browser) => {
	await ask("fire");
	const desk = await open(browser);
	await login(desk, "desk", "a long password");
	await theList(desk);
	const wall = await theWall(browser);
	const viewer = await whoLooks(browser);
	await theNames(desk);
	await onPaper(desk);
	await itGoesOn(desk);
	await ask("smoke");
	await go(wall, "#/now");
	await wall.waitForSelector('.wall [data-alarm="smoke/smoke-1703"]');
	await wall.waitForSelector(".wall-list");
	assert.equal(await wall.locator(".wall-list").count(), 1, "what burns in one building has one list");
	await shot(wall, "wall-two");
	await ask("end");
	await desk.waitForSelector('.empty:has-text("这条报警已结束")');
	assert.equal(await desk.locator(".helped-rows").count(), 0, "the list is there while the alarm stands");
	await desk.goto(`${url}/#/helped/sos/none`);
	await desk.waitForSelector('.empty:has-text("这条报警已结束")');
	assert.deepEqual([...desk.complaints, ...wall.complaints, ...viewer.complaints], []);
});
