/* health_line.tsx: one line, always there: what is watched, what is not, and whether this page can be believed. */
import { counted, t } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { stamp, stampOf } from "../lib/time";
import { link, status } from "../state/live";

const STALE_MS = 5000;

/** True: what is shown is not how it is now. */
export function useStale(): boolean {
	const l = useSubject(link);
	useSubject(tick);
	return !l.up && Date.now() - l.since > STALE_MS;
}

export function StaleBar() {
	const l = useSubject(link);
	if (!useStale()) return null;
	return (
		<div class="stale-bar" role="alert">
			<b>
				{t("staleBar")} {stampOf(l.since).slice(6)}
			</b>{" "}
			{t("staleMore")}…
		</div>
	);
}

/** On a phone a sign and a number, elsewhere in words. */
function Item({ sign, text, short, warns = false }: { sign: string; text: string; short: string; warns?: boolean }) {
	return (
		<span class={warns ? "warn" : ""} title={text}>
			<span class="in-words">{text}</span>
			<span class="in-short" aria-hidden="true">
				{sign}
				{short}
			</span>
		</span>
	);
}

export function HealthLine() {
	const s = useSubject(status);
	useSubject(tick);
	if (!s) return <p class="health-line">{t("loading")}…</p>;
	const watched = s.points.total - s.points.never;
	const away = s.points.lost - s.points.never + s.points.stale;
	const waits = s.outbox.pending > 100;
	return (
		<p class="health-line">
			<Item sign="●" text={`${t("watching")} ${counted(watched, "points")}`} short={watched.toLocaleString()} />
			{away > 0 && <Item sign="◌" text={`${away.toLocaleString()} ${t("lost")}`} short={away.toLocaleString()} warns />}
			<Item sign="↑" text={waits ? `${t("uplinkWaits")} ${s.outbox.pending}` : t("uplinkOk")} short={waits ? String(s.outbox.pending) : ""} warns={waits} />
			{!s.store.ok && <span class="warn">{s.store.fault}</span>}
			<time>{stamp(s.time).slice(6, 11)}</time>
		</p>
	);
}
