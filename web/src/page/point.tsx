/* point.tsx: one value: now, over time, and why it is so. #/point/lift-1.floor */
import { useEffect, useState } from "preact/hooks";
import { lang, t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { stamp } from "../lib/time";
import type { Sample, Window } from "../lib/types";
import { Await } from "../part/state";
import { SPELLS, Trend, type Spell } from "../part/trend";
import { quality, Value, valueText } from "../part/value";
import { points, status } from "../state/live";

interface Why {
	zh?: string;
	en?: string;
	text?: { zh: string; en: string };
}

function history(id: string, s: Spell): string {
	return `/v1/points/${encodeURIComponent(id)}/history?since=${s.since}${s.every ? `&every=${s.every}` : ""}`;
}

export function PointPage({ id }: { id: string }) {
	const [spell, setSpell] = useState<Spell>(SPELLS[0]!);
	useEffect(() => void points.want(id).catch(() => {}), [id]);
	const p = useSubject(points.view).get(id);
	const rows = useLoaded<(Sample | Window)[]>(history(id, spell), 60_000);
	const why = useLoaded<Why>(`/v1/points/${encodeURIComponent(id)}/why`);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	const words = p && typeof p.value === "string";
	return (
		<section aria-label={t("point")}>
			<h2 class="title">{id}</h2>
			{p && (
				<p class="under">
					<a href={linkTo("device", p.device)}>{p.device}</a> · {p.place}
				</p>
			)}
			{p && (
				<p class="big">
					<Value point={p} />
				</p>
			)}
			{why.value?.text && <p class="guidance">{lang() === "zh" ? why.value.text.zh : why.value.text.en}</p>}
			<div class="row" role="group">
				{SPELLS.map((s) => (
					<button key={s.name} aria-pressed={s === spell} class={s === spell ? "main" : "quiet"} onClick={() => setSpell(s)}>
						{t(s.name as Word)}
					</button>
				))}
			</div>
			<Await of={rows}>
				{(list) =>
					list.length === 0 ? (
						<p class="empty">{t("nothingThere")}</p>
					) : words ? (
						<ol class="samples">
							{(list as Sample[]).slice(-200).reverse().map((s) => (
								<li key={s.at}>
									<time>{stamp(s.at)}</time> <b dir="auto">{valueText(s.value, null)}</b> {s.quality !== "good" && quality(s.quality)}
								</li>
							))}
						</ol>
					) : (
						<Trend rows={list} spell={spell} unit={p?.unit ?? null} label={id} zone={zone} />
					)
				}
			</Await>
		</section>
	);
}
