/* month.ts: what a month came to, day by day, as the box sums it up (/v1/summary): of the places of the reader. */
import { useEffect, useState } from "preact/hooks";
import { get, passes, Problem } from "../lib/api";
import { status } from "./live";

export interface LiftFigures {
	availability: number | null;
	available_s: number;
	known_s: number;
	inspection_s: number;
	trips: number | null;
	door_cycles: number | null;
	entrapments: number;
	raised: number;
}
export interface AlarmFigures {
	raised: number;
	raised_priority_1: number;
	raised_priority_2: number;
	raised_priority_3: number;
	raised_priority_4: number;
	closed_real: number;
	closed_false: number;
}
export interface Day {
	day: string; // 2026-11-22
	estate: AlarmFigures | null;
	buildings: Map<string, AlarmFigures>;
	lifts: Map<string, LiftFigures>;
}
interface Row {
	scope: string;
	of: string | null;
	part?: boolean;
	/** One number a day. */
	figures: Record<string, (number | null)[]>;
}
/** Days from `from` on; `next`: the box has said enough for once, the rest is asked for from that day on. */
interface Range {
	places: string[] | null;
	left_out: string[];
	days: string[];
	next: string | null;
	rows: Row[];
}

/** What a row says of its n-th day; null: the thing was not there. */
function figuresOf<F>(row: Row, n: number): F | null {
	const all = Object.entries(row.figures).map(([name, values]) => [name, values[n] ?? null] as const);
	return all.some(([, v]) => v !== null) ? (Object.fromEntries(all) as F) : null;
}

function daysIn(range: Range): Day[] {
	return range.days.map((day, n) => {
		const d: Day = { day, estate: null, buildings: new Map(), lifts: new Map() };
		for (const row of range.rows) {
			if (row.scope === "estate" || row.scope === "places") d.estate = figuresOf(row, n);
			const figures = row.of ? figuresOf(row, n) : null;
			if (figures && row.scope === "building") d.buildings.set(row.of!, figures as AlarmFigures);
			if (figures && row.scope === "lift") d.lifts.set(row.of!, figures as LiftFigures);
		}
		return d;
	});
}

function two(n: number): string {
	return String(n).padStart(2, "0");
}

/** Of the estate: "2026-11-22". "" before the box has said what time it is. */
export function estateToday(): string {
	return status.value?.time.slice(0, 10) ?? "";
}

/** The days of "2026-11" up to today. */
export function daysOf(month: string, today: string): string[] {
	const [year, number] = month.split("-").map(Number);
	const last = new Date(Date.UTC(year!, number!, 0)).getUTCDate();
	const all = Array.from({ length: last }, (_, i) => `${month}-${two(i + 1)}`);
	return all.filter((d) => d <= today);
}

export interface Month {
	days: readonly Day[];
	total: number;
	whole: boolean;
	problem: Problem | null;
	/** Null: of the whole estate; else all that is told is of these places. */
	places: readonly string[] | null;
	/** Dwellings of those places that this reader is told nothing of. */
	leftOut: readonly string[];
	/** Buildings of which only a part is in the figures. */
	parts: ReadonlySet<string>;
}
const NOTHING: Month = { days: [], total: 0, whole: false, problem: null, places: null, leftOut: [], parts: new Set() };

const RETRY_MS = 4000;
const TRIES = 5;

/** What was read of the month so far is not given up because the box has no time for the rest at once. */
async function patiently<T>(path: string, signal: AbortSignal): Promise<T> {
	for (let n = 1; ; n++) {
		try {
			return await get<T>(path, signal);
		} catch (e) {
			if (n === TRIES || signal.aborted || (e instanceof Problem && !passes(e.status))) throw e;
		}
		await new Promise((go) => setTimeout(go, RETRY_MS));
	}
}

export function useMonth(month: string, today: string): Month {
	const [state, set] = useState(NOTHING);
	useEffect(() => {
		if (!month || !today) return;
		const abort = new AbortController();
		const wanted = daysOf(month, today);
		let known: Month = { ...NOTHING, total: wanted.length };
		const go = async (): Promise<void> => {
			set(known);
			for (let from: string | null = wanted[0]!; from; ) {
				const range: Range = await patiently<Range>(`/v1/summary?from=${from}&to=${wanted.at(-1)}&scopes=estate,places,building,lift`, abort.signal);
				if (abort.signal.aborted) return;
				from = range.next;
				known = {
					...known,
					days: [...known.days, ...daysIn(range)],
					whole: !from,
					places: range.places,
					leftOut: range.left_out.filter((what) => what !== "estate" && what !== "daemon"),
					parts: new Set([...known.parts, ...range.rows.filter((r) => r.part).map((r) => r.of!)]),
				};
				set(known);
			}
		};
		go().catch((e: unknown) => {
			if (!abort.signal.aborted) set({ ...known, problem: e instanceof Problem ? e : new Problem(0, String(e)) });
		});
		return () => abort.abort();
	}, [month, today]);
	return state;
}

/** What a lift's days come to together. */
export function liftSum(days: readonly Day[], lift: string): LiftFigures & { days: number } {
	const sum = { availability: null as number | null, available_s: 0, known_s: 0, inspection_s: 0, trips: null as number | null, door_cycles: null as number | null, entrapments: 0, raised: 0, days: 0 };
	for (const d of days) {
		const f = d.lifts.get(lift);
		if (!f) continue;
		sum.days += Number(f.known_s > 0);
		for (const key of ["available_s", "known_s", "inspection_s", "entrapments", "raised"] as const) sum[key] += f[key];
		for (const key of ["trips", "door_cycles"] as const) if (f[key] !== null) sum[key] = (sum[key] ?? 0) + f[key];
	}
	if (sum.known_s > 0) sum.availability = sum.available_s / sum.known_s;
	return sum;
}

/** "99.82 %"; never rounded up to a whole one that it was not. */
export function percent(share: number | null): string {
	if (share === null) return "–";
	return `${share >= 1 ? "100" : (Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
