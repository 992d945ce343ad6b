/* history.tsx: what was: alarms, open and over, with what happened to each, and the audit where the role may read it. Filtered here;
 * exported as CSV for a spreadsheet: all that the filters leave, not only what is shown. */
import { useMemo, useState } from "preact/hooks";
import { alarmPath } from "../lib/api";
import { saveCsv } from "../lib/csv";
import { say, sayAt, t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { now, stamp } from "../lib/time";
import type { Alarm, AlarmState, Priority } from "../lib/types";
import { usePlaceName } from "../part/place_name";
import { Mark } from "../part/mark";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { session } from "../state/live";

interface Record {
	n: number;
	time: string;
	kind: string;
	who: string | null;
	what: string | null;
	why: string | null;
}
/** A chapter of /v1/alarms/…/story. */
interface Chapter {
	at: string;
	state: AlarmState;
	input: string;
	who?: string | null;
	note?: string | null;
	outcome?: string | null;
	priority?: number;
}
interface Told {
	name: string;
	duty: string;
	outcome: string;
	at: string | null;
}

const SHOWN = 300;
const STATES: readonly AlarmState[] = ["unacked", "acked", "rtn_unacked", "latched", "shelved", "suppressed", "out_of_service", "normal"];
const PERIODS = { last24h: 1, last7d: 7, last30d: 30, allOf: 0 } as const;
type PeriodName = keyof typeof PERIODS;
const DAY_MS = 86_400_000;

interface Filters {
	words: string;
	priority: number; // this one and more urgent ones; 4: all
	state: AlarmState | "";
	building: string;
	period: PeriodName;
}
const NONE: Filters = { words: "", priority: 4, state: "", building: "", period: "allOf" };

function within(iso: string, period: PeriodName): boolean {
	const days = PERIODS[period];
	return days === 0 || Date.parse(iso) >= now() - days * DAY_MS;
}

function fits(a: Alarm, f: Filters): boolean {
	return (
		a.priority <= f.priority &&
		(f.state === "" || a.state === f.state) &&
		(f.building === "" || a.place === f.building || a.place.startsWith(`${f.building}/`)) &&
		within(a.since, f.period) &&
		`${a.alarm} ${a.place} ${a.text?.zh ?? ""} ${a.text?.en ?? ""} ${a.ack_by ?? ""}`.toLowerCase().includes(f.words)
	);
}

function asRow(a: Alarm): string[] {
	return [a.since, String(a.priority), a.state, a.alarm, a.place, say(a.text), a.ack_by ?? "", a.arrived ?? "", a.outcome ?? ""];
}
const CSV_HEAD = ["since", "priority", "state", "alarm", "place", "text", "ack_by", "arrived", "outcome"];

interface ChoiceProps {
	label: string;
	value: string;
	options: readonly (readonly [string, string])[];
	choose(value: string): void;
}
function Choice({ label, value, options, choose }: ChoiceProps) {
	return (
		<label class="field">
			{label}
			<select value={value} onChange={(e) => choose(e.currentTarget.value)}>
				{options.map(([key, text]) => (
					<option key={key} value={key}>
						{text}
					</option>
				))}
			</select>
		</label>
	);
}

function Words({ value, change }: { value: string; change(words: string): void }) {
	return (
		<label class="field">
			{t("filter")}
			<input type="search" value={value} onInput={(e) => change(e.currentTarget.value.toLowerCase())} />
		</label>
	);
}

/** All rows as a file, and how many of them are on the page. */
function Export({ rows, save }: { rows: number; save(): void }) {
	return (
		<div class="row">
			<button class="quiet" onClick={save}>
				{t("export")}
			</button>
			<span class="under">
				{t("shownOf")} {Math.min(rows, SHOWN)} / {rows}
			</span>
		</div>
	);
}

const INPUTS: Readonly<{ [input: string]: Word }> = {
	raised: "raisedIn",
	returned: "returnedIn",
	ack: "ack",
	reset: "resetIn",
	restored: "restoredIn",
	shelve: "shelve",
	unshelve: "unshelve",
	comment: "commentIn",
	arrive: "arriveIn",
	rise: "riseIn",
	out_of_service: "out_of_service",
};

function chapterText(c: Chapter): string {
	const input = INPUTS[c.input];
	const priority = c.priority && (c.input === "raised" || c.input === "rise") ? t(`p${c.priority}` as Word) : "";
	return [input ? t(input) : c.input, priority, c.who, c.note, c.outcome && t(c.outcome as Word), t(c.state as Word)].filter(Boolean).join(" · ");
}

/** What happened to one alarm: each change with who and why, and who was told. */
function Story({ alarm }: { alarm: Alarm }) {
	const story = useLoaded<{ story: Chapter[]; told?: Told[] }>(`/v1/alarms/${alarmPath(alarm.alarm)}/story`);
	return (
		<Await of={story}>
			{(s) => (
				<ol class="samples">
					{s.story.map((c, i) => (
						<li key={i}>
							<time>{stamp(c.at)}</time>
							<span dir="auto">{chapterText(c)}</span>
						</li>
					))}
					{(s.told ?? []).map((p, i) => (
						<li key={`told${i}`}>
							<time>{stamp(p.at)}</time>
							<span dir="auto">
								{t("told")} · {p.name} · {p.outcome}
							</span>
						</li>
					))}
				</ol>
			)}
		</Await>
	);
}

function AlarmRows() {
	const list = useLoaded<Alarm[]>("/v1/alarms?all=1", 30_000);
	const [f, set] = useState<Filters>(NONE);
	const [open, setOpen] = useState<Alarm | null>(null);
	const nameOf = usePlaceName();
	const rows = useMemo(() => (list.value ?? []).filter((a) => fits(a, f)).sort((a, b) => Date.parse(b.since) - Date.parse(a.since)), [list.value, f]);
	const places = useMemo(() => [...new Set((list.value ?? []).map((a) => a.place.split("/")[0] ?? ""))].sort(), [list.value]);
	const change = (part: Partial<Filters>): void => set({ ...f, ...part });
	return (
		<>
			<div class="filters">
				<Words value={f.words} change={(words) => change({ words })} />
				<Choice label={t("priority")} value={String(f.priority)} choose={(v) => change({ priority: Number(v) })} options={[["4", t("allOf")], ...([3, 2, 1] as const).map((p) => [String(p), p === 1 ? t("p1") : `${t(`p${p}` as Word)} ${t("andMoreUrgent")}`] as const)]} />
				<Choice label={t("stateOf")} value={f.state} choose={(v) => change({ state: v as AlarmState | "" })} options={[["", t("allOf")], ...STATES.map((s) => [s, t(s as Word)] as const)]} />
				<Choice label={t("building")} value={f.building} choose={(building) => change({ building })} options={[["", t("allOf")], ...places.map((p) => [p, nameOf(p)] as const)]} />
				<Choice label={t("period")} value={f.period} choose={(v) => change({ period: v as PeriodName })} options={(Object.keys(PERIODS) as PeriodName[]).map((p) => [p, t(p)] as const)} />
			</div>
			<Await of={list}>
				{() =>
					rows.length === 0 ? (
						<p class="empty">{t("noRows")}</p>
					) : (
						<>
							<Export rows={rows.length} save={() => saveCsv("alarms.csv", [CSV_HEAD, ...rows.map(asRow)])} />
							{open && (
								<aside class="story" aria-label={t("story")}>
									<div class="row">
										<b>
											{t("story")} · {open.alarm}
										</b>
										<button class="quiet" onClick={() => setOpen(null)}>
											{t("close")}
										</button>
									</div>
									<Story key={open.alarm} alarm={open} />
								</aside>
							)}
							<Rows
								narrow="cards"
								label={t("alarmsTitle")}
								head={[t("at"), t("priority"), t("stateOf"), t("place"), t("text"), t("outcome"), ""]}
								rows={rows.slice(0, SHOWN).map((a) => [
									stamp(a.since),
									<Mark priority={a.priority as Priority} />,
									t(a.state as Word),
									<a href={linkTo("place", a.place)}>{nameOf(a.place)}</a>,
									sayAt(a.text, a.place, nameOf(a.place)) || a.rule,
									a.outcome ? t(a.outcome as Word) : "",
									<button class="quiet" onClick={() => setOpen(a)}>
										{t("story")}
									</button>,
								])}
							/>
						</>
					)
				}
			</Await>
		</>
	);
}

function AuditRows() {
	const list = useLoaded<Record[]>("/v1/audit?limit=500", 30_000);
	const [words, setWords] = useState("");
	const [kind, setKind] = useState("");
	const [period, setPeriod] = useState<PeriodName>("allOf");
	const all = list.value ?? [];
	const kinds = [...new Set(all.map((r) => r.kind))].sort();
	const rows = all.filter((r) => (!kind || r.kind === kind) && within(r.time, period) && `${r.kind} ${r.who} ${r.what} ${r.why}`.toLowerCase().includes(words)).reverse();
	return (
		<>
			<div class="filters">
				<Words value={words} change={setWords} />
				<Choice label={t("kind")} value={kind} choose={setKind} options={[["", t("allOf")], ...kinds.map((k) => [k, k] as const)]} />
				<Choice label={t("period")} value={period} choose={(v) => setPeriod(v as PeriodName)} options={(Object.keys(PERIODS) as PeriodName[]).map((p) => [p, t(p)] as const)} />
			</div>
			<Await of={list}>
				{() =>
					rows.length === 0 ? (
						<p class="empty">{t("noRows")}</p>
					) : (
						<>
							<Export rows={rows.length} save={() => saveCsv("audit.csv", [["n", "time", "kind", "who", "what", "why"], ...rows.map((r) => [String(r.n), r.time, r.kind, r.who ?? "estated", r.what ?? "", r.why ?? ""])])} />
							<Rows narrow="cards" label={t("audit")} head={[t("at"), t("kind"), t("who"), t("what"), t("reason")]} rows={rows.slice(0, SHOWN).map((r) => [stamp(r.time), r.kind, r.who ?? "estated", r.what ?? "", r.why ?? ""])} />
						</>
					)
				}
			</Await>
		</>
	);
}

export function History() {
	const who = useSubject(session);
	const [audit, setAudit] = useState(false);
	const mayAudit = who?.role === "technician" || who?.role === "admin";
	return (
		<section aria-label={t("history")}>
			<div class="row">
				{mayAudit && (
					<span class="row" role="group">
						<button class={audit ? "quiet" : "main"} aria-pressed={!audit} onClick={() => setAudit(false)}>
							{t("alarmsTitle")}
						</button>
						<button class={audit ? "main" : "quiet"} aria-pressed={audit} onClick={() => setAudit(true)}>
							{t("audit")}
						</button>
					</span>
				)}
				{who && who.role !== "viewer" && (
					<a class="button" href={linkTo("report")}>
						{t("report")} ▸
					</a>
				)}
			</div>
			{audit ? <AuditRows /> : <AlarmRows />}
		</section>
	);
}
