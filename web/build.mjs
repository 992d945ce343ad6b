/* build.mjs: the page as static files, in the folder that is named (dist where none is): each beside its .gz, which is what a
 * browser gets. Says how large it is; more than the budget is an error. */
import { build } from "esbuild";
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
for (const name of ["index.html", "icon.svg"]) await copyFile(`src/${name}`, `${out}/${name}`);

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
