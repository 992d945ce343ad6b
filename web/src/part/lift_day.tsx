/* lift_day.tsx: a day of one lift: where it was, minute by minute, and below what was wrong with it. Where nobody knew it is hatched. */
import type { Floors } from "../lib/floors";
import { lang, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useNarrow } from "../lib/narrow";
import { heldSpans, seconds, windowGaps, type Span } from "../lib/spans";
import { now, span } from "../lib/time";
import type { Sample, Window } from "../lib/types";
import { Await } from "./state";

const DAY_S = 86_400;
const EVERY_S = 120;
const HIGH = 150;
const LEFT = 56;
const LANE = 20;
const AXIS = 20;
const EVERY_MS = 60_000;

/** What was wrong: the point, whether it is so where the point says yes, what it is called, how urgent. */
const LANES = [
	{ point: "trapped", yes: true, zh: "困人", en: "trapped", priority: 1 },
	{ point: "fault", yes: true, zh: "故障", en: "fault", priority: 2 },
	{ point: "in_service", yes: false, zh: "停用", en: "out of service", priority: 3 },
	{ point: "power", yes: false, zh: "断电", en: "no power", priority: 3 },
	{ point: "inspection", yes: true, zh: "检修", en: "inspection", priority: 4 },
] as const;
type Lane = (typeof LANES)[number];

function historyOf(id: string, point: string, more: string): string {
	return `/v1/points/${encodeURIComponent(`${id}.${point}`)}/history?since=1d${more}`;
}

function useLane(id: string, lane: Lane, has: ReadonlySet<string>): Span[] {
	const rows = useLoaded<Sample[]>(has.has(lane.point) ? historyOf(id, lane.point, "") : null, EVERY_MS).value;
	if (!rows) return [];
	const to = now() / 1000;
	return heldSpans(rows, to - DAY_S, to).filter((s) => s.value === lane.yes);
}

function clock(s: number, zone: string): string {
	return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }).format(s * 1000);
}

/** Full hours of the estate, every third, or as many as have room. */
function hoursOf(from: number, to: number, zone: string, every: number): { at: number; text: string }[] {
	const list = [];
	for (let at = Math.ceil(from / 1800) * 1800; at < to; at += 1800) {
		const text = clock(at, zone);
		if (text.endsWith(":00") && Number(text.slice(0, 2)) % every === 0) list.push({ at, text });
	}
	return list;
}

/** Where it stood a line, where it went a line down or up; nothing is joined over windows that are not there. */
function pathOf(rows: readonly Window[], x: (s: number) => number, y: (f: number) => number): string {
	const wide = x(EVERY_S) - x(0);
	let path = "";
	rows.forEach((r, i) => {
		const begin = seconds(r.at);
		const left = x(begin).toFixed(1);
		const before = rows[i - 1];
		const follows = before && begin - seconds(before.at) < EVERY_S * 1.5;
		if (follows && before.max < r.min) path += `M${left} ${y(before.max).toFixed(1)}V${y(r.min).toFixed(1)}`;
		if (follows && before.min > r.max) path += `M${left} ${y(before.min).toFixed(1)}V${y(r.max).toFixed(1)}`;
		path += r.max - r.min < 0.5 ? `M${left} ${y(r.max).toFixed(1)}h${wide.toFixed(2)}` : `M${(x(begin) + wide / 2).toFixed(1)} ${y(r.max).toFixed(1)}V${y(r.min).toFixed(1)}`;
	});
	return path;
}

function Picture({ rows, lanes, floors, zone }: { rows: readonly Window[]; lanes: readonly { lane: Lane; spans: Span[] }[]; floors: Floors; zone: string }) {
	const narrow = useNarrow();
	const W = narrow ? 280 : 720;
	const to = now() / 1000;
	const from = to - DAY_S;
	const x = (s: number): number => LEFT + ((s - from) / DAY_S) * W;
	const y = (f: number): number => 6 + ((floors.top - f) / Math.max(floors.top - floors.bottom, 1)) * (HIGH - 12);
	const scale = (s: number): number => (s / DAY_S) * W;
	const height = HIGH + lanes.length * LANE + AXIS;
	const rect = (s: Span) => ({ x: x(Math.max(s.from, from)), width: Math.max(1, scale(Math.min(s.to, to) - Math.max(s.from, from))) });
	return (
		<svg viewBox={`0 0 ${LEFT + W + 8} ${height}`} role="img" aria-label={t("liftDay")}>
			<defs>
				<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
					<line class="hatch-line" x1="0" y1="0" x2="0" y2="6" />
				</pattern>
			</defs>
			<rect class="day-ground" x={LEFT} y="0" width={W} height={HIGH} />
			{windowGaps(rows, EVERY_S, from, to).map((g) => (
				<rect key={g.from} class="day-unknown" {...rect(g)} y="0" height={HIGH} />
			))}
			{hoursOf(from, to, zone, narrow ? 6 : 3).map((h) => (
				<g key={h.at}>
					<line class="day-hour" x1={x(h.at)} x2={x(h.at)} y1="0" y2={height - AXIS} />
					<text class="day-axis" x={x(h.at)} y={height - 5} text-anchor="middle">
						{h.text}
					</text>
				</g>
			))}
			{[floors.top, Math.round((floors.top + floors.bottom) / 2), floors.bottom].map((f) => (
				<text key={f} class="day-axis" x={LEFT - 6} y={y(f) + 4} text-anchor="end">
					{f}F
				</text>
			))}
			<path class="day-trips" d={pathOf(rows, x, y)} />
			{lanes.map(({ lane, spans }, i) => (
				<g key={lane.point}>
					<text class="day-axis" x={LEFT - 6} y={HIGH + i * LANE + 15} text-anchor="end">
						{lang() === "zh" ? lane.zh : lane.en}
					</text>
					{spans.map((s) => (
						<rect key={s.from} class={`day-wrong day-wrong-${lane.priority}`} {...rect(s)} y={HIGH + i * LANE + 3} height={LANE - 6} />
					))}
				</g>
			))}
		</svg>
	);
}

/** has: the points that this lift has. */
export function LiftDay({ id, has, floors, zone }: { id: string; has: ReadonlySet<string>; floors: Floors; zone: string }) {
	const trips = useLoaded<Window[]>(has.has("floor") ? historyOf(id, "floor", `&every=${EVERY_S}s`) : null, EVERY_MS);
	const spans = LANES.map((lane) => ({ lane, spans: useLane(id, lane, has) })); // the same five each time
	const wrong = spans.filter((l) => l.spans.length);
	const events = wrong.flatMap(({ lane, spans }) => spans.map((s) => ({ lane, ...s }))).sort((a, b) => b.from - a.from);
	if (!has.has("floor")) return <p class="empty">{t("nothingThere")}</p>;
	return (
		<Await of={trips}>
			{(rows) => (
				<>
					<figure class="day-box" tabIndex={0}>
						<Picture rows={rows} lanes={wrong} floors={floors} zone={zone} />
					</figure>
					{events.length === 0 ? (
						<p class="under">{t("liftDayQuiet")}</p>
					) : (
						<ol class="samples">
							{events.slice(0, 20).map((e) => (
								<li key={`${e.lane.point}${e.from}`}>
									<time>
										{clock(e.from, zone)} – {e.to > now() / 1000 - 60 ? t("soFar") : clock(e.to, zone)}
									</time>
									<b>{lang() === "zh" ? e.lane.zh : e.lane.en}</b> {span(e.to - e.from)}
								</li>
							))}
						</ol>
					)}
				</>
			)}
		</Await>
	);
}
