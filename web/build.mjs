/* build.mjs: the page as static files, in the folder that is named (dist where none is): each beside its .gz, which is what a
 * browser gets. Says how large it is; more than the budget is an error. */
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const out = process.argv[2] ?? "dist";
const BUDGET = 120 * 1024;
/** What a browser needs before somebody can log in: it is what a slow phone waits for. */
const FORM_BUDGET = 24 * 1024;

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const built = await build({
	entryPoints: ["src/main.tsx", "src/main.css"],
	outdir: out,
	bundle: true,
	splitting: true, // what is imported when it is wanted is a file of its own
	entryNames: "[name]-[hash]",
	chunkNames: "[name]-[hash]",
	minify: true,
	format: "esm",
	target: "es2022",
	jsx: "automatic",
	jsxImportSource: "preact",
	legalComments: "eof", // the licences of the libraries
	logLevel: "warning",
	metafile: true,
	write: false,
});

/* A name says what is in the file, so a browser keeps it for ever. esbuild writes the hash with the letters A to Z and the digits 2 to
 * 7, five bits each; estated-web knows one by its hexadecimal digits. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const named = new Map();
for (const path of Object.keys(built.metafile.outputs)) {
	const [whole, hash] = /-([A-Z2-7]{8})\.(?:js|css)$/.exec(path) ?? [];
	if (!whole) throw new Error(`${path}: expected a hash in its name`);
	const number = [...hash].reduce((sum, letter) => sum * 32n + BigInt(LETTERS.indexOf(letter)), 0n);
	named.set(basename(path), basename(path).replace(hash, number.toString(16).padStart(10, "0")));
}
for (const file of built.outputFiles) {
	if (file.path.endsWith(".css")) continue; // it stands in the page
	let text = file.text;
	for (const [old, name] of named) text = text.replaceAll(old, name);
	await writeFile(join(out, named.get(basename(file.path))), text);
}

function outputOf(source) {
	const [path, what] = Object.entries(built.metafile.outputs).find(([, o]) => o.entryPoint === source);
	return { path, what };
}

/** The file of a source, and those that it cannot begin without. */
function neededBy(source) {
	const found = new Set();
	const walk = (path) => {
		if (found.has(path)) return;
		found.add(path);
		for (const i of built.metafile.outputs[path].imports) if (i.kind === "import-statement") walk(i.path);
	};
	walk(outputOf(source).path);
	return [...found].map((path) => named.get(basename(path)));
}

/* What is drawn first comes in one answer: the style stands in the page (estated-web names its hash in the policy), and all scripts of
 * the first picture are called by it, so that none waits for another. login.html is index.html for who has no session yet: the form is
 * there before its script is, and what is seen after it is fetched while somebody types. */
const style = built.outputFiles.find((f) => f.path.endsWith(".css")).text.trim();
const form = neededBy("src/main.tsx");
const first = [...new Set([...form, ...neededBy("src/frame.tsx")])];
const page = (await readFile("src/index.html", "utf8"))
	.replace('<link rel="stylesheet" href="main.css" />', () => `<style>${style}</style>`)
	.replace('src="main.js"', `src="${form[0]}"`);
const calling = (files) => page.replace("</title>", () => `</title>${files.map((f) => `\n\t\t<link rel="modulepreload" href="${f}" />`).join("")}`);
if (style.includes("</") || !page.includes("<style>") || !page.includes(form[0])) throw new Error("index.html: expected its style and its script");
await writeFile(`${out}/index.html`, calling(first.slice(1)));
const guest = (await readFile("src/login.html", "utf8")).trim();
await writeFile(
	`${out}/login.html`,
	calling(form.slice(1))
		.replace(/<div id="app">[^]*?<\/div>/, () => `<div id="app" data-guest>${guest}</div>`)
		.replace(/\s*<link rel="preload"[^>]*>/, ""),
);
await copyFile("src/icon.svg", `${out}/icon.svg`);

const size = new Map();
for (const name of (await readdir(out)).sort()) {
	const packed = gzipSync(await readFile(`${out}/${name}`), { level: 9 });
	await writeFile(`${out}/${name}.gz`, packed);
	size.set(name, packed.length);
}
const sumOf = (names) => names.reduce((sum, name) => sum + size.get(name), 0);
const say = (what, bytes, of) => console.log(`${what.padEnd(26)} ${(bytes / 1024).toFixed(1).padStart(6)} kB${of ? ` of ${of / 1024}` : ""}`);
for (const [name, bytes] of size) say(name, bytes);
const sums = [
	["the form to log in", sumOf(["login.html", ...form]), FORM_BUDGET],
	["the first picture", sumOf(["index.html", ...first])],
	["the page", sumOf([...size.keys()]), BUDGET],
];
for (const [what, bytes, budget] of sums) say(what, bytes, budget);
if (sums.some(([, bytes, budget]) => bytes > budget)) {
	console.error("the page is larger than its budget");
	process.exit(1);
}
