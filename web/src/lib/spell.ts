/* spell.ts: how long a span of a point's history is looked at, and how coarsely. */
import { HOLD_S } from "./spans";

export interface Spell {
	name: "hour" | "day" | "week" | "month";
	long: number; // seconds
	since: string; // as it is asked for: samples from before it, that may still hold
	every: string | null;
	everySeconds: number;
}
const DAY_S = 86_400;
export const SPELLS: readonly Spell[] = [
	{ name: "hour", long: 3600, since: `${3600 + HOLD_S}s`, every: null, everySeconds: 0 },
	{ name: "day", long: DAY_S, since: "1d", every: "5m", everySeconds: 300 },
	{ name: "week", long: 7 * DAY_S, since: "7d", every: "30m", everySeconds: 1800 },
	{ name: "month", long: 30 * DAY_S, since: "30d", every: "2h", everySeconds: 7200 },
];
