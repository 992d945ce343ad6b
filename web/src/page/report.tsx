/* report.tsx: a month of the estate on paper: alarms, how fast people came, lifts, visits. For the screen and for A4. #/report/2026-11 */
import type { ComponentChildren } from "preact";
import { counted, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useNarrow } from "../lib/narrow";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Device } from "../lib/types";
import { Dots, shortSpan, type DotRow } from "../part/dots";
import { MonthStrip } from "../part/month_strip";
import { usePlaceName } from "../part/place_name";
import { Rows } from "../part/rows";
import { Await, problemText } from "../part/state";
import { session, status } from "../state/live";
import { estateToday, liftSum, percent, useMonth, type AlarmFigures, type Day, type Month } from "../state/month";
import { buildingNames } from "../state/places";

interface Times {
	count: number;
	median: number | null;
	p90: number | null;
	times: number[];
	in_time?: number;
	late?: number;
}
interface Response {
	place: string;
	alarms: number;
	acknowledged: Times;
	arrived: Times;
	closed: Times;
	outcomes: Record<string, number>;
	homes: number;
	false_alarms: number;
	false_per_home_month: number | null;
}
interface VisitRow {
	worker: string;
	place: string;
	visits: number;
	calls: number;
	homes: number;
}

const MONTHS = 12;
const PRIORITIES = [1, 2, 3, 4] as const;

/** "2026-11" and those before it, the latest first. */
function monthsUpTo(today: string): string[] {
	let [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))];
	return Array.from({ length: MONTHS }, () => {
		const name = `${year}-${String(month).padStart(2, "0")}`;
		if (--month === 0) [year, month] = [year - 1, 12];
		return name;
	});
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
	return (
		<section class="report-part">
			<h2>{title}</h2>
			{children}
		</section>
	);
}

function raisedOf(f: AlarmFigures, p: 1 | 2 | 3 | 4): number {
	return f[`raised_priority_${p}`];
}

/** A column a day, the urgent below. */
function DayColumns({ days, total }: { days: readonly Day[]; total: number }) {
	const most = Math.max(4, ...days.map((d) => d.estate?.raised ?? 0));
	const [wide, high] = [useNarrow() ? 10 : 20, 96];
	const count = Math.max(total, 1);
	return (
		<svg class="day-columns" viewBox={`0 0 ${count * wide + 36} ${high + 20}`} role="img" aria-label={t("perDay")}>
			{[most, Math.round(most / 2)].map((n) => (
				<g key={n}>
					<line class="dots-grid" x1="32" x2={32 + count * wide} y1={high - (n / most) * (high - 12)} y2={high - (n / most) * (high - 12)} />
					<text class="day-axis" x="28" y={high - (n / most) * (high - 12) + 4} text-anchor="end">
						{n}
					</text>
				</g>
			))}
			<line class="dots-median" x1="32" x2={32 + count * wide} y1={high} y2={high} />
			{days.map((d, i) => {
				let below = 0;
				return (
					<g key={d.day}>
						{d.estate &&
							PRIORITIES.map((p) => {
								const n = raisedOf(d.estate!, p);
								const height = (n / most) * (high - 12);
								below += height;
								return n ? <rect key={p} class={`column column-${p}`} x={32 + i * wide + 3} width={wide - 6} y={high - below} height={height} /> : null;
							})}
						{(i === 0 || (i + 1) % 5 === 0) && (
							<text class="day-axis" x={32 + i * wide + wide / 2} y={high + 15} text-anchor="middle">
								{i + 1}
							</text>
						)}
					</g>
				);
			})}
		</svg>
	);
}

function sum(days: readonly Day[], of: (d: Day) => number | undefined): number {
	return days.reduce((n, d) => n + (of(d) ?? 0), 0);
}

