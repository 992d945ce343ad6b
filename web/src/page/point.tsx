/* point.tsx: one value: now, over time against its limits, and why it is so. #/point/tank-1.level */
import { useEffect, useMemo, useState } from "preact/hooks";
import { lang, t, type Word } from "../lib/i18n";
import { limitsOf, type RuleOfPoint } from "../lib/limits";
import { useLoaded } from "../lib/load";
import { pointName, stateName } from "../lib/names";
import { Late } from "../lib/late";
import { linkTo } from "../lib/router";
import { SPELLS, type Spell } from "../lib/spell";
import { useSelected, useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { stamp } from "../lib/time";
import type { Sample, Window } from "../lib/types";
import { usePlaceName } from "../part/place_name";
import { WithLate } from "../part/late";
import { Await } from "../part/state";
import { quality, Value, valueText } from "../part/value";
import { points, status } from "../state/live";

/** With the library that draws it, which no other page needs. */
const trend = new Late(() => import("./of_trend"));

interface Why {
	name: string;
	type: "number" | "bool" | "text" | "event";
	source: string;
	max_age: string | null;
	period: string | null;
	reason?: { text?: { zh: string; en: string } };
	rules: RuleOfPoint[];
}

function history(id: string, s: Spell, words: boolean): string {
	return `/v1/points/${encodeURIComponent(id)}/history?since=${s.since}${s.every && !words ? `&every=${s.every}` : ""}`;
}

function Facts({ why }: { why: Why }) {
	const facts: readonly (readonly [string, string | null])[] = [
		[t("source"), why.source],
		[t("readEvery"), why.period],
		[t("staleAfter"), why.max_age],
	];
	return (
		<dl class="facts under">
			{facts.map(
				([name, value]) =>
					value && (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</div>
					),
			)}
		</dl>
	);
}

interface PastProps {
	id: string;
	spell: Spell;
	type: Why["type"];
	unit: string | null;
	zone: string;
	rules: readonly RuleOfPoint[];
}

/** One for each span: rows of one are never drawn as those of another. */
function Past({ id, spell, type, unit, zone, rules }: PastProps) {
	const words = type === "text" || type === "event";
	const rows = useLoaded<(Sample | Window)[]>(history(id, spell, words), 60_000);
	const limits = useMemo(() => limitsOf(id, rules), [id, rules]);
	return (
		<Await of={rows}>
			{(list) =>
				list.length === 0 ? (
					<p class="empty">{t("nothingThere")}</p>
				) : words ? (
					<ol class="samples">
						{(list as Sample[]).slice(-200).reverse().map((s) => (
							<li key={s.at}>
								<time>{stamp(s.at)}</time> <b dir="auto">{stateName(id, s.value) ?? valueText(s.value, null)}</b> {s.quality !== "good" && quality(s.quality)}
							</li>
						))}
					</ol>
				) : (
					<WithLate of={trend}>{({ Trend }) => <Trend rows={list} spell={spell} unit={unit} label={`${pointName(id)} ${t(spell.name as Word)}`} zone={zone} limits={limits} states={type === "bool" ? id : ""} />}</WithLate>
				)
			}
		</Await>
	);
}
const NO_RULES: readonly RuleOfPoint[] = [];

export function PointPage({ id }: { id: string }) {
	const [spell, setSpell] = useState<Spell>(SPELLS[0]!);
	useEffect(() => points.want(id), [id]);
	const p = useSelected(points.view, (m) => m.get(id));
	const why = useLoaded<Why>(`/v1/points/${encodeURIComponent(id)}/why`);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	const nameOf = usePlaceName();
	useSubject(tick);
	const type = why.value?.type ?? (typeof p?.value === "string" ? "text" : typeof p?.value === "boolean" ? "bool" : "number");
	const reason = why.value?.reason?.text;
	return (
		<section aria-label={t("point")}>
			<h2 class="title">
				{why.value?.name && `${why.value.name} · `}
				{pointName(id)}
			</h2>
			<p class="under">
				{p && (
					<>
						<a href={linkTo(p.class === "lift" ? "lift" : "device", p.device)}>{p.device}</a> · <a href={linkTo("place", p.place)}>{nameOf(p.place)}</a> ·{" "}
					</>
				)}
				{id}
			</p>
			{p && (
				<p class="big">
					<Value point={p} />
				</p>
			)}
			{reason && <p class="guidance">{lang() === "zh" ? reason.zh : reason.en}</p>}
			<div class="row spells" role="group">
				{SPELLS.map((s) => (
					<button key={s.name} aria-pressed={s === spell} class={s === spell ? "main" : "quiet"} onClick={() => setSpell(s)}>
						{t(s.name as Word)}
					</button>
				))}
			</div>
			{(why.value || why.problem) && (
				<Past key={spell.name} id={id} spell={spell} type={type} unit={p?.unit ?? null} zone={zone} rules={why.value?.rules ?? NO_RULES} />
			)}
			{why.value && <Facts why={why.value} />}
		</section>
	);
}
