/* health_line.tsx: one line, always there: what is watched, what is not, and whether this page can be believed. */
import { t } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { stamp } from "../lib/time";
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
				{t("staleBar")} {new Date(l.since).toLocaleTimeString(undefined, { hour12: false })}
			</b>{" "}
			{t("staleMore")}…
		</div>
	);
}

export function HealthLine() {
	const s = useSubject(status);
	useSubject(tick);
	if (!s) return <p class="health-line">{t("loading")}…</p>;
	const away = s.points.lost + s.points.stale;
	return (
		<p class="health-line">
			<span>
				{t("watching")} {s.points.total.toLocaleString()} {t("points")}
			</span>
			{away > 0 && (
				<span class="warn">
					{away.toLocaleString()} {t("lost")}
				</span>
			)}
			<span class={s.outbox.pending > 100 ? "warn" : ""}>
				{s.outbox.pending > 100 ? `${t("uplinkWaits")} ${s.outbox.pending}` : t("uplinkOk")}
			</span>
			{!s.store.ok && <span class="warn">{s.store.fault}</span>}
			<time>{stamp(s.time).slice(6, 11)}</time>
		</p>
	);
}
