/* logic.mjs: what the page works out by itself, without a browser: limits of rules, what held when, floors, cells of a table file, which
 * points are read. */
import { strict as assert } from "node:assert";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { build } = require("esbuild");

async function lib(name, folder = "lib") {
	const entry = fileURLToPath(new URL(`../../web/src/${folder}/${name}.ts`, import.meta.url));
	const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false });
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

const { limitsOf } = await lib("limits");
const rule = (id, priority, when) => ({ rule: id, priority, when });
assert.deepEqual(
	limitsOf("tank-1.level", [rule("tank-high", 2, "level > 90 || high is good && high"), rule("tank-low", 2, "tank-1.level <= 10.5"), rule("later", 3, "level > 90")]).map((l) => [l.value, l.above, l.rule]),
	[[10.5, false, "tank-low"], [90, true, "tank-high"]],
	"the most urgent of each value, in order",
);
assert.deepEqual(limitsOf("tank-1.level", [rule("a", 2, "level_2 > 5 || tank-2.level > 6 || water-level > 7 || rate(level) > 8 || level > limit || level > 9(")]), [], "what is no plain comparison is no line");
assert.deepEqual(limitsOf("a.temperature", [rule("t", 3, "temperature > 45 || temperature < -2")]).map((l) => l.value), [-2, 45]);
assert.deepEqual(limitsOf("x.a+b", [rule("t", 3, "aab > 1")]), [], "a name is no pattern");

const { heldSpans, windowGaps } = await lib("spans");
const at = (s) => new Date(s * 1000).toISOString();
const sample = (s, value, quality = "good") => ({ at: at(s), value, quality });
assert.deepEqual(heldSpans([sample(100, 1), sample(400, 2)], 0, 600), [{ from: 0, to: 100, value: null }, { from: 100, to: 400, value: 1 }, { from: 400, to: 600, value: 2 }]);
assert.deepEqual(heldSpans([sample(-50, 7)], 0, 600), [{ from: 0, to: 600, value: 7 }], "one from before holds");
assert.deepEqual(heldSpans([sample(0, 7), sample(300, null, "lost")], 0, 600), [{ from: 0, to: 300, value: 7 }, { from: 300, to: 600, value: null }]);
assert.deepEqual(heldSpans([sample(0, 7)], 0, 5000), [{ from: 0, to: 960, value: 7 }, { from: 960, to: 5000, value: null }], "nothing holds for ever: gaps stay gaps");
assert.deepEqual(heldSpans([], 0, 10), [{ from: 0, to: 10, value: null }]);
const window = (s) => ({ at: at(s), min: 1, avg: 1, max: 1, count: 1 });
assert.deepEqual(windowGaps([window(0), window(300), window(1200)], 300, 0, 1500), [{ from: 600, to: 1200 }]);
assert.deepEqual(windowGaps([], 300, 0, 900), [{ from: 0, to: 900 }]);

const { floorOf, floorsOf, unitOf } = await lib("floors");
assert.deepEqual(["b3/u1/1204", "b3/u1/302", "b3/u1/0302", "b3/u1/1204a", "b3/u1/12", "b3/u1/12004", "b3/pump-room", "b3"].map(floorOf), [12, 3, 3, 12, 0, 0, 0, 0], "as place_floor() of the daemon");
assert.deepEqual(floorsOf({ place: "b3", name: "3栋", floors: 26, units: [] }, ["b3/u1/1204"], [30]), { top: 30, bottom: 1, known: true });
assert.deepEqual(floorsOf(undefined, ["b3/u1/1204"], [-2]), { top: 12, bottom: -2, known: false });
assert.equal(floorsOf(undefined, [], []).top, 33);
assert.deepEqual([unitOf({ place: "b3/u1/1204", class: "sos" }), unitOf({ place: "b3/u1", class: "lift" }), unitOf({ place: "b3/pump-room", class: "tank" })], ["u1", "u1", ""]);

const { wayOf, dwellingsNamed } = await lib("way");
for (const [what, way] of [
	["按下求助按钮（床头）", "1号梯可用（在7层），2号梯状态不明"],
	["按下求助按钮（床头）", "走楼梯：1号梯停用，2号梯消防模式；单元门已由消防释放"],
	["疑似有人跌倒；已持续30秒", "电梯状态不明，准备走楼梯：1号梯状态不明"],
	["按下求助按钮（床头）", "单元门关着，带卡或远程开门"],
])
	assert.deepEqual(wayOf(`${what}；${way}`), [what, way]);
for (const way of ["lift 1 works (at floor 7), lift 2 under inspection", "take the stairs: lift 1 somebody is trapped in it; front door is open", "front door is shut: bring a card, or release it"])
	assert.deepEqual(wayOf(`help button pressed (bed); ${way}`), ["help button pressed (bed)", way]);
for (const text of ["按下求助按钮（床头）", "电梯停用", "漏水；关阀门", "no answer; nobody works there now", ""]) assert.deepEqual(wayOf(text), [text, ""], "says nothing of the way");
assert.equal(dwellingsNamed("3户：b3/u1/1802、b3/u1/0203，b33/u1/1", "b3/u1", (p) => `<${p}>`), "3户：<b3/u1/1802>、<b3/u1/0203>，b33/u1/1");

const { csvCell, csvText } = await lib("csv");
assert.deepEqual(["=1+1", "+86", "-1", "@a", "＝1", " =1", "\t=1", "plain", 'a"b', "a,b\r\nc"].map(csvCell), [`"'=1+1"`, `"'+86"`, `"'-1"`, `"'@a"`, `"'＝1"`, `"' =1"`, `"'\t=1"`, `"plain"`, `"a""b"`, `"a,b\r\nc"`]);
assert.equal(csvText([["a", "b"]]), '\ufeff"a","b"\r\n');

/* Points: each pattern is read once while a view shows it, or has done so lately; after a gap of the stream only what is seen is. */
{
	const { Points } = await lib("points", "state");
	let asked = [];
	let answer = async () => [];
	globalThis.window = globalThis;
	globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 0);
	globalThis.fetch = async (path) => {
		asked.push(new URL(path, "http://box").searchParams.get("match"));
		return new Response(JSON.stringify(await answer(asked.at(-1))));
	};
	const drawn = () => new Promise((done) => setTimeout(done, 20));
	const point = (id, value) => ({ point: id, device: id.split(".")[0], value });
	const points = new Points();
	answer = async (match) => [point(match.replace("*", "level"), 1)];
	const leave = points.want("tank-1.*");
	points.want("tank-1.*")();
	await drawn();
	assert.deepEqual([asked, points.view.value.get("tank-1.level").value], [["tank-1.*"], 1], "once for two views");
	points.change(point("pump-1.run", 1));
	points.change(point("tank-1.level", 2));
	points.want("lift-0.*")();
	points.want("lift-99.*")();
	await drawn();
	asked = [];
	points.want("lift-99.*");
	assert.deepEqual(asked, [], "who comes back reads nothing");
	points.refresh();
	assert.deepEqual(asked.sort(), ["lift-99.*", "tank-1.*"], "what nobody sees is not read");
	await drawn();
	assert.deepEqual([...points.view.value.keys()].sort(), ["lift-99.level", "tank-1.level"], "and nothing from before the gap is shown");
	leave();
	points.refresh();
	await drawn();
	assert.deepEqual([...points.view.value.keys()], ["lift-99.level"]);
}
