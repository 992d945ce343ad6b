/* alarm_card.tsx: one open alarm: where, what, for how long, who is on it, who is told next, what to do now. */
import { useState } from "preact/hooks";
import { counted, say, sayAt, t, type Word } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, stamp, stopwatch } from "../lib/time";
import type { Alarm } from "../lib/types";
import { needsLook } from "../state/alarms";
import { CloseDialog, nextAct, perform, ShelveDialog, type Act } from "./alarm_acts";
import { Arrival } from "./arrival";
import { usePlaceName } from "./place_name";
import { AlarmText, ListPress } from "./helped";
import { Mark } from "./mark";
import { NextLine } from "./next_line";

function Age({ iso }: { iso: string }) {
	useSubject(tick);
	return (
		<time dateTime={iso} title={stamp(iso)}>
			{age(iso)}
		</time>
	);
}

/** On the wall: how long it has been, as a clock. */
export function Clock({ iso }: { iso: string }) {
	useSubject(tick);
	return (
		<time class="clock" dateTime={iso}>
			{stopwatch(iso)}
		</time>
	);
}

/** Nobody has taken an urgent one, and its ladder has come to its end. */
const nobodyElse = (a: Alarm): boolean => needsLook(a) && a.priority <= 2;

/** Who does what about it. */
export function AlarmFoot({ alarm }: { alarm: Alarm }) {
	return (
		<div class="alarm-foot">
			<Arrival alarm={alarm} />
			{alarm.ack_by && (
				<span>
					{t("ackedBy")} {alarm.ack_by}
				</span>
			)}
			{alarm.next ? <NextLine next={alarm.next} /> : alarm.next === null && nobodyElse(alarm) && <b class="next">{t("nextNobody")}</b>}
			{alarm.suppressed_by && <span>← {alarm.suppressed_by}</span>}
			{alarm.shelved_until && (
				<span>
					{t("shelved")} → {stamp(alarm.shelved_until)} · {alarm.shelved_reason}
				</span>
			)}
		</div>
	);
}

interface Props {
	alarm: Alarm;
	/** Who lives there, in a word or two; "". */
	people: string;
	chosen: boolean;
	choose(id: string): void;
	readOnly: boolean;
}

export function AlarmCard({ alarm, people, chosen, choose, readOnly }: Props) {
	const [asking, ask] = useState<"close" | "shelve" | null>(null);
	const [problem, fail] = useState("");
	const placeName = usePlaceName();
	const over = alarm.state === "normal";
	const act = nextAct(alarm);
	const run = (a: Act): void => {
		fail("");
		perform(alarm, a, ask, fail);
	};
	return (
		<li class={`alarm alarm-${alarm.priority} is-${alarm.state}${alarm.test ? " is-test" : ""}`} aria-current={chosen} data-alarm={alarm.alarm} onClick={() => choose(alarm.alarm)}>
			<div class="alarm-head">
				<Mark priority={alarm.priority} />
				<b class="alarm-place" title={alarm.place}>
					{placeName(alarm.place)}
				</b>
				{people && <span class="alarm-people">{people}</span>}
				<span class="alarm-state">{t(over ? "gone" : (alarm.state as Word))}</span>
				{alarm.test && <span class="tag tag-test">{t("testMark")}</span>}
				{alarm.count > 1 && (
					<span class="tag">
						{counted(alarm.count, "times")}
					</span>
				)}
				<Age iso={alarm.since} />
			</div>
			<AlarmText alarm={alarm} text={sayAt(alarm.text, alarm.place, placeName(alarm.place))} />
			<AlarmFoot alarm={alarm} />
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
					<ListPress alarm={alarm} />
					{chosen && !over && !alarm.life_safety && alarm.state !== "shelved" && (
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
