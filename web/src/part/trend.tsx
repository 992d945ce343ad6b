/* trend.tsx: a point over time: the samples of a short span, the band of least and greatest of a long one, the limits of its rules as
 * lines. Gaps are gaps: nothing is joined over them, and what nobody knew is hatched. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { t } from "../lib/i18n";
import type { Limit } from "../lib/limits";
import { stateName } from "../lib/names";
import { heldSpans, seconds, windowGaps, type Span } from "../lib/spans";
import type { Spell } from "../lib/spell";
import { useSubject } from "../lib/subject";
import { now } from "../lib/time";
import type { Sample, Window } from "../lib/types";
import { theme } from "../state/theme";

type Column = (number | null)[];
interface Picture {
	columns: Column[]; // x, value; or x, min, avg, max
	unknown: Span[];
}

function ofSamples(rows: readonly Sample[], from: number, to: number): Picture {
	const x: Column = [];
	const y: Column = [];
	const unknown: Span[] = [];
	for (const s of heldSpans(rows, from, to)) {
		const v = s.value === null || typeof s.value === "string" ? null : Number(s.value);
		if (v === null) unknown.push(s);
		x.push(s.from);
		y.push(v);
		if (v !== null) {
			x.push(s.to);
			y.push(v);
		}
	}
	return { columns: [x, y], unknown };
}

function ofWindows(rows: readonly Window[], spell: Spell, from: number, to: number): Picture {
	const every = spell.everySeconds;
	const x: Column = [];
	const [min, avg, max]: [Column, Column, Column] = [[], [], []];
	for (const r of rows) {
		const at = seconds(r.at) + every / 2;
		const before = x.at(-1);
		if (before && at - before > every * 1.5) {
			x.push(before + every);
			for (const c of [min, avg, max]) c.push(null);
		}
		x.push(at);
		min.push(r.min);
		avg.push(r.avg);
		max.push(r.max);
	}
	return { columns: [x, min, avg, max], unknown: windowGaps(rows, every, from, to) };
}

/** The limits next to what is shown: further ones would flatten it. */
function near(limits: readonly Limit[], columns: readonly Column[]): Limit[] {
	const values = columns.slice(1).flat().filter((v): v is number => v !== null);
	if (!values.length) return [...limits];
	const [least, most] = [Math.min(...values), Math.max(...values)];
	const inside = limits.filter((l) => l.value >= least && l.value <= most);
	const below = limits.filter((l) => l.value < least).at(-1);
	const above = limits.find((l) => l.value > most);
	return [...(below ? [below] : []), ...inside, ...(above ? [above] : [])];
}

function hatch(ink: string): CanvasPattern | null {
	const tile = document.createElement("canvas");
	tile.width = tile.height = 8;
	const c = tile.getContext("2d")!;
	c.strokeStyle = ink;
	c.globalAlpha = 0.45;
	c.beginPath();
	c.moveTo(-2, 10);
	c.lineTo(10, -2);
	c.stroke();
	return c.createPattern(tile, "repeat");
}

function drawUnknown(u: uPlot, spans: readonly Span[], ink: string): void {
	const pattern = hatch(ink);
	if (!pattern) return;
	u.ctx.save();
	u.ctx.fillStyle = pattern;
	for (const s of spans) {
		const left = Math.max(u.valToPos(s.from, "x", true), u.bbox.left);
		const right = Math.min(u.valToPos(s.to, "x", true), u.bbox.left + u.bbox.width);
		if (right > left) u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
	}
	u.ctx.restore();
}

function drawLimits(u: uPlot, limits: readonly Limit[], colour: (p: number) => string, font: string): void {
	const { ctx, bbox } = u;
	ctx.save();
	ctx.font = font;
	ctx.textAlign = "right";
	ctx.textBaseline = "alphabetic";
	for (const l of limits) {
		const y = u.valToPos(l.value, "y", true);
		if (y < bbox.top - 1 || y > bbox.top + bbox.height + 1) continue;
		ctx.strokeStyle = ctx.fillStyle = colour(l.priority);
		ctx.setLineDash([8, 5]);
		ctx.lineWidth = devicePixelRatio * 1.5;
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		ctx.stroke();
		ctx.fillText(`${l.above ? "▲" : "▼"} ${l.value} · ${l.rule}`, bbox.left + bbox.width - 6 * devicePixelRatio, y + (l.above ? -5 : 15) * devicePixelRatio);
	}
	ctx.restore();
}

