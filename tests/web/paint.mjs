/* paint.mjs: a slow phone (its processor 4 times slower, 400 kbit/s, 400 ms there and back) opens the page: what comes over the line,
 * and when there is something to read. Reports on standard error; what must hold is asserted by the caller's limits (LIMIT_KB). */
import { strict as assert } from "node:assert";
import { login, open, shot, SIZES, story, url } from "./browser.mjs";

const SLOW_NETWORK = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const LIMIT_KB = Number(process.env.LIMIT_KB ?? 120);
const WHO = process.env.WHO ?? "desk";

function say(name, figures) {
	process.stderr.write(`  ${name.padEnd(48)}${figures}\n`);
}

async function slow(page) {
	const session = await page.context().newCDPSession(page);
	await session.send("Network.enable");
	await session.send("Network.emulateNetworkConditions", SLOW_NETWORK);
	await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
	let bytes = 0;
	session.on("Network.loadingFinished", (e) => (bytes += e.encodedDataLength));
	return { session, bytes: () => bytes, forget: () => (bytes = 0) };
}

/** When the browser first drew something to read, and when the element could be used, ms after the navigation began. */
async function timed(page, selector, go) {
	await go();
	await page.waitForSelector(selector);
	const usable = await page.evaluate(() => performance.now());
	await page.waitForLoadState("load");
	const first = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN);
	return `${first.toFixed(0)} ms first picture, ${usable.toFixed(0)} ms usable`;
}

await story(async (browser) => {
	const phone = await open(browser, { viewport: SIZES[0] });
	const line = await slow(phone);
	const cold = await timed(phone, "button[type=submit]:enabled", () => phone.goto(url, { waitUntil: "commit" }));
	const kilobytes = line.bytes() / 1000;
	say("never seen before: the form", `${cold}, ${kilobytes.toFixed(1)} kB`);
	assert.ok(kilobytes <= LIMIT_KB, `${kilobytes} kB come over the line`);
	await login(phone, WHO, "a long password");
	await shot(phone, "phone");
	line.forget();
	const warm = await timed(phone, ".tabs", () => phone.reload({ waitUntil: "commit" }));
	say("seen before, logged in: the tabs", `${warm}, ${(line.bytes() / 1000).toFixed(1)} kB`);
	await line.session.send("Network.clearBrowserCache"); // the box was updated
	line.forget();
	const anew = await timed(phone, ".tabs", () => phone.reload({ waitUntil: "commit" }));
	say("logged in, a page of which it has nothing yet", `${anew}, ${(line.bytes() / 1000).toFixed(1)} kB`);
	assert.deepEqual(phone.complaints, []);
});
