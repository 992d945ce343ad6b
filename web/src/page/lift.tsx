/* lift.tsx: one lift: its shaft with the car, what it says, its day, its month. #/lift/lift-1 */
import { buildingOf, floorsOf } from "../lib/floors";
import { counted, t } from "../lib/i18n";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Device } from "../lib/types";
import { LiftDay } from "../part/lift_day";
import { liftNow, LiftShaft } from "../part/lift_shaft";
import { MonthStrip } from "../part/month_strip";
import { Await, problemText } from "../part/state";
import { ThingHead, useThing } from "../part/thing";
import { Values } from "../part/values";
import { points, status } from "../state/live";
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
				{t("knownDays")} {sum.days} / {counted(month.total, "daysKnown")}
				{!month.whole && ` · ${t("readSoFar")} ${month.days.length} / ${month.total}`}
			</p>
		</>
	);
}

export function Lift({ id }: { id: string }) {
	const { rows, own, find } = useThing<Device>(id);
	const map = useSubject(points.view);
	const declared = useSubject(buildings);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	own.sort((a, b) => order(a.point) - order(b.point));
	const has = new Set(own.map((p) => p.point.slice(id.length + 1)));
	return (
		<section aria-label={t("lift")}>
			<Await of={rows}>
				{(list) => {
					const d = find(list);
					if (!d) return <p class="empty">{t("notFound")}</p>;
					const now = liftNow(map, id);
					const floors = floorsOf(declared.find((b) => b.place === buildingOf(d.place)), [], now.floor === null ? [] : [now.floor]);
					const more = (
						<>
							{" · "}
							<a href={linkTo("device", id)}>{t("device")}</a> · {d.profile}
						</>
					);
					return (
						<>
							<ThingHead device={d} more={more} />
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
