/* theme.ts: light by day, dark at night, or as the computer has it. */
import { Subject } from "../lib/subject";

export type Theme = "auto" | "light" | "dark";
const ORDER: readonly Theme[] = ["auto", "light", "dark"];

function stored(): Theme {
	const said = localStorage.getItem("theme");
	return ORDER.find((o) => o === said) ?? "auto";
}

export const theme = new Subject<Theme>(stored());
theme.watch((name) => {
	localStorage.setItem("theme", name);
	document.documentElement.dataset.theme = name;
});

export function nextTheme(name: Theme): Theme {
	return ORDER[(ORDER.indexOf(name) + 1) % ORDER.length]!;
}
