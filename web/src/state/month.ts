/* month.ts: what a month came to, day by day, as the box sums it up (/v1/summary). Days that are over are kept: another view of the
 * same month asks for none of them again. One after the other: the box has better things to do. */
import { useEffect, useState } from "preact/hooks";
import { get, Problem } from "../lib/api";
import { session, status } from "./live";

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
	figures: unknown;
}

const kept = new Map<string, Day>();
const KEPT_MAX = 400;
session.watch(() => kept.clear()); // the next reader's places are others

function dayOf(day: string, rows: readonly Row[]): Day {
	const d: Day = { day, estate: null, buildings: new Map(), lifts: new Map() };
	for (const r of rows) {
		if (r.scope === "estate") d.estate = r.figures as AlarmFigures;
		else if (r.scope === "building" && r.of) d.buildings.set(r.of, r.figures as AlarmFigures);
		else if (r.scope === "lift" && r.of) d.lifts.set(r.of, r.figures as LiftFigures);
	}
	return d;
}

async function read(day: string, signal: AbortSignal): Promise<Day> {
	return dayOf(day, await get<Row[]>(`/v1/summary?day=${day}`, signal));
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
}

export function useMonth(month: string, today: string): Month {
	const [state, set] = useState<Month>({ days: [], total: 0, whole: false, problem: null });
	useEffect(() => {
		if (!month || !today) return;
		const abort = new AbortController();
		const wanted = daysOf(month, today);
		const days: Day[] = [];
		const go = async (): Promise<void> => {
			set({ days: [], total: wanted.length, whole: false, problem: null });
			for (const day of wanted) {
				const d = kept.get(day) ?? (await read(day, abort.signal));
				if (abort.signal.aborted) return;
				if (day < today && kept.size < KEPT_MAX) kept.set(day, d);
				days.push(d);
				set({ days: [...days], total: wanted.length, whole: days.length === wanted.length, problem: null });
			}
		};
		go().catch((e: unknown) => {
			if (!abort.signal.aborted) set({ days, total: wanted.length, whole: false, problem: e instanceof Problem ? e : new Problem(0, String(e)) });
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
