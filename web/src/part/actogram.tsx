/* actogram.tsx: sixty days of a home in one picture: a row a day, today on top, midnight to midnight. A bar is a quarter of an hour in
 * which something stirred, by room, higher the more. Above the rows: how long it may be quiet by the half hour (the line that was
 * learned) and how long it was today; how often something stirs at that time on other days. Where today is empty and the others are not,
 * or where today's quiet is above the line, is what a care worker looks for. A room is told by its colour, and alone by its button. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { counted, t } from "../lib/i18n";
import { type Activity, roomWord } from "../lib/people";
import { span } from "../lib/time";

const SLOTS = 96;
const W = 7; // of a quarter of an hour
const LEFT = 52;
const SIDE = LEFT - 5; // of the labels, which stay where the days are pushed sideways; people.css knows it too
const WIDTH = LEFT + SLOTS * W + 8;
const STRIP = 104;
const USUAL = 26;
const TOP = STRIP + 24 + USUAL + 8;
const ROW = 11;
const NIGHT_FROM = 22 * 4;
const NIGHT_UNTIL = 6 * 4;

interface Props {
	line: readonly number[]; // seconds, by half hour
	today: readonly number[] | null;
	quiet: number | null; // seconds, now
	nowSlot: number; // half hour
	activity: Activity;
}

const x = (slot: number): number => LEFT + slot * W;
const stripY = (seconds: number, most: number): number => STRIP - (Math.min(seconds, most) / most) * (STRIP - 12);
const heightOf = (days: Activity["days"]): number => TOP + days.length * ROW + 4;

/** All bars of a room as one path: thousands of ticks stay a dozen elements. */
function bars(activity: Activity): Map<number, string> {
	const paths = new Map<number, string>();
	activity.days.forEach((day, d) => {
		const bottom = TOP + (d + 1) * ROW - 1;
		for (let i = 0; i < day.ticks.length; ) {
			const slot = day.ticks[i]![0];
			let end = i;
			while (end < day.ticks.length && day.ticks[end]![0] === slot) end++;
			const width = (W - 0.5) / (end - i);
			for (let k = i; k < end; k++) {
				const [, room, count] = day.ticks[k]!;
				const high = count > 3 ? ROW - 1 : count > 1 ? ROW - 3 : ROW - 5;
				const bar = `M${(x(slot) + (k - i) * width).toFixed(1)} ${bottom}v-${high}h${width.toFixed(1)}v${high}z`;
				paths.set(room, (paths.get(room) ?? "") + bar);
			}
			i = end;
		}
	});
	return paths;
}

/** Of the days before today that were heard of: on how many of them something stirred, by slot; 0..1. */
function usualOf(activity: Activity): number[] {
	const stirred = new Array<number>(SLOTS).fill(0);
	const known = new Array<number>(SLOTS).fill(0);
	for (const day of activity.days.slice(1)) {
		const silent = new Set<number>();
		for (const [from, to] of day.unheard) for (let s = from; s < to; s++) silent.add(s);
		const seen = new Set(day.ticks.map((tick) => tick[0]));
		for (let s = 0; s < SLOTS; s++) {
			known[s]! += Number(seen.has(s) || !silent.has(s));
			stirred[s]! += Number(seen.has(s));
		}
	}
	return stirred.map((n, s) => (known[s] ? n / known[s] : 0));
}

/** Nothing is drawn of the time before the first sample; a week is. */
function known(activity: Activity): Activity {
	let count = activity.days.length;
	while (count > 7 && !hasData(activity.days[count - 1]!)) count--;
	return { ...activity, days: activity.days.slice(0, count) };
}

const hasData = (day: Activity["days"][number]): boolean => day.ticks.length > 0 || day.unheard.length === 0 || day.unheard[0]![1] < SLOTS;

/** How high the strip is, in seconds: what it shows fits. */
const highest = (line: readonly number[], today: readonly number[] | null): number => Math.max(...line, ...(today ?? []), 4 * 3600) * 1.05;

/** Beside the days: how long the quiet is, and which day it is. */
function Labels({ most, days }: { most: number; days: Activity["days"] }) {
	const height = heightOf(days);
	return (
		<svg class="acto-side" viewBox={`0 0 ${SIDE} ${height}`} aria-hidden="true">
			{[most / 2, most].map((s) => (
				<text key={s} class="rhythm-axis" x={SIDE - 1} y={stripY(s, most) + 4} text-anchor="end">
					{span(s)}
				</text>
			))}
			{days.map(({ day }, d) =>
				d % 7 === 0 ? (
					<text key={day} class={d ? "rhythm-axis" : "rhythm-axis is-today"} x={SIDE - 1} y={TOP + d * ROW + 9} text-anchor="end">
						{d ? day.slice(5) : t("todayRow")}
					</text>
				) : null,
			)}
		</svg>
	);
}

