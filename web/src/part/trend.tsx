/* trend.tsx: a point over time: the samples of a short span, the band of least and greatest of a long one. Gaps are gaps:
 * nothing is drawn where nothing was known. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Sample, Window } from "../lib/types";

export interface Spell {
	name: "hour" | "day" | "month";
	since: string;
	every: string | null;
	everySeconds: number; // windows further apart have a gap between them
}
export const SPELLS: readonly Spell[] = [
	{ name: "hour", since: "1h", every: null, everySeconds: 0 },
	{ name: "day", since: "1d", every: "5m", everySeconds: 300 },
	{ name: "month", since: "30d", every: "2h", everySeconds: 7200 },
];

type Column = (number | null)[];

function seconds(iso: string): number {
	return Date.parse(iso) / 1000;
}

/** Steps: a value holds until the next sample; a sample that is not good ends it. */
function ofSamples(rows: readonly Sample[]): [Column, Column] {
	const x: Column = [];
	const y: Column = [];
	for (const r of rows) {
		x.push(seconds(r.at));
		y.push(r.quality !== "good" || r.value === null || typeof r.value === "string" ? null : Number(r.value));
	}
	const last = y.at(-1);
	if (last !== undefined && last !== null) {
		x.push(Date.now() / 1000);
		y.push(last);
	}
	return [x, y];
}

function ofWindows(rows: readonly Window[], everySeconds: number): [Column, Column, Column, Column] {
	const x: Column = [];
	const [min, avg, max]: [Column, Column, Column] = [[], [], []];
	for (const r of rows) {
		const at = seconds(r.at);
		const before = x.at(-1);
		if (before && at - before > everySeconds * 1.5) {
			x.push(before + everySeconds);
			for (const c of [min, avg, max]) c.push(null);
		}
		x.push(at);
		min.push(r.min);
		avg.push(r.avg);
		max.push(r.max);
	}
	return [x, min, avg, max];
}

interface Props {
	rows: readonly (Sample | Window)[];
	spell: Spell;
	unit: string | null;
	label: string;
	zone: string; // of the estate
}

export function Trend({ rows, spell, unit, label, zone }: Props) {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const at = box.current;
		if (!at) return;
		const style = getComputedStyle(document.documentElement);
		const ink = style.getPropertyValue("--ink-2");
		const line = style.getPropertyValue("--focus");
		const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
		const axis = { stroke: ink, grid, ticks: grid, font: `12px ${style.getPropertyValue("--font")}` };
		const size = { width: at.clientWidth, height: Math.min(360, Math.max(200, at.clientWidth / 3)) };
		const windows = spell.every !== null;
		const series: uPlot.Series[] = windows
			? [{}, { stroke: line, width: 0.5 }, { stroke: line, width: 2 }, { stroke: line, width: 0.5 }]
			: [{}, { stroke: line, width: 2, ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }) }];
		const data = windows ? ofWindows(rows as Window[], spell.everySeconds) : ofSamples(rows as Sample[]);
		const plot = new uPlot(
			{
				...size,
				series,
				...(windows && { bands: [{ series: [3, 1], fill: `color-mix(in srgb, ${line} 20%, transparent)` }] }),
				axes: [
					{ ...axis, values: [[1, "{MM}-{DD}\n{HH}:{mm}", null, null, null, null, null, null, 1]], space: 80 },
					{ ...axis, size: 56, ...(unit && { label: unit, labelSize: 20 }) },
				],
				legend: { show: false },
				tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone),
				cursor: { y: false },
			},
			data as uPlot.AlignedData,
			at,
		);
		const fit = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height: size.height }));
		fit.observe(at);
		return () => {
			fit.disconnect();
			plot.destroy();
		};
	}, [rows, spell, unit, zone]);
	return <div class="trend" ref={box} role="img" aria-label={label} />;
}