function AlarmPart({ month, nameOf }: { month: Month; nameOf: (id: string) => string }) {
	const ids = [...new Set(month.days.flatMap((d) => [...d.buildings.keys()]))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
	const row = (name: string, of: (d: Day) => AlarmFigures | null | undefined): string[] => [
		name,
		...PRIORITIES.map((p) => String(sum(month.days, (d) => of(d)?.[`raised_priority_${p}`]))),
		String(sum(month.days, (d) => of(d)?.raised)),
		String(sum(month.days, (d) => of(d)?.closed_real)),
		String(sum(month.days, (d) => of(d)?.closed_false)),
	];
	return (
		<Part title={t("alarmsTitle")}>
			<DayColumns days={month.days} total={month.total} />
			<p class="under column-key">
				{PRIORITIES.map((p) => (
					<span key={p} class={`column-key-${p}`}>
						{t(`p${p}`)}
					</span>
				))}
			</p>
			<Rows
				label={t("alarmsTitle")}
				head={[t("building"), t("p1"), t("p2"), t("p3"), t("p4"), "Σ", t("realAlarms"), t("falseAlarms")]}
				rows={[
					...(month.days.length ? [row(t(month.places ? "yourPlaces" : "wholeEstate"), (d) => d.estate)] : []), // of what is not known before
					...ids.map((id) => row(month.parts.has(id) ? `${nameOf(id)} ${t("inPart")}` : nameOf(id), (d) => d.buildings.get(id))),
				]}
			/>
		</Part>
	);
}

function ResponsePart({ month, nameOf }: { month: string; nameOf: (id: string) => string }) {
	const rows = useLoaded<Response[]>(`/v1/response?month=${month}`);
	return (
		<Part title={t("response")}>
			<Await of={rows}>
				{(list) => {
					if (!list.some((r) => r.alarms)) return <p>{t("noUrgent")}</p>;
					const buildings = list.filter((r) => r.place && r.alarms > 0);
					const dots = (of: (r: Response) => Times): DotRow[] => buildings.map((r) => ({ name: nameOf(r.place), times: of(r).times, median: of(r).median, p90: of(r).p90 }));
					return (
						<>
							<Dots label={t("acknowledged")} rows={dots((r) => r.acknowledged)} />
							<Dots label={t("arrivedWord")} rows={dots((r) => r.arrived)} />
							<Rows
								label={t("response")}
								head={[t("building"), t("alarmsTitle"), `${t("acknowledged")} · ${t("median")}`, `${t("arrivedWord")} · ${t("median")}`, t("ninety"), t("inFive"), t("overTen"), t("falseAlarms")]}
								rows={list.map((r) => [
									r.place ? nameOf(r.place) : t("wholeEstate"),
									r.alarms,
									shortSpan(r.acknowledged.median),
									shortSpan(r.arrived.median),
									shortSpan(r.arrived.p90),
									`${r.arrived.in_time ?? 0} / ${r.arrived.count}`,
									r.arrived.late ?? 0,
									r.outcomes.false ?? 0,
								])}
							/>
						</>
					);
				}}
			</Await>
		</Part>
	);
}

function LiftPart({ month, nameOf }: { month: Month; nameOf: (id: string) => string }) {
	const devices = useLoaded<Device[]>("/v1/devices");
	const ids = [...new Set(month.days.flatMap((d) => [...d.lifts.keys()]))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
	const said = new Map((devices.value ?? []).map((d) => [d.device, d]));
	if (month.whole && !ids.length) return <Part title={t("lift")}>{t("noLifts")}</Part>;
	return (
		<Part title={t("lift")}>
			<Rows
				label={t("lift")}
				head={[t("lift"), t("available"), t("trips"), t("doorCycles"), t("entrapments"), t("inspectionHours"), t("knownDays"), ""]}
				rows={ids.map((id) => {
					const s = liftSum(month.days, id);
					const d = said.get(id);
					return [
						<a href={linkTo("lift", id)}>{d ? `${nameOf(d.place.split("/")[0]!)} ${d.name}` : id}</a>,
						percent(s.availability),
						s.trips?.toLocaleString() ?? "–",
						s.door_cycles?.toLocaleString() ?? "–",
						s.entrapments,
						(s.inspection_s / 3600).toFixed(1),
						counted(s.days, "daysKnown"),
						<MonthStrip days={month.days} total={month.total} lift={id} />,
					];
				})}
			/>
		</Part>
	);
}

function VisitPart({ month, nameOf }: { month: string; nameOf: (id: string) => string }) {
	const rows = useLoaded<VisitRow[]>(`/v1/visits/figures?month=${month}`);
	return (
		<Part title={t("visitsTitle")}>
			<Await of={rows}>
				{(list) =>
					list.length === 0 ? (
						<p>{t("noVisits")}</p>
					) : (
						<Rows label={t("visitsTitle")} head={[t("worker"), t("building"), t("visitsDone"), t("callsDone"), t("homesMet")]} rows={list.map((v) => [v.worker, nameOf(v.place), v.visits, v.calls, v.homes])} />
					)
				}
			</Await>
		</Part>
	);
}

/** Of which places all figures are, where it is not the whole estate. */
function Bounds({ month }: { month: Month }) {
	const placeName = usePlaceName();
	if (!month.places) return null;
	return (
		<p>
			{t("ofPlaces")} {month.places.map(placeName).join(t("listComma"))}
			{month.leftOut.length > 0 && ` · ${t("leftOut")} ${counted(month.leftOut.length, "homesThere")}`}
		</p>
	);
}

export function Report({ month: asked }: { month: string }) {
	const s = useSubject(status);
	const who = useSubject(session);
	const names = useSubject(buildingNames);
	const nameOf = (id: string): string => names.get(id) ?? id;
	const today = estateToday();
	const choices = today ? monthsUpTo(today) : [];
	const chosen = /^\d{4}-\d{2}$/.test(asked) && choices.includes(asked) ? asked : today.slice(0, 7);
	const month = useMonth(chosen, today);
	if (!today || !s) return <p class="empty">{t("loading")}…</p>;
	return (
		<section class="report" aria-label={t("report")}>
			<div class="row no-print">
				<label class="field">
					{t("month")}
					<select value={chosen} onChange={(e) => (location.hash = linkTo("report", e.currentTarget.value))}>
						{choices.map((m) => (
							<option key={m} value={m}>
								{m}
							</option>
						))}
					</select>
				</label>
				<button class="main" disabled={!month.whole && !month.problem} onClick={() => window.print()}>
					{t("print")}
				</button>
				{!month.whole && !month.problem && (
					<span class="under" role="status">
						{t("readSoFar")} {month.days.length} / {month.total}
					</span>
				)}
			</div>
			<header class="report-head">
				<h1>{s.estate.name || s.estate.id}</h1>
				<p>
					{t("reportOf")} · {chosen}
					{chosen === today.slice(0, 7) && ` · ${t("soFar")} ${today}`}
				</p>
				<Bounds month={month} />
			</header>
			{month.problem ? (
				<Part title={t("alarmsTitle")}>
					<p>{problemText(month.problem.status, month.problem.message)}</p>
				</Part>
			) : (
				<AlarmPart month={month} nameOf={nameOf} />
			)}
			<ResponsePart key={`r${chosen}`} month={chosen} nameOf={nameOf} />
			{!month.problem && <LiftPart month={month} nameOf={nameOf} />}
			{(who?.role === "care" || who?.role === "admin") && <VisitPart key={`v${chosen}`} month={chosen} nameOf={nameOf} />}
			<footer class="signs">
				<span>{t("madeBy")}</span>
				<span>{t("checkedBy")}</span>
				<span>{t("date")}</span>
			</footer>
		</section>
	);
}
