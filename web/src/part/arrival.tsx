/* arrival.tsx: how long until somebody is there: runs from the alarm on, whoever has acknowledged. A bar of ten minutes with a mark at
 * five; late is told in words and by the bar's length, colour only comes to it. */
import { t } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { now, stopwatch } from "../lib/time";
import type { Alarm } from "../lib/types";

const TARGET_S = 300;
const BREACH_S = 600;

export function Arrival({ alarm }: { alarm: Alarm }) {
	useSubject(tick);
	if (alarm.priority > 2) return null;
	const to = alarm.arrived ? Date.parse(alarm.arrived) : now();
	const seconds = Math.max(0, (to - Date.parse(alarm.since)) / 1000);
	const late = seconds > BREACH_S ? "breach" : seconds > TARGET_S ? "late" : "";
	const share = Math.min(1, seconds / BREACH_S);
	return (
		<span class={`arrival ${late}`}>
			{t(alarm.arrived ? "arrivedAfter" : "arrivalClock")} <b>{stopwatch(alarm.since, to)}</b>
			<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
				<rect class="arrival-all" width="100" height="10" />
				<rect class="arrival-gone" width={share * 100} height="10" />
				<rect class="arrival-target" x="49.5" width="1" height="10" />
			</svg>
			<small>{t(late === "breach" ? "arrivalBreach" : late === "late" ? "arrivalLate" : "arrivalTarget")}</small>
			{alarm.arrived_by && (
				<span>
					{t("arrivedBy")} {alarm.arrived_by}
				</span>
			)}
		</span>
	);
}
