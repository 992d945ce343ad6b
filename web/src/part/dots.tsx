/* dots.tsx: how long it took: a row a building, a dot an alarm, with the 5 and the 10 minute line. The axis is a root: seconds are told
 * apart at its beginning, and what took longer than a quarter of an hour stands at its end. */
import { t } from "../lib/i18n";
import { useNarrow } from "../lib/narrow";
import { span } from "../lib/time";

const MOST_S = 900;
/** On a phone there is no room beside the dots: the figures stand below the name. */
const WIDE = { w: 560, left: 96, right: 120 };
const NARROW = { w: 206, left: 88, right: 18 };
const ROW = 44;
const TOP = 24;
const TICKS = [30, 60, 120, 300, 600] as const;
const FEW: readonly number[] = [60, 300, 600];
const R = 3.2;

export interface DotRow {
	name: string;
	times: readonly number[]; // seconds
	median: number | null;
	p90: number | null;
}

function scale(of: typeof WIDE): (seconds: number) => number {
	return (seconds) => of.left + Math.sqrt(Math.min(seconds, MOST_S) / MOST_S) * of.w;
}

/** "1:20", "48 s" */
export function shortSpan(seconds: number | null): string {
	if (seconds === null) return "–";
	return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Where dots would hide each other they stand above and below. */
function places(times: readonly number[], x: (seconds: number) => number): { at: number; off: number; s: number }[] {
	const taken = new Map<number, number>();
	return times.map((s) => {
		const at = x(s);
		const column = Math.round(at / (R * 1.8));
		const n = taken.get(column) ?? 0;
		taken.set(column, n + 1);
		const off = Math.min(Math.ceil(n / 2) * R * 1.6, ROW / 2 - R - 2) * (n % 2 ? -1 : 1);
		return { at, off, s };
	});
}

export function Dots({ rows, label }: { rows: readonly DotRow[]; label: string }) {
	const narrow = useNarrow();
	const size = narrow ? NARROW : WIDE;
	const x = scale(size);
	const [LEFT, W] = [size.left, size.w];
	const height = TOP + rows.length * ROW + 8;
	return (
		<figure class="dots">
			<figcaption>{label}</figcaption>
			<svg viewBox={`0 0 ${LEFT + W + size.right} ${height}`} role="img" aria-label={`${label}: ${rows.map((r) => `${r.name} ${t("median")} ${shortSpan(r.median)}`).join(", ")}`}>
				{TICKS.filter((s) => !narrow || FEW.includes(s)).map((s) => (
					<g key={s}>
						<line class={s >= 300 ? `dots-line dots-line-${s}` : "dots-grid"} x1={x(s)} x2={x(s)} y1={TOP - 6} y2={height} />
						<text class="day-axis" x={x(s)} y={TOP - 10} text-anchor="middle">
							{span(s)}
						</text>
					</g>
				))}
				<text class="day-axis" x={x(MOST_S)} y={TOP - 10} text-anchor="middle">
					15+
				</text>
				{rows.map((r, i) => {
					const y = TOP + i * ROW + ROW / 2;
					return (
						<g key={r.name}>
							<text class="dots-name" x={LEFT - 10} y={y + 5} text-anchor="end">
								{r.name}
							</text>
							<line class="dots-grid" x1={LEFT} x2={LEFT + W} y1={y} y2={y} />
							{places(r.times, x).map((p, k) => (
								<circle key={k} class={p.s > 600 ? "dot is-late" : "dot"} cx={p.at} cy={y + p.off} r={R} />
							))}
							{r.median !== null && <line class="dots-median" x1={x(r.median)} x2={x(r.median)} y1={y - ROW / 2 + 4} y2={y + ROW / 2 - 4} />}
							{narrow ? (
								<text class="day-axis" x={LEFT - 10} y={y + 18} text-anchor="end">
									{shortSpan(r.median)} / {shortSpan(r.p90)}
								</text>
							) : (
								<>
									<text class="day-axis" x={LEFT + W + 10} y={y - 2}>
										{t("median")} {shortSpan(r.median)}
									</text>
									<text class="day-axis" x={LEFT + W + 10} y={y + 14}>
										90 % {shortSpan(r.p90)}
									</text>
								</>
							)}
						</g>
					);
				})}
			</svg>
		</figure>
	);
}
