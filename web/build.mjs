/* build.mjs: the page as static files, in the folder that is named (dist where none is): each beside its .gz, which is what a
 * browser gets. Says how large it is; more than the budget is an error. */
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const out = process.argv[2] ?? "dist";
const BUDGET = 120 * 1024;

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
	entryPoints: ["src/main.tsx", "src/main.css"],
	outdir: out,
	bundle: true,
	minify: true,
	format: "esm",
	target: "es2022",
	jsx: "automatic",
	jsxImportSource: "preact",
	legalComments: "eof", // the licences of the libraries
	logLevel: "warning",
});
await copyFile("src/icon.svg", `${out}/icon.svg`);

/* What is drawn first comes in one answer: the style stands in the page (estated-web names its hash in the policy), and the script is
 * called by what is in it, so that a browser that has it asks for nothing. login.html is index.html for who has no session yet: the
 * form is there before the script is. */
const version = createHash("sha256").update(await readFile(`${out}/main.js`)).digest("hex").slice(0, 16);
const style = (await readFile(`${out}/main.css`, "utf8")).trim();
const page = (await readFile("src/index.html", "utf8"))
	.replace('<link rel="stylesheet" href="main.css" />', () => `<style>${style}</style>`)
	.replace('src="main.js"', `src="main.js?v=${version}"`);
if (style.includes("</") || !page.includes("<style>") || !page.includes(version)) throw new Error("index.html: expected its style and its script");
await rm(`${out}/main.css`);
await writeFile(`${out}/index.html`, page);
const form = await readFile("src/login.html", "utf8");
await writeFile(
	`${out}/login.html`,
	page
		.replace(/<div id="app">[^]*?<\/div>/, () => `<div id="app" data-guest>${form.trim()}</div>`)
		.replace(/\s*<link rel="preload"[^>]*>/, ""),
);

let sum = 0;
for (const name of (await readdir(out)).sort()) {
	const packed = gzipSync(await readFile(`${out}/${name}`), { level: 9 });
	await writeFile(`${out}/${name}.gz`, packed);
	sum += packed.length;
	console.log(`${name.padEnd(12)} ${(packed.length / 1024).toFixed(1).padStart(7)} kB`);
}
console.log(`${"the page".padEnd(12)} ${(sum / 1024).toFixed(1).padStart(7)} kB of ${BUDGET / 1024}`);
if (sum > BUDGET) {
	console.error("the page is larger than its budget");
	process.exit(1);
}
