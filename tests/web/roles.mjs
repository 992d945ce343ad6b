/* roles.mjs: who may do nothing sees no button for it, and the daemon refuses it all the same. */
import { strict as assert } from "node:assert";
import { ask, login, open, shot, story } from "./browser.mjs";

await story(async (browser) => {
	await ask("press");
	const viewer = await open(browser);
	await login(viewer, "viewer", "a long password");
	await viewer.waitForSelector('[data-alarm="sos/sos-1"]');
	assert.equal(await viewer.locator(".acts button").count(), 0);
	const refused = await viewer.evaluate(async () => {
		const { csrf } = await (await fetch("/v1/session")).json();
		const r = await fetch("/v1/alarms/sos/sos-1/ack", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: "{}" });
		return r.status;
	});
	assert.equal(refused, 403);

	for (const [page, there] of [["history", "table"], ["device/sos-1", ".strip"], ["place/b1/u1/101", ".strip"], ["device/%", ".empty"]]) {
		await viewer.evaluate((hash) => (location.hash = hash), `#/${page}`);
		await viewer.waitForSelector(there);
		assert.doesNotMatch(await viewer.locator(there).first().innerText(), /求助/, "what is said of a home is not for him");
	}

	const wall = await open(browser, { viewport: { width: 1920, height: 1080 } });
	await login(wall, "desk", "a long password", { wall: true });
	await wall.waitForSelector('[data-alarm="sos/sos-1"]');
	assert.equal(await wall.locator(".acts button").count(), 0, "a wall display is looked at");
	await shot(wall, "wall");

	const elsewhere = await open(browser);
	await login(elsewhere, "b2-only", "a long password");
	await elsewhere.waitForSelector(".empty.is-sure");
	assert.equal(await elsewhere.locator("[data-alarm]").count(), 0, "another building's alarm");
	assert.deepEqual([...viewer.complaints, ...wall.complaints, ...elsewhere.complaints], []);
});
