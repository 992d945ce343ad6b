/* rhythm.tsx: sixty days of a home in one picture: a row a day, the latest on top, midnight to midnight; the darker a half hour the more
 * it stirred, the emptier the longer it was quiet. Above it the line that was learned, and today's quiet: where that meets the line it
 * is too long. A care worker must be able to say from it what is unusual. */
import { counted, t } from "../lib/i18n";
import { now, span } from "../lib/time";

const SLOTS = 48;
const SLOT_S = 1800;
const W = 10; // of a half hour
const ROW = 6;
const STRIP = 110;
const LEFT = 44;
const NIGHT: readonly (readonly [number, number])[] = [
	[0, 12],
	[44, 48],
];

interface Props {
	line: readonly number[]; // seconds, by half hour
	today: readonly number[] | null;
	days: readonly (readonly number[])[]; // yesterday first
	nowSlot: number;
	quiet: number | null; // seconds, now
}

/** 0: quiet for hours, 1: it stirred within the half hour. */
function stir(quietS: number): number {
	return quietS <= SLOT_S ? 1 : quietS <= 2 * SLOT_S ? 0.55 : quietS <= 4 * SLOT_S ? 0.25 : 0;
}

function path(values: readonly number[], most: number): string {
	return values.map((v, i) => `${i ? "L" : "M"}${LEFT + i * W} ${STRIP - (Math.min(v, most) / most) * (STRIP - 12)}h${W}`).join("");
}

export function Rhythm({ line, today, days, nowSlot, quiet }: Props) {
	const most = Math.max(...line, ...(today ?? []), 4 * 3600) * 1.05;
	const rows = today ? [today, ...days] : days;
	const height = STRIP + 24 + rows.length * ROW;
	const hours = [0, 6, 12, 18, 24];
	const y = (s: number): number => STRIP - (Math.min(s, most) / most) * (STRIP - 12);
	return (
		<figure class="rhythm">
			<svg viewBox={`0 0 ${LEFT + SLOTS * W + 8} ${height}`} role="img" aria-label={t("rhythm")}>
				{NIGHT.map(([from, to]) => (
					<rect key={from} class="rhythm-night" x={LEFT + from * W} width={(to - from) * W} y="0" height={height} />
				))}
				{[1, 2].map((part) => (
					<text key={part} class="rhythm-axis" x={LEFT - 6} y={y((most * part) / 2) + 4} text-anchor="end">
						{span((most * part) / 2)}
					</text>
				))}
				<path class="rhythm-line" d={path(line, most)} />
				{today && <path class="rhythm-today" d={path(today.slice(0, nowSlot + 1), most)} />}
				{quiet !== null && <circle class="rhythm-now" cx={LEFT + nowSlot * W + W / 2} cy={y(quiet)} r="4" />}
				{hours.map((h) => (
					<text key={h} class="rhythm-axis" x={LEFT + h * 2 * W} y={STRIP + 16} text-anchor="middle">
						{h}
					</text>
				))}
				{rows.map((day, d) =>
					day.map((q, s) => {
						const dark = d === 0 && today && s > nowSlot ? 0 : stir(q);
						return dark ? <rect key={`${d}/${s}`} class="rhythm-stir" x={LEFT + s * W + 1} y={STRIP + 24 + d * ROW} width={W - 2} height={ROW - 1} fill-opacity={dark} /> : null;
					}),
				)}
			</svg>
			<figcaption>
				<span class="key key-line">{t("lineLearned")}</span> <span class="key key-today">{t("quietToday")}</span> {counted(rows.length, "daysKnown")}
			</figcaption>
		</figure>
	);
}

/** Which part of the estate's day it is, wherever the reader is. */
export function slotNow(minutes: number, zone: string): number {
	const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }).formatToParts(now());
	const number = (type: string): number => Number(parts.find((p) => p.type === type)?.value ?? 0);
	return Math.floor(((number("hour") % 24) * 60 + number("minute")) / minutes);
}
