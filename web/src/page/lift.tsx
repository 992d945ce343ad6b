/* lift.tsx: one lift: its shaft with the car, what it says, its day, its month. #/lift/lift-1 */
import { useEffect } from "preact/hooks";
import { buildingOf, floorsOf } from "../lib/floors";
import { sayAt, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age } from "../lib/time";
import type { Device } from "../lib/types";
import { usePlaceName } from "../part/estate_map";
import { LiftDay } from "../part/lift_day";
import { liftNow, LiftShaft } from "../part/lift_shaft";
import { Mark } from "../part/mark";
import { MonthStrip } from "../part/month_strip";
import { Await, problemText } from "../part/state";
import { Values } from "../part/values";
import { alarms, points, status } from "../state/live";
import { estateToday, liftSum, percent, useMonth } from "../state/month";
import { buildings } from "../state/places";

const ORDER = ["floor", "direction", "moving", "door_open", "door_zone", "occupied", "load", "speed", "in_service", "power", "fault", "code", "inspection", "trapped", "fire_mode", "alarm_key", "trips", "door_cycles"];

function order(point: string): number {
	const at = ORDER.indexOf(point.slice(point.indexOf(".") + 1));
	return at < 0 ? ORDER.length : at;
}

function LiftMonth({ id }: { id: string }) {
	useSubject(status);
	const today = estateToday();
	const month = useMonth(today.slice(0, 7), today);
	const sum = liftSum(month.days, id);
	const figures: readonly (readonly [string, string])[] = [
		[t("available"), percent(sum.availability)],
		[t("trips"), sum.trips?.toLocaleString() ?? "–"],
		[t("doorCycles"), sum.door_cycles?.toLocaleString() ?? "–"],
		[t("entrapments"), String(sum.entrapments)],
		[t("inspectionHours"), (sum.inspection_s / 3600).toFixed(1)],
	];
	if (month.problem) return <p class="empty">{problemText(month.problem.status, month.problem.message)}</p>;
	return (
		<>
			<dl class="figures">
				{figures.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>{month.whole ? value : "…"}</dd>
					</div>
				))}
			</dl>
			<MonthStrip days={month.days} total={month.total} lift={id} />
			<p class="under">
				{t("knownDays")} {sum.days} / {month.total} {t("daysKnown")}
				{!month.whole && ` · ${t("readSoFar")} ${month.days.length} / ${month.total}`}
			</p>
		</>
	);
}

export function Lift({ id }: { id: string }) {
	const rows = useLoaded<Device[]>(`/v1/devices?match=${encodeURIComponent(id)}`, 30_000);
	useEffect(() => void points.want(`${id}.*`).catch(() => {}), [id]);
	const map = useSubject(points.view);
	const view = useSubject(alarms.view);
	const declared = useSubject(buildings);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	const nameOf = usePlaceName();
	useSubject(tick);
	const own = [...map.values()].filter((p) => p.device === id).sort((a, b) => order(a.point) - order(b.point));
	const has = new Set(own.map((p) => p.point.slice(id.length + 1)));
	return (
		<section aria-label={t("lift")}>
			<Await of={rows}>
				{(list) => {
					const d = list.find((r) => r.device === id);
					if (!d) return <p class="empty">{t("notFound")}</p>;
					const now = liftNow(map, id);
					const floors = floorsOf(declared.find((b) => b.place === buildingOf(d.place)), [], now.floor === null ? [] : [now.floor]);
					return (
						<>
							<h2 class="title">{d.name}</h2>
							<p class="under">
								<a href={linkTo("place", d.place)}>{nameOf(d.place)}</a> · <a href={linkTo("device", id)}>{t("device")}</a> · {d.profile} · {d.good > 0 ? age(d.at) : t("lost")}
							</p>
							{view.standing
								.filter((a) => a.asset === id)
								.map((a) => (
									<p key={a.alarm} class={`strip strip-${a.priority}`}>
										<Mark priority={a.priority} /> {sayAt(a.text, a.place, nameOf(a.place)) || a.rule}
									</p>
								))}
							<div class="lift">
								<LiftShaft id={id} points={map} floors={floors} size="large" />
								<div>
									<p class="big">{now.words.join(" · ")}</p>
									<Values of={own} />
									<h2>{t("liftDay")}</h2>
									{own.length > 0 && <LiftDay id={id} has={has} floors={floors} zone={zone} />}
									<h2>{t("liftMonth")}</h2>
									<LiftMonth id={id} />
								</div>
							</div>
						</>
					);
				}}
			</Await>
		</section>
	);
}
