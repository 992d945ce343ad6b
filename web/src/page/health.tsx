/* health.tsx: what is not being watched right now, and what does not leave: buses, plugins, uplinks, the store, the clock, and how well the
 * alarms serve the people who get them. */
import { lang, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { age } from "../lib/time";
import { Await } from "../part/state";
import { Rows } from "../part/rows";

interface Bus {
	bus: string;
	target: string;
	state: string;
	since: string | null;
	units_total: number;
	units_up: number;
	hint: string;
}
interface Plugin {
	plugin: string;
	program: string;
	state: string;
	since: string | null;
	restarts: number;
	text: string;
}
interface Outbox {
	uplink: string;
	lane: string;
	pending: number;
	oldest: string | null;
}
interface Clock {
	quality: string;
	since: string | null;
}
interface Measure {
	measure: string;
	value: number | null;
	target: number;
	bound: string;
	met: boolean | null;
}

const EVERY_MS = 5000;

function Mood({ good, text }: { good: boolean; text: string }) {
	return <span class={good ? "" : "warn"}>{good ? text : `▲ ${text}`}</span>;
}

const MEASURES: Record<string, readonly [string, string]> = {
	alarms_per_10min: ["每10分钟报警", "alarms in 10 min"],
	flood_share: ["泛滥时间占比", "share of time in flood"],
	standing_over_24h: ["超过24小时", "standing over 24 h"],
	chattering: ["反复报警", "chattering"],
	priority_1_share: ["立即占比", "share of priority 1"],
	priority_2_share: ["15分钟占比", "share of priority 2"],
	priority_3_4_share: ["其余占比", "share of the rest"],
};

export function Health() {
	const buses = useLoaded<Bus[]>("/v1/buses", EVERY_MS);
	const plugins = useLoaded<Plugin[]>("/v1/plugins", EVERY_MS);
	const outbox = useLoaded<Outbox[]>("/v1/outbox", EVERY_MS);
	const clock = useLoaded<Clock>("/v1/clock", EVERY_MS);
	const burden = useLoaded<{ measures: Measure[] }>("/v1/alarms/health", EVERY_MS);
	return (
		<section class="health" aria-label={t("health")}>
			<h2>{t("buses")}</h2>
			<Await of={buses}>
				{(list) => (
					<Rows
						label={t("buses")}
						head={[t("name"), t("stateOf"), t("units"), t("since"), t("hint")]}
						rows={list.map((b) => [b.bus, <Mood good={b.state === "up"} text={b.state} />, <Mood good={b.units_up === b.units_total} text={`${b.units_up}/${b.units_total}`} />, age(b.since), b.hint])}
					/>
				)}
			</Await>
			<h2>{t("plugins")}</h2>
			<Await of={plugins}>
				{(list) => (
					<Rows
						label={t("plugins")}
						head={[t("name"), t("stateOf"), t("restarts"), t("since"), t("hint")]}
						rows={list.map((p) => [`${p.plugin} · ${p.program}`, <Mood good={p.state === "up"} text={p.state} />, p.restarts, age(p.since), p.text])}
					/>
				)}
			</Await>
			<h2>{t("uplinks")}</h2>
			<Await of={outbox}>
				{(list) => (
					<Rows
						label={t("uplinks")}
						head={[t("name"), t("lane"), t("waiting"), t("oldest")]}
						rows={list.map((o) => [o.uplink, o.lane, <Mood good={o.pending < 100} text={String(o.pending)} />, o.oldest ? age(o.oldest) : "–"])}
					/>
				)}
			</Await>
			<h2>{t("clock")}</h2>
			<Await of={clock}>{(c) => <Rows label={t("clock")} head={[t("stateOf"), t("since")]} rows={[[<Mood good={c.quality !== "unset"} text={c.quality} />, age(c.since)]]} />}</Await>
			<h2>{t("alarmSystem")}</h2>
			<Await of={burden}>
				{(b) => (
					<Rows
						label={t("alarmSystem")}
						head={[t("measure"), t("value"), t("target")]}
						rows={b.measures.map((m) => [
							(MEASURES[m.measure] ?? [m.measure, m.measure])[lang() === "zh" ? 0 : 1],
							<Mood good={m.met !== false} text={m.value === null ? "–" : String(Number(m.value.toPrecision(3)))} />,
							`${m.bound === "at_most" ? "≤" : "≥"} ${m.target}`,
						])}
					/>
				)}
			</Await>
		</section>
	);
}
