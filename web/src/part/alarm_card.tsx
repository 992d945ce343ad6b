/* alarm_card.tsx: one open alarm: where, what, for how long, who is on it, what to do now. */
import { useState } from "preact/hooks";
import { say, t, type Word } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, stamp, stopwatch } from "../lib/time";
import type { Alarm } from "../lib/types";
import { CloseDialog, nextAct, perform, ShelveDialog, type Act } from "./alarm_acts";
import { Mark } from "./mark";

const ARRIVAL_TARGET_S = 300;
const ARRIVAL_BREACH_S = 600;

/** How long until somebody is there: runs from the alarm on, whoever has acknowledged. */
function ArrivalClock({ alarm }: { alarm: Alarm }) {
	useSubject(tick);
	if (alarm.priority > 2) return null;
	const to = alarm.arrived ? Date.parse(alarm.arrived) : undefined;
	const seconds = ((to ?? Date.now()) - Date.parse(alarm.since)) / 1000;
	const late = seconds > ARRIVAL_BREACH_S ? "breach" : seconds > ARRIVAL_TARGET_S ? "late" : "";
	return (
		<span class={`arrival ${late}`}>
			{t("arrivalClock")} <b>{stopwatch(alarm.since, to)}</b> / 05:00
			{alarm.arrived_by && ` · ${t("arrivedBy")} ${alarm.arrived_by}`}
		</span>
	);
}

function Age({ iso }: { iso: string }) {
	useSubject(tick);
	return (
		<time dateTime={iso} title={stamp(iso)}>
			{age(iso)}
		</time>
	);
}

interface Props {
	alarm: Alarm;
	chosen: boolean;
	choose(): void;
	readOnly: boolean;
}

export function AlarmCard({ alarm, chosen, choose, readOnly }: Props) {
	const [asking, ask] = useState<"close" | "shelve" | null>(null);
	const [problem, fail] = useState("");
	const act = nextAct(alarm);
	const run = (a: Act): void => perform(alarm, a, ask, fail);
	return (
		<li class={`alarm alarm-${alarm.priority} is-${alarm.state}`} aria-current={chosen} data-alarm={alarm.alarm} onClick={choose}>
			<div class="alarm-head">
				<Mark priority={alarm.priority} />
				<b class="alarm-place">{alarm.place}</b>
				<span class="alarm-state">{t(alarm.state as Word)}</span>
				{alarm.test && <span class="tag">{t("test")}</span>}
				{alarm.count > 1 && (
					<span class="tag">
						{alarm.count} {t("times")}
					</span>
				)}
				<Age iso={alarm.since} />
			</div>
			<p class="alarm-text" dir="auto">{say(alarm.text)}</p>
			<div class="alarm-foot">
				<ArrivalClock alarm={alarm} />
				{alarm.ack_by && (
					<span>
						{t("ackedBy")} {alarm.ack_by}
					</span>
				)}
				{alarm.suppressed_by && <span>← {alarm.suppressed_by}</span>}
				{alarm.shelved_until && (
					<span>
						{t("shelved")} → {stamp(alarm.shelved_until)} · {alarm.shelved_reason}
					</span>
				)}
			</div>
			{chosen && alarm.guidance && (
				<p class="guidance">
					<b>{t("guidance")}</b> {say(alarm.guidance)}
				</p>
			)}
			{problem && (
				<p class="problem" role="alert">
					{t("failed")}: {problem}
				</p>
			)}
			{!readOnly && (
				<div class="acts">
					{act && (
						<button class="main" onClick={() => run(act)}>
							{t(act)}
						</button>
					)}
					{chosen && !alarm.life_safety && alarm.state !== "shelved" && (
						<button class="quiet" onClick={() => run("shelve")}>
							{t("shelve")}
						</button>
					)}
				</div>
			)}
			{asking === "close" && <CloseDialog alarm={alarm} close={() => ask(null)} />}
			{asking === "shelve" && <ShelveDialog alarm={alarm} close={() => ask(null)} />}
		</li>
	);
}
