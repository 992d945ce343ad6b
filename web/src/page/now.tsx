/* now.tsx: is somebody in danger, who is going, what is not being watched. The page of the wall and of the night shift.
 *
 * Nothing jumps: while the reader is not at the top, alarms that come are a line to press, not a list that moves. */
import { useEffect, useRef, useState } from "preact/hooks";
import { AlarmCard } from "../part/alarm_card";
import { useStale } from "../part/health_line";
import { Mark } from "../part/mark";
import { sound } from "../lib/sound";
import { t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { useSubject } from "../lib/subject";
import type { Alarm, Priority } from "../lib/types";
import { needsLook } from "../state/alarms";
import { alarms, session } from "../state/live";

const PRIORITIES: readonly Priority[] = [1, 2, 3, 4];
const SHOWN_AT_ONCE = 60; // more come as the reader goes on

function Counts({ counts, hidden }: { counts: Readonly<Record<Priority, number>>; hidden: number }) {
	return (
		<div class="counts">
			{PRIORITIES.map((p) => (
				<span key={p} class={counts[p] ? "count" : "count none"}>
					<Mark priority={p} /> <b>{counts[p]}</b>
				</span>
			))}
			{hidden > 0 && (
				<span class="count none">
					{t("shelved")} <b>{hidden}</b>
				</span>
			)}
		</div>
	);
}

/** The list as it was when the reader left the top, and how many are new since. */
function useSteady(list: readonly Alarm[], atTop: boolean): { shown: readonly Alarm[]; fresh: number } {
	const held = useRef<ReadonlySet<string> | null>(null);
	if (atTop) held.current = null;
	else held.current ??= new Set(list.map((a) => a.alarm));
	const known = held.current;
	if (!known) return { shown: list, fresh: 0 };
	const shown = list.filter((a) => known.has(a.alarm));
	return { shown, fresh: list.length - shown.length };
}

function useAtTop(): boolean {
	const [top, set] = useState(true);
	useEffect(() => {
		const look = (): void => set(window.scrollY < 8);
		window.addEventListener("scroll", look, { passive: true });
		return () => window.removeEventListener("scroll", look);
	}, []);
	return top;
}

function useMore(count: number): number {
	const [shown, set] = useState(SHOWN_AT_ONCE);
	useEffect(() => {
		const look = (): void => {
			if (window.innerHeight + window.scrollY > document.body.scrollHeight - 600) set((n) => (n < count ? n + SHOWN_AT_ONCE : n));
		};
		window.addEventListener("scroll", look, { passive: true });
		return () => window.removeEventListener("scroll", look);
	}, [count]);
	return shown;
}

export function Now() {
	const view = useSubject(alarms.view);
	const loaded = useSubject(alarms.loaded);
	const s = useSubject(session);
	const stale = useStale();
	const atTop = useAtTop();
	const { shown, fresh } = useSteady(view.standing, atTop);
	const most = useMore(shown.length);
	const [chosen, choose] = useState<string | null>(null);
	const current = chosen && shown.some((a) => a.alarm === chosen) ? chosen : (shown[0]?.alarm ?? null);

	useEffect(() => {
		const loud = view.standing.filter((a) => needsLook(a) && !a.test && a.priority <= 2);
		sound(loud.some((a) => a.priority === 1) ? 1 : loud.length ? 2 : 0);
	}, [view]);
	useEffect(() => () => sound(0), []);

	const step = (by: number): void => {
		const at = shown.findIndex((a) => a.alarm === current);
		const next = shown[Math.min(Math.max(at + by, 0), shown.length - 1)];
		if (!next) return;
		choose(next.alarm);
		document.querySelector(`[data-alarm="${CSS.escape(next.alarm)}"]`)?.scrollIntoView({ block: "nearest" });
	};
	/* A key presses the button that is there: what cannot be done has none. */
	const press = (label: string) => (): void => {
		const card = current && document.querySelector(`[data-alarm="${CSS.escape(current)}"]`);
		if (card) [...card.querySelectorAll("button")].find((b) => b.textContent === label)?.click();
	};
	useKeys({
		ArrowDown: () => step(1),
		ArrowUp: () => step(-1),
		a: press(t("ack")),
		r: press(t("arrive")),
		c: press(t("close")),
		s: press(t("shelve")),
	});

	const readOnly = !s || s.role === "viewer" || s.wall === true;
	return (
		<section class="now" aria-label={t("now")}>
			<Counts counts={view.counts} hidden={view.hidden.length} />
			{fresh > 0 && (
				<button class="fresh" onClick={() => window.scrollTo({ top: 0 })}>
					{fresh} {t("newAlarms")} ↑
				</button>
			)}
			{loaded && shown.length === 0 && (
				<div class={stale ? "empty" : "empty is-sure"}>
					<p>{t(stale ? "notKnown" : "noAlarms")}</p>
					<p>{t(stale ? "notKnownMore" : "noAlarmsMore")}</p>
				</div>
			)}
			<ol class="alarms">
				{shown.slice(0, most).map((a) => (
					<AlarmCard key={a.alarm} alarm={a} chosen={a.alarm === current} choose={() => choose(a.alarm)} readOnly={readOnly} />
				))}
			</ol>
		</section>
	);
}
