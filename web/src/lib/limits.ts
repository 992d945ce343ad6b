/* limits.ts: where the rules draw a line for a point: `level > 90` in a rule's condition is a limit at 90. What is more than a plain
 * comparison with a number is no line, and is left out. */
import type { Priority } from "./types";

export interface RuleOfPoint {
	rule: string;
	priority: Priority;
	when: string;
}
export interface Limit {
	value: number;
	above: boolean; // too much is beyond it
	rule: string;
	priority: Priority;
}

function plain(text: string): string {
	return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** point: "tank-1.level". The most urgent rule of each value. */
export function limitsOf(point: string, rules: readonly RuleOfPoint[]): Limit[] {
	const dot = point.indexOf(".");
	const name = `(?:${plain(point.slice(0, dot))}\\.)?${plain(point.slice(dot + 1))}`;
	const comparison = new RegExp(`(?<![\\w.-])${name}\\s*(>=?|<=?)\\s*(-?\\d+(?:\\.\\d+)?)(?![\\w.(])`, "g");
	const found = new Map<number, Limit>();
	for (const r of rules)
		for (const [, sign, number] of r.when.matchAll(comparison)) {
			const limit = { value: Number(number), above: sign!.startsWith(">"), rule: r.rule, priority: r.priority };
			if (limit.priority < (found.get(limit.value)?.priority ?? 5)) found.set(limit.value, limit);
		}
	return [...found.values()].sort((a, b) => a.value - b.value);
}
