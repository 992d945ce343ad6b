/* spans.ts: what was known when, from the rows of a point's history: where a value held, and where nobody knew. */
import type { Sample, Value, Window } from "./types";

/** A kept value is said again every quarter of an hour while it holds, up to a minute late: after that nobody knows. */
export const HOLD_S = 16 * 60;

export interface Span {
	from: number; // seconds since 1970
	to: number;
}

export function seconds(iso: string): number {
	return Date.parse(iso) / 1000;
}

export interface Held extends Span {
	value: Value; // null: it is not known
}

/** Samples as spans without a hole between `from` and `to`; each value holds until the next sample, but not for ever. */
export function heldSpans(rows: readonly Sample[], from: number, to: number): Held[] {
	const list: Held[] = [];
	let at = from;
	const add = (until: number, value: Value): void => {
		const end = Math.min(until, to);
		if (end <= at) return;
		const last = list.at(-1);
		if (last && last.value === value) last.to = end;
		else list.push({ from: at, to: end, value });
		at = end;
	};
	rows.forEach((r, i) => {
		const begin = seconds(r.at);
		const next = rows[i + 1];
		const end = next ? seconds(next.at) : to;
		add(begin, null);
		add(Math.min(end, begin + HOLD_S), r.quality === "good" ? r.value : null);
		add(end, null);
	});
	add(to, null);
	return list;
}

/** Where there are no windows. */
export function windowGaps(rows: readonly Window[], every: number, from: number, to: number): Span[] {
	const list: Span[] = [];
	let known = from;
	for (const r of rows) {
		const begin = seconds(r.at);
		if (begin - known > every * 0.5) list.push({ from: known, to: begin });
		known = Math.max(known, begin + every);
	}
	if (to - known > every * 1.5) list.push({ from: known, to });
	return list;
}
