/* health.tsx: what is not being watched right now, and what does not leave: buses, plugins, uplinks, the disk, the clock, and how well the
 * alarms serve the people who get them. What is wrong stands on top, in a sentence; below it all of it. */
import type { ComponentChildren } from "preact";
import { lang, t } from "../lib/i18n";
import { useLoaded, type Loaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, span, stamp } from "../lib/time";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { session, status, type Status } from "../state/live";

interface Bus {
	bus: string;
	type: string;
	target: string;
	state: string;
	since: string | null;
	units_total: number;
	units_up: number;
	points: number;
	timeouts: number;
	lag_ms: number;
	paused_until: string | null;
	hint: string;
}
interface Plugin {
	plugin: string;
	program: string;
	state: string;
	roles: string | null;
	since: string | null;
	restarts: number;
	messages_in: number;
	messages_out: number;
	text: string;
}
interface Outbox {
	uplink: string;
	lane: string;
	pending: number;
	bytes: number;
	oldest: string | null;
	delivered: number;
	refused: number;
}
interface Clock {
	time: string;
	quality: string;
	since: string | null;
	max_error_s: number | null;
	steps: number;
	stepped: string | null;
	uptime_s: number;
}
interface Measure {
	measure: string;
	value: number | null;
	target: number;
	bound: string;
	met: boolean | null;
}
interface Burden {
	over_s: number;
	alarms: number;
	peak_10min: number;
	measures: Measure[];
	sources: { alarm: string; count: number; share: number }[];
}
/** /v1/status, as far as only this page shows it. */
interface Whole extends Status {
	version: string;
	started: string;
	store: Status["store"] & { last_commit_ms: number; queued: number; history_rows: number; history_dropped: number; failures: number; free_bytes?: number | null };
}

const EVERY_MS = 5000;
const WAITS = 100; // rows of the outbox that are no backlog yet
const FREE_LEAST = 200 * 1024 * 1024;

const WORDS: Record<string, readonly [string, string]> = {
	up: ["正常", "up"],
	down: ["中断", "down"],
	paused: ["已暂停", "paused"],
	waiting: ["等待重启", "waiting"],
	starting: ["启动中", "starting"],
	stopping: ["正在停止", "stopping"],
	stopped: ["已停止", "stopped"],
	connecting: ["正在连接", "connecting"],
	alarm: ["报警", "alarms"],
	data: ["数据", "data"],
	unset: ["未校时", "not set"],
	restored: ["按上次保存的时间", "as it was kept"],
	synchronised: ["已同步", "synchronised"],
	alarms_per_10min: ["每 10 分钟报警", "alarms in 10 min"],
	flood_share: ["报警泛滥的时间占比", "share of time in flood"],
	standing_over_24h: ["持续超过 24 小时", "standing over 24 h"],
	chattering: ["反复报警", "chattering"],
	priority_1_share: ["立即占比", "share of priority 1"],
	priority_2_share: ["15 分钟占比", "share of priority 2"],
	priority_3_4_share: ["其余占比", "share of the rest"],
};

function word(key: string): string {
	const pair = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined;
	return pair ? pair[lang() === "zh" ? 0 : 1] : key;
}

function Mood({ good, text }: { good: boolean; text: string }) {
	return <span class={good ? "" : "warn"}>{good ? text : `▲ ${text}`}</span>;
}

