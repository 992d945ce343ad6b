/* heap.mjs: what the page keeps: its memory and its nodes after thousands of events, with somebody who goes from page to page. What
 * comes with the first is there to stay; from then on it does not grow. Reports on standard error. */
import { strict as assert } from "node:assert";
import { ask, login, open, SIZES, story, url } from "./browser.mjs";

const MB = 1024 * 1024;
const LIMIT_MB = Number(process.env.LIMIT_MB ?? 2);
const LIMIT_NODES = 1000; // the map alone has as many
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const VIEWS = (process.env.VIEWS ?? "estate history health device/lift-1-1 point/tank-1.level care now").split(" ");

async function kept(session) {
	await session.send("HeapProfiler.collectGarbage");
	await session.send("HeapProfiler.collectGarbage");
	const { usedSize } = await session.send("Runtime.getHeapUsage");
	const { nodes } = await session.send("Memory.getDOMCounters"); // with those that have left the page and are kept
	return { usedSize, nodes };
}

await story(async (browser) => {
	const page = await open(browser, { viewport: SIZES[1] });
	await login(page, "desk", "a long password");
	const session = await page.context().newCDPSession(page);
	await session.send("HeapProfiler.enable");
	const all = [];
	for (let n = 0; n <= ROUNDS; n++) {
		for (const view of VIEWS) {
			await page.goto(`${url}/#/${view}`);
			await page.locator("main section").first().waitFor(); // no handle: one would keep what has left the page
			await page.waitForFunction(() => !/正在读取/.test(document.querySelector("main").innerText));
		}
		const { last, count } = await ask("events");
		await page.goto(`${url}/#/device/tank-0`);
		await page.waitForFunction((text) => document.querySelector("main").innerText.includes(text), last);
		await page.goto(`${url}/#/me`); // the same, whatever goes on
		await page.locator(".own").waitFor();
		const now = await kept(session);
		all.push(now);
		process.stderr.write(`  after ${count * (n + 1)} events: ${(now.usedSize / MB).toFixed(2)} MB, ${now.nodes} nodes\n`);
	}
	const grown = (all.at(-1).usedSize - all[0].usedSize) / MB;
	assert.ok(grown < LIMIT_MB, `it grew by ${grown.toFixed(2)} MB`);
	assert.ok(all.at(-1).nodes - all[0].nodes < LIMIT_NODES, `${all.at(-1).nodes - all[0].nodes} nodes are left behind`);
	assert.deepEqual(page.complaints, []);
});
