/* browser.mjs: a real browser for the stories of this folder, started by tests/it/page.py with
 *
 *     node STORY.mjs URL FOLDER
 *
 * URL is estated-web, FOLDER takes screenshots. What happens in the estate is asked of the test around us: `ask("press sos-1")`
 * writes {"do":…} on standard output and waits for its answer on standard input. The last line is {"done":true}; a story that
 * fails throws, and ends with 1. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const [url, folder] = process.argv.slice(2);
export const LIMIT_MS = 30_000; // of a wait: an upper limit, never a time that passes

export const SIZES = [
	{ width: 360, height: 780 },
	{ width: 1366, height: 768 },
	{ width: 1920, height: 1080 },
];

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The test around us does something, and answers. */
export async function ask(what) {
	process.stdout.write(`${JSON.stringify({ do: what })}\n`);
	const { value, done } = await lines.next();
	assert.ok(!done, `nobody answers to '${what}'`);
	return JSON.parse(value);
}

/** Runs a story with a browser; what the page itself complains about is a failure too. */
export async function story(tell) {
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--autoplay-policy=no-user-gesture-required"],
	});
	try {
		await tell(browser);
		process.stdout.write(`${JSON.stringify({ done: true })}\n`);
	} finally {
		await browser.close();
		process.stdin.destroy();
	}
}

/** A page, with all that it throws and all that its policy forbids it gathered in page.complaints. */
export async function open(browser, options = {}) {
	const context = await browser.newContext({ viewport: SIZES[1], locale: "zh-CN", ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(LIMIT_MS);
	page.complaints = [];
	page.on("pageerror", (e) => page.complaints.push(e.message));
	page.on("console", (m) => {
		if (m.type() === "error" && /Content Security Policy|Uncaught/.test(m.text())) page.complaints.push(m.text());
	});
	return page;
}

export async function login(page, user, password, { wall = false } = {}) {
	await page.goto(url);
	await page.fill("[name=user]", user);
	await page.fill("[name=password]", password);
	if (wall) await page.check("[name=wall]");
	await page.click("button[type=submit]");
	await page.waitForSelector(".tabs");
}

/** axe in a world of its own, so that the page's policy stays as it is. */
export async function accessible(page, where) {
	const session = await page.context().newCDPSession(page);
	const { frameTree } = await session.send("Page.getFrameTree");
	const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
	const run = async (expression) => {
		const r = await session.send("Runtime.evaluate", { contextId: executionContextId, expression, awaitPromise: true, returnByValue: true });
		assert.ok(!r.exceptionDetails, `axe: ${JSON.stringify(r.exceptionDetails)}`);
		return r.result.value;
	};
	await run(`${axe};0`);
	const found = await run(`axe.run().then((r) => r.violations.map((v) => [v.id, v.impact, v.nodes.map((n) => n.target.join(" ")).slice(0, 3)]))`);
	const serious = found.filter(([, impact]) => impact === "serious" || impact === "critical");
	assert.deepEqual(serious, [], where);
	await session.detach();
}

/** Nothing hangs over the edge of the screen. */
export async function fits(page, where) {
	const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
	assert.ok(over <= 0, `${where}: wider than the screen by ${over} px`);
}

export function shot(page, name) {
	return page.screenshot({ path: `${folder}/${name}.png` });
}