function shortTime(s: number, zone: string, long: number): string {
	const d = new Intl.DateTimeFormat("zh-CN", { timeZone: zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", ...(long <= 3600 && { second: "2-digit" }), hour12: false });
	return d.format(s * 1000);
}

function readOut(u: uPlot, to: HTMLElement, zone: string, spell: Spell, unit: string): void {
	const i = u.cursor.idx;
	if (i === null || i === undefined) {
		to.textContent = "";
		return;
	}
	const values = u.data.slice(1).map((c) => c[i]);
	const text = (v: number | null | undefined): string => (v === null || v === undefined ? "–" : `${Number(v.toPrecision(5))}${unit}`);
	const said = values.length === 1 ? text(values[0]) : `${text(values[1])}  (${text(values[0])} … ${text(values[2])})`;
	to.textContent = `${shortTime(u.data[0]![i]!, zone, spell.long)}  ${said}`;
}

interface Props {
	rows: readonly (Sample | Window)[];
	spell: Spell;
	unit: string | null;
	label: string;
	zone: string; // of the estate
	limits?: readonly Limit[];
	/** Of a point that is yes or no: its name, for the words. */
	states?: string;
}

export function Trend({ rows, spell, unit, label, zone, limits = [], states = "" }: Props) {
	const box = useRef<HTMLDivElement>(null);
	const said = useRef<HTMLOutputElement>(null);
	const shade = useSubject(theme);
	useEffect(() => {
		const at = box.current;
		if (!at) return;
		const style = getComputedStyle(document.documentElement);
		const of = (name: string): string => style.getPropertyValue(name).trim();
		const [ink, line] = [of("--ink-2"), of("--focus")];
		const grid = { stroke: of("--line"), width: 1 };
		const axis = { stroke: ink, grid, ticks: grid, font: `12px ${of("--font")}` };
		const size = { width: at.clientWidth - 16, height: Math.min(360, Math.max(220, at.clientWidth / 3)) };
		const to = now() / 1000;
		const from = to - spell.long;
		const windows = spell.every !== null;
		const picture = windows ? ofWindows(rows as Window[], spell, from, to) : ofSamples(rows as Sample[], from, to);
		const shown = states ? [] : near(limits, picture.columns);
		const series: uPlot.Series[] = windows
			? [{}, { stroke: line, width: 0.5 }, { stroke: line, width: 2 }, { stroke: line, width: 0.5 }]
			: [{}, { stroke: line, width: 2, points: { show: false } }];
		const range = (_: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax => {
			if (states) return [-0.05, 1.05];
			const all = [...shown.map((l) => l.value), ...(least === null || most === null ? [] : [least, most])];
			const [low, high] = all.length ? [Math.min(...all), Math.max(...all)] : [0, 1];
			const room = (high - low || Math.abs(high) || 1) * 0.1;
			return [low - room, high + room];
		};
		const yes = (v: number): string => (windows ? `${Math.round(v * 100)} %` : v === 0 || v === 1 ? (stateName(states, v === 1) ?? t(v === 1 ? "yes" : "no")) : "");
		const plot = new uPlot(
			{
				...size,
				series,
				...(windows && { bands: [{ series: [3, 1], fill: `color-mix(in srgb, ${line} 20%, transparent)` }] }),
				scales: { x: { range: () => [from, to] }, y: { range } },
				axes: [
					{ ...axis, values: [[1, "{MM}-{DD}\n{HH}:{mm}", null, null, null, null, null, null, 1]], space: 80 },
					{ ...axis, size: 72, ...(unit && { label: unit, labelSize: 20 }), ...(states && { splits: () => (windows ? [0, 0.25, 0.5, 0.75, 1] : [0, 1]), values: (_: uPlot, ticks: number[]) => ticks.map(yes) }) },
				],
				legend: { show: false },
				tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone),
				cursor: { y: false },
				hooks: {
					drawClear: [(u) => drawUnknown(u, picture.unknown, ink)],
					draw: [(u) => drawLimits(u, shown, (p) => of(`--p${p}`), `${12 * devicePixelRatio}px ${of("--font")}`)],
					setCursor: [(u) => said.current && readOut(u, said.current, zone, spell, unit ? ` ${unit}` : "")],
				},
			},
			picture.columns as uPlot.AlignedData,
			at,
		);
		const fit = new ResizeObserver(() => plot.setSize({ width: at.clientWidth - 16, height: size.height }));
		fit.observe(at);
		return () => {
			fit.disconnect();
			plot.destroy();
		};
	}, [rows, spell, unit, zone, limits, states, shade]);
	return (
		<figure class="trend-box">
			<div class="trend" ref={box} role="img" aria-label={label} />
			<figcaption class="under">
				{spell.every && <span class="key-band">{t(states ? "shareOfTime" : "bandMeans")}</span>}
				<span class="key-unknown is-lost">{t("unknownMeans")}</span>
				{limits.length > 0 && !states && <span class="key key-limit">{t("limitMeans")}</span>}
				<output ref={said} />
			</figcaption>
		</figure>
	);
}