function size(bytes: number): string {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let n = bytes;
	let i = 0;
	for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
	return `${n < 10 && i ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

function value(m: Measure): string {
	if (m.value === null) return "–";
	return m.measure.endsWith("_share") ? `${(m.value * 100).toFixed(1)} %` : String(Number(m.value.toPrecision(3)));
}
function target(m: Measure): string {
	return `${m.bound === "at_most" ? "≤" : "≥"} ${m.measure.endsWith("_share") ? `${m.target * 100} %` : m.target}`;
}

interface All {
	buses: Bus[];
	plugins: Plugin[];
	outbox: Outbox[];
	clock: Clock | null;
	whole: Whole | null;
}

/** What a person should look after, the worst first. */
function wrongs({ buses, plugins, outbox, clock, whole }: All): string[] {
	const list: string[] = [];
	const zh = lang() === "zh";
	if (whole && !whole.store.ok) list.push(`${t("diskStore")}: ${whole.store.fault}`);
	if (typeof whole?.store.free_bytes === "number" && whole.store.free_bytes < FREE_LEAST) list.push(`${t("freeSpace")}: ${size(whole.store.free_bytes)}`);
	for (const b of buses) {
		if (b.state !== "up") list.push(`${t("buses")} ${b.bus}: ${word(b.state)}${b.since ? ` · ${age(b.since)}` : ""}`);
		else if (b.units_up < b.units_total) list.push(`${t("buses")} ${b.bus}: ${b.units_total - b.units_up} ${zh ? "台没有应答" : "units do not answer"}`);
	}
	for (const p of plugins) if (p.state !== "up") list.push(`${t("plugins")} ${p.plugin}: ${word(p.state)}${p.text ? ` · ${p.text}` : ""}`);
	for (const o of outbox) if (o.pending >= WAITS) list.push(`${t("uplinks")} ${o.uplink} · ${word(o.lane)}: ${o.pending} ${t("waiting")}`);
	if (clock && clock.quality !== "synchronised") list.push(`${t("clock")}: ${word(clock.quality)}`);
	return list;
}

function Summary({ all }: { all: All }) {
	const list = wrongs(all);
	if (!list.length) return <p class="health-well">{t("well")}</p>;
	return (
		<ul class="health-wrong">
			{list.map((w) => (
				<li key={w} class="warn" dir="auto">
					▲ {w}
				</li>
			))}
		</ul>
	);
}

interface TableProps<T> {
	title: string;
	of: Loaded<T[]>;
	none: string;
	head: readonly string[];
	row(item: T): readonly ComponentChildren[];
}
function Table<T>({ title, of, none, head, row }: TableProps<T>) {
	return (
		<>
			<h2>{title}</h2>
			<Await of={of}>{(list) => (list.length ? <Rows label={title} head={head} rows={list.map(row)} /> : <p class="under">{none}</p>)}</Await>
		</>
	);
}

function DiskTable({ whole }: { whole: Whole }) {
	const s = whole.store;
	const head = [t("stateOf"), t("freeSpace"), t("lastCommit"), t("queuedWord"), t("samplesKept"), t("samplesDropped"), t("runsSince"), t("version")];
	const free = typeof s.free_bytes === "number" ? <Mood good={s.free_bytes >= FREE_LEAST} text={size(s.free_bytes)} /> : "–";
	return <Rows label={t("diskStore")} head={head} rows={[[<Mood good={s.ok} text={s.ok ? word("up") : s.fault} />, free, `${s.last_commit_ms.toFixed(1)} ms`, s.queued, s.history_rows.toLocaleString(), <Mood good={s.history_dropped === 0} text={s.history_dropped.toLocaleString()} />, `${stamp(whole.started)} · ${age(whole.started)}`, whole.version]]} />;
}

function BurdenTables({ of }: { of: Loaded<Burden> }) {
	return (
		<Await of={of}>
			{(b) => (
				<>
					<Rows label={t("alarmSystem")} head={[t("measure"), t("value"), t("target")]} rows={b.measures.map((m) => [word(m.measure), <Mood good={m.met !== false} text={value(m)} />, target(m)])} />
					{b.sources.length > 0 && (
						<>
							<h2>{t("topSources")}</h2>
							<Rows label={t("topSources")} head={[t("alarmsTitle"), t("times"), t("share")]} rows={b.sources.map((s) => [s.alarm, s.count, `${(s.share * 100).toFixed(1)} %`])} />
						</>
					)}
				</>
			)}
		</Await>
	);
}

/** Whose places are not the whole estate has none of these: one sentence, not five refusals. */
export function Health() {
	const who = useSubject(session);
	const buses = useLoaded<Bus[]>("/v1/buses", EVERY_MS);
	const plugins = useLoaded<Plugin[]>("/v1/plugins", EVERY_MS);
	const outbox = useLoaded<Outbox[]>("/v1/outbox", EVERY_MS);
	const clock = useLoaded<Clock>("/v1/clock", EVERY_MS);
	const whole = useLoaded<Whole>("/v1/status", EVERY_MS);
	const burden = useLoaded<Burden>("/v1/alarms/health", EVERY_MS);
	useSubject(status);
	useSubject(tick);
	if (buses.problem && buses.status === 403) return <section class="health" aria-label={t("health")}><p class="empty">{t("notForYou")}</p></section>;
	const known = buses.value && plugins.value && outbox.value && clock.value && whole.value;
	return (
		<section class="health" aria-label={t("health")}>
			{known && <Summary all={{ buses: buses.value!, plugins: plugins.value!, outbox: outbox.value!, clock: clock.value, whole: whole.value }} />}
			{who && who.role !== "viewer" && (
				<p>
					<a class="button" href={linkTo("report")}>
						{t("report")} ▸
					</a>
				</p>
			)}
			<Table title={t("buses")} of={buses} none={t("noBuses")} head={[t("name"), t("stateOf"), t("slaves"), t("points"), t("latency"), t("timeouts"), t("since"), t("hint")]}
				row={(b) => [`${b.bus} · ${b.target}`, <Mood good={b.state === "up"} text={b.paused_until ? `${word("paused")} ${t("until")} ${stamp(b.paused_until)}` : word(b.state)} />, <Mood good={b.units_up === b.units_total} text={`${b.units_up}/${b.units_total}`} />, b.points, `${b.lag_ms} ms`, b.timeouts, age(b.since), b.hint]} />
			<Table title={t("plugins")} of={plugins} none={t("noPlugins")} head={[t("name"), t("stateOf"), t("restarts"), "↓ / ↑", t("since"), t("hint")]}
				row={(p) => [`${p.plugin} · ${p.program.split("/").at(-1)}`, <Mood good={p.state === "up"} text={word(p.state)} />, p.restarts, `${p.messages_in.toLocaleString()} / ${p.messages_out.toLocaleString()}`, age(p.since), p.text]} />
			<Table title={t("uplinks")} of={outbox} none={t("noUplinks")} head={[t("name"), t("lane"), t("waiting"), t("bytesWord"), t("oldest"), t("delivered"), t("refusedCount")]}
				row={(o) => [o.uplink, word(o.lane), <Mood good={o.pending < WAITS} text={String(o.pending)} />, size(o.bytes), o.oldest ? age(o.oldest) : "–", o.delivered.toLocaleString(), o.refused]} />
			<h2>{t("diskStore")}</h2>
			<Await of={whole}>{(w) => <DiskTable whole={w} />}</Await>
			<h2>{t("clock")}</h2>
			<Await of={clock}>
				{(c) => <Rows label={t("clock")} head={[t("stateOf"), t("at"), t("since"), "±"]} rows={[[<Mood good={c.quality === "synchronised"} text={word(c.quality)} />, stamp(c.time), age(c.since), c.max_error_s === null ? "–" : c.max_error_s < 1 ? `${Math.round(c.max_error_s * 1000)} ms` : span(c.max_error_s)]]} />}
			</Await>
			<h2>{t("alarmSystem")}</h2>
			<BurdenTables of={burden} />
		</section>
	);
}
