/* alarm_acts.tsx: what a person does with an alarm: the next step as one large target, the others behind it. */
import { useState } from "preact/hooks";
import { alarmPath, post } from "../lib/api";
import { t, type Word } from "../lib/i18n";
import { stampOf } from "../lib/time";
import type { Alarm, Outcome } from "../lib/types";
import { Dialog } from "./dialog";

export type Act = "ack" | "arrive" | "close" | "shelve" | "unshelve";

function send(a: Alarm, act: Act, body: object = {}): Promise<unknown> {
	return post(`/v1/alarms/${alarmPath(a.alarm)}/${act}`, body);
}

/** Acknowledge → arrive → close; what is out of the way comes back first. */
export function nextAct(a: Alarm): Act | null {
	switch (a.state) {
		case "unacked":
		case "rtn_unacked":
			return "ack";
		case "acked":
			return a.arrived || a.priority > 2 ? null : "arrive";
		case "latched":
			return a.arrived || a.priority > 2 ? "close" : "arrive";
		case "shelved":
			return "unshelve";
		default:
			return null;
	}
}

const OUTCOMES: readonly Outcome[] = ["real", "false", "test", "duplicate"];
const SHELVES = [1, 2, 4, 8, 24] as const; // hours

export function CloseDialog({ alarm, close }: { alarm: Alarm; close(): void }) {
	const [outcome, setOutcome] = useState<Outcome | null>(null);
	const [note, setNote] = useState("");
	return (
		<Dialog title={`${t("close")} · ${alarm.alarm}`} go={t("close")} ready={outcome !== null} close={close}
			act={() => send(alarm, "close", { outcome, ...(note && { note }) })}>
			<fieldset class="choices">
				<legend>{t("outcome")}</legend>
				{OUTCOMES.map((o) => (
					<label key={o}>
						<input type="radio" name="outcome" value={o} checked={outcome === o} onChange={() => setOutcome(o)} />
						<span>{t(o as Word)}</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("note")}
				<input value={note} maxLength={500} onInput={(e) => setNote(e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

export function ShelveDialog({ alarm, close }: { alarm: Alarm; close(): void }) {
	const [hours, setHours] = useState<number>(2);
	const [reason, setReason] = useState("");
	return (
		<Dialog title={`${t("shelve")} · ${alarm.alarm}`} go={t("shelve")} ready={reason.trim() !== ""} close={close}
			act={() => send(alarm, "shelve", { for: `${hours}h`, reason })}>
			<fieldset class="choices">
				<legend>{t("forHowLong")}</legend>
				{SHELVES.map((h) => (
					<label key={h}>
						<input type="radio" name="hours" value={h} checked={hours === h} onChange={() => setHours(h)} />
						<span>
							{h} {t("hours")}
						</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("reason")}
				<input name="reason" value={reason} required maxLength={500} onInput={(e) => setReason(e.currentTarget.value)} />
			</label>
			<p class="under">
				{t("until")} {stampOf(Date.now() + hours * 3_600_000).slice(0, 11)}
			</p>
		</Dialog>
	);
}

/** Does it, or asks first; what went wrong goes to `fail`. */
export function perform(a: Alarm, act: Act, ask: (act: "close" | "shelve") => void, fail: (text: string) => void): void {
	if (act === "close" || act === "shelve") {
		ask(act);
		return;
	}
	void send(a, act).catch((e: Error) => fail(e.message));
}
