/* wall.mjs: the wall of the control room: read from five metres, moved by what happens, awake, red when it is out of date, and nobody can
 * press anything on it. */
import { strict as assert } from "node:assert";
import { accessible, ask, fits, login, open, shot, story, url } from "./browser.mjs";

const SOS = '[data-alarm="sos/sos-1"]';
const FAR_PX = 44;

/** How the page asks for a screen that stays on, told to the test. */
function watchWake() {
	window.wakes = 0;
	const lock = navigator.wakeLock;
	if (!lock) return;
	const request = lock.request.bind(lock);
	lock.request = (kind) => {
		window.wakes++;
		return request(kind);
	};
}

await story(async (browser) => {
	const wall = await open(browser, { viewport: { width: 1920, height: 1080 }, colorScheme: "dark" });
	await wall.addInitScript(watchWake);
	await login(wall, "desk", "a long password", { wall: true });
	await wall.waitForSelector(".wall .empty");
	await wall.waitForSelector(".wall-map .shaft");
	await wall.waitForSelector(".wall-days .rhythm");
	assert.ok((await wall.evaluate(() => window.wakes)) > 0, "it asks for a screen that never sleeps");
	await shot(wall, "quiet");

	await ask("press");
	await wall.waitForSelector(`${SOS} .next-left`);
	const px = (selector) => wall.locator(selector).first().evaluate((e) => Number.parseFloat(getComputedStyle(e).fontSize));
	for (const far of [`${SOS} .alarm-place`, `${SOS} .clock`, ".count b", ".wall-time"]) assert.ok((await px(far)) >= FAR_PX, `${far} is read from five metres`);
	assert.match(await wall.locator(`${SOS} .next`).innerText(), /下一步\s\d\d:\d\d\s后通知\s网格员 3/);
	await wall.waitForSelector(`${SOS} .alarm-people`);
	assert.match(await wall.locator(`${SOS} .alarm-people`).innerText(), /独居\s·\s高龄/);
	assert.equal(await wall.locator(".wall button").count(), 0, "nothing can be pressed on it");
	assert.equal(await wall.evaluate(() => document.documentElement.dataset.sound), "1", "it is heard");

	const car = () => wall.locator(".wall-map .shaft-car rect").first().getAttribute("y");
	const before = Number(await car());
	await ask("up");
	await wall.waitForFunction((y) => Number(document.querySelector(".wall-map .shaft-car rect").getAttribute("y")) < y, before);

	await ask("high");
	await wall.waitForSelector(".wall-more");
	const [shown, more, all] = await wall.evaluate(() => {
		const end = document.querySelector(".wall .alarms").getBoundingClientRect().bottom + 1;
		return [
			[...document.querySelectorAll(".wall .alarm")].filter((e) => e.getBoundingClientRect().bottom <= end).length,
			Number(document.querySelector(".wall-more b").textContent),
			[...document.querySelectorAll(".count b")].reduce((sum, b) => sum + Number(b.textContent), 0),
		];
	});
	assert.ok(shown >= 3, `${shown} alarms are whole on the wall`);
	await wall.waitForFunction(() => {
		const sum = [...document.querySelectorAll(".count b")].reduce((n, b) => n + Number(b.textContent), 0);
		return sum >= 25;
	});
	assert.ok(shown + more <= all + 1, "what has no room is counted");
	assert.equal(await wall.locator(".wall .alarm").first().getAttribute("data-alarm"), "sos/sos-1", "the most urgent one first");
	const over = await wall.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
	assert.ok(over <= 0, `nobody scrolls a wall: higher than the screen by ${over} px`);
	await fits(wall, "the wall");
	await accessible(wall, "the wall");
	for (const said of await wall.locator(".building .under").allInnerTexts()) assert.doesNotMatch(said, /^\s*·|·\s*$/, "where nobody lives nothing stands behind the floors");
	await shot(wall, "busy");

	await ask("stop");
	await wall.waitForSelector(".stale-bar");
	await wall.waitForSelector(".wall.is-out");
	const red = await wall.locator(".stale-bar").evaluate((e) => getComputedStyle(e).backgroundColor.match(/\d+/g).map(Number));
	assert.ok(red[0] > red[1] + 60 && red[0] > red[2] + 60, `it is red when it is out of date: ${red}`);
	await shot(wall, "out-of-date");
	/* It comes back by itself, and as the page of now: a box that was updated meanwhile has another one. */
	await wall.evaluate(() => (window.before = true));
	let fresh = true;
	await wall.route(`${url}/`, (route) => {
		const asks = route.request().resourceType() === "fetch" && fresh;
		fresh = fresh && !asks;
		return asks ? route.fulfill({ status: 200, contentType: "text/html", body: '<script type="module" src="main-0123456789.js"></script>' }) : route.continue();
	});
	await ask("start");
	await wall.waitForFunction(() => !window.before && document.querySelector(".wall"));
	await wall.waitForSelector(".stale-bar", { state: "detached" });
	await wall.waitForSelector(SOS);

	/* A phone may show the wall too: it scrolls there. */
	const phone = await open(browser, { viewport: { width: 360, height: 780 } });
	await login(phone, "care", "a long password", { wall: true });
	await phone.waitForSelector(`.wall ${SOS}`);
	await fits(phone, "the wall on a phone");
	await shot(phone, "phone");

	await ask("log out");
	await wall.waitForSelector(".login .warn");
	assert.match(await wall.locator(".login .warn").innerText(), /登录已结束/);
	assert.equal(await wall.evaluate(() => document.documentElement.dataset.sound), "0", "who is not logged in hears nothing");
	assert.deepEqual([...wall.complaints, ...phone.complaints], []);
});