function Hours() {
	return (
		<>
			{[0, 3, 6, 9, 12, 15, 18, 21, 24].map((h) => (
				<g key={h}>
					<line class="rhythm-hour" x1={x(h * 4)} x2={x(h * 4)} y1={STRIP} y2={STRIP + 4} />
					<text class="rhythm-axis" x={x(h * 4)} y={STRIP + 17} text-anchor="middle">
						{h}
					</text>
				</g>
			))}
		</>
	);
}

/** The line and today's quiet; what is beyond the line is filled and hatched. */
function Strip({ line, today, quiet, nowSlot }: Omit<Props, "activity">) {
	const most = highest(line, today);
	const y = (s: number): number => stripY(s, most);
	const steps = (values: readonly number[]): string => values.map((v, i) => `${i ? "L" : "M"}${x(i * 2)} ${y(v)}h${2 * W}`).join("");
	const lived = today?.slice(0, nowSlot + 1) ?? [];
	const late = quiet !== null && quiet > (line[nowSlot] ?? Infinity);
	return (
		<>
			<Hours />
			{lived.map((q, i) => (q > line[i]! ? <rect key={i} class="rhythm-late" x={x(i * 2)} width={2 * W} y={y(q)} height={y(line[i]!) - y(q)} /> : null))}
			<path class="rhythm-line" d={steps(line)} />
			{lived.length > 0 && <path class="rhythm-today" d={steps(lived)} />}
			{quiet !== null && <circle class={late ? "rhythm-now is-late" : "rhythm-now"} cx={x(nowSlot * 2 + 1)} cy={y(quiet)} r="5" />}
		</>
	);
}

function Rows({ activity, only }: { activity: Activity; only: number | null }) {
	const paths = useMemo(() => bars(activity), [activity]);
	return (
		<>
			<rect class="acto-today" x={LEFT - 2} width={SLOTS * W + 4} y={TOP - 1} height={ROW + 1} />
			{activity.days.map((day, d) => (
				<g key={day.day}>
					{day.unheard.map(([from, to]) => (
						<rect key={from} fill="url(#acto-hatch)" x={x(from)} width={(to - from) * W} y={TOP + d * ROW + 1} height={ROW - 2} />
					))}
				</g>
			))}
			{[...paths].map(([room, d]) => (
				<path key={room} class={`room-${activity.rooms[room]} ${only !== null && only !== room ? "is-faint" : ""}`} d={d} />
			))}
		</>
	);
}

export function Actogram({ activity: all, ...strip }: Props) {
	const activity = useMemo(() => known(all), [all]);
	const [only, choose] = useState<number | null>(null);
	const usual = useMemo(() => usualOf(activity), [activity]);
	const seen = useMemo(() => [...new Set(activity.days.flatMap((d) => d.ticks.map((tick) => tick[1])))].sort((a, b) => a - b), [activity]);
	const box = useRef<HTMLDivElement>(null);
	/* Where the screen is narrow, what is shown first is now. */
	useLayoutEffect(() => {
		const at = box.current;
		if (at) at.scrollLeft = (x(strip.nowSlot * 2) / WIDTH) * at.scrollWidth - at.clientWidth / 2;
	}, []);
	const height = heightOf(activity.days);
	const heard = activity.days.filter(hasData).length;
	return (
		<figure class="rhythm acto" aria-label={t("actogram")}>
			<div ref={box} class="acto-scroll" tabIndex={0} role="region" aria-label={t("actogram")}>
				<Labels most={highest(strip.line, strip.today)} days={activity.days} />
				<svg viewBox={`${SIDE} 0 ${WIDTH - SIDE} ${height}`} role="img" aria-label={`${t("actogram")}, ${counted(heard, "daysKnown")}`}>
					<defs>
						<pattern id="acto-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
							<line class="acto-hatch" x1="0" x2="0" y1="0" y2="6" />
						</pattern>
					</defs>
					<rect class="rhythm-night" x={LEFT} width={NIGHT_UNTIL * W} y="0" height={height} />
					<rect class="rhythm-night" x={x(NIGHT_FROM)} width={(SLOTS - NIGHT_FROM) * W} y="0" height={height} />
					<Strip {...strip} />
					{usual.map((share, s) =>
						share > 0 ? <rect key={s} class="acto-usual" x={x(s)} width={W - 0.5} y={TOP - 6 - share * USUAL} height={share * USUAL} /> : null,
					)}
					<Rows activity={activity} only={only} />
				</svg>
			</div>
			<figcaption>
				<span class="key key-line">{t("lineLearned")}</span> <span class="key key-today">{t("quietToday")}</span>{" "}
				<span class="key key-late">{t("tooQuiet")}</span> <span class="key key-usual">{t("usual")}</span>{" "}
				<span class="key key-unheard">{t("unheard")}</span> {t("daysOf")}: {heard}
			</figcaption>
			<div class="row rooms" role="group" aria-label={t("onlyRoom")}>
				{seen.map((room) => (
					<button key={room} class="quiet" aria-pressed={only === room} onClick={() => choose(only === room ? null : room)}>
						<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
							<rect class={`room-${activity.rooms[room]}`} width="10" height="10" />
						</svg>
						{roomWord(activity.rooms[room] ?? "")}
					</button>
				))}
			</div>
		</figure>
	);
}
