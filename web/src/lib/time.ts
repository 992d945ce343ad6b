/* time.ts: ages and moments for people. The page's clock is the box's: `skew` is what the box's answers say of ours. */
import { lang } from "./lang";

const clock = { skewMs: 0, offsetMs: 0 };

export function setBoxTime(box: string): void {
	const ms = Date.parse(box);
	if (Number.isNaN(ms)) return;
	clock.skewMs = ms - Date.now();
	const offset = /([+-])(\d\d):(\d\d)$/.exec(box);
	clock.offsetMs = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000 : 0;
}

export function now(): number {
	return Date.now() + clock.skewMs;
}

/** A moment of this computer (ms) as on the clock of the box's estate: "11-22 03:00:07". */
export function stampOf(ms: number): string {
	return stamp(new Date(ms + clock.skewMs + clock.offsetMs).toISOString());
}

/** "04:07", "1:04:07": how long somebody has been waiting. */
export function stopwatch(fromIso: string, to = now()): string {
	const s = Math.max(0, Math.floor((to - Date.parse(fromIso)) / 1000));
	const mm = String(Math.floor(s / 60) % 60).padStart(2, "0");
	const ss = String(s % 60).padStart(2, "0");
	return s >= 3600 ? `${Math.floor(s / 3600)}:${mm}:${ss}` : `${mm}:${ss}`;
}

const UNITS: readonly (readonly [number, string, string])[] = [
	[86400, "天", "d"],
	[3600, "小时", "h"],
	[60, "分钟", "min"],
	[1, "秒", "s"],
];

/** "3 分钟", "2 h": one unit, rounded down. */
export function span(seconds: number): string {
	for (const [size, zh, en] of UNITS)
		if (seconds >= size || size === 1) {
			const n = Math.max(0, Math.floor(seconds / size));
			return lang() === "zh" ? `${n} ${zh}` : `${n} ${en}`;
		}
	return "";
}

/** "3 分钟前", "3 min ago". */
export function age(iso: string | null): string {
	if (!iso) return lang() === "zh" ? "从未" : "never";
	const text = span((now() - Date.parse(iso)) / 1000);
	return lang() === "zh" ? `${text}前` : `${text} ago`;
}

/** As on the clock of the box's estate: the stamp says its own offset, the reader is on the spot. "11-22 03:00:07". */
export function stamp(iso: string | null): string {
	return iso ? iso.slice(5, 19).replace("T", " ") : "–";
}
