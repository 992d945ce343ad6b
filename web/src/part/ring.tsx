/* ring.tsx: what is heard, as buttons: let the browser sound, and silence with a reason. And, where the reader is on another page, the
 * most urgent alarm that nobody has acknowledged: one press acknowledges it, another goes there. */
import { useState } from "preact/hooks";
import { alarmPath, post } from "../lib/api";
import { sayAt, t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { linkTo } from "../lib/router";
import { allow, blocked } from "../lib/sound";
import { useSubject } from "../lib/subject";
import { stampOf } from "../lib/time";
import { isLoud } from "../state/alarms";
import { hush, loud, mute, unmute } from "../state/hush";
import { alarms, session } from "../state/live";
import { Dialog } from "./dialog";
import { Mark } from "./mark";
import { usePlaceName } from "./place_name";

const MINUTES = [1, 2, 5] as const;

function MuteDialog({ close }: { close(): void }) {
	const [minutes, setMinutes] = useState<number>(2);
	const [reason, setReason] = useState("");
	const note = `${t("muteNote")} ${minutes} ${t("minutes")}: ${reason.trim()}`;
	return (
		<Dialog title={t("mute")} go={t("mute")} ready={reason.trim() !== ""} close={close} act={() => mute(minutes, note)}>
			<fieldset class="choices">
				<legend>{t("muteFor")}</legend>
				{MINUTES.map((m) => (
					<label key={m}>
						<input type="radio" name="minutes" value={m} checked={minutes === m} onChange={() => setMinutes(m)} />
						<span>
							{m} {t("minutes")}
						</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("reason")}
				<input name="reason" value={reason} required maxLength={400} onInput={(e) => setReason(e.currentTarget.value)} />
			</label>
			<p class="under">{t("mutedNew")}</p>
		</Dialog>
	);
}

/** May this session do something to an alarm? */
export function useHands(): boolean {
	const who = useSubject(session);
	return !!who && who.role !== "viewer" && who.wall !== true;
}

export function Ring() {
	const silent = useSubject(blocked);
	const quiet = useSubject(hush);
	const ids = useSubject(loud);
	const hands = useHands();
	const [asking, ask] = useState(false);
	useKeys({ m: () => (quiet ? unmute() : ids.length > 0 && hands && ask(true)) });
	return (
		<>
			{silent && (
				<button class="main" onClick={allow}>
					{t("soundOff")}
				</button>
			)}
			{hands && !quiet && ids.length > 0 && (
				<button class="quiet" onClick={() => ask(true)}>
					{t("mute")}
				</button>
			)}
			{quiet && (
				<button class="quiet" onClick={unmute} title={t("mutedNew")}>
					{t("mutedUntil")} {stampOf(quiet.until).slice(6, 11)} · {t("unmute")}
				</button>
			)}
			{asking && <MuteDialog close={() => ask(false)} />}
		</>
	);
}

/** On every page but Now: somebody waits. */
export function Calling() {
	const view = useSubject(alarms.view);
	const hands = useHands();
	const placeName = usePlaceName();
	const [problem, fail] = useState("");
	const all = view.standing.filter(isLoud);
	const first = all[0];
	if (!first) return null;
	const acknowledge = (): void => {
		fail("");
		void post(`/v1/alarms/${alarmPath(first.alarm)}/ack`).catch((e: Error) => fail(e.message));
	};
	return (
		<aside class={`calling calling-${first.priority}`} aria-label={t("unacked")}>
			<Mark priority={first.priority} />
			<b>{placeName(first.place)}</b>
			<span class="calling-text" dir="auto">{sayAt(first.text, first.place, placeName(first.place))}</span>
			{all.length > 1 && <span class="tag">+{all.length - 1}</span>}
			{problem && <span class="problem">{problem}</span>}
			<span class="row">
				{hands && (
					<button class="main" onClick={acknowledge}>
						{t("ack")}
					</button>
				)}
				<a class="button" href={linkTo("now", first.alarm)}>
					{t("goThere")}
				</a>
			</span>
		</aside>
	);
}
