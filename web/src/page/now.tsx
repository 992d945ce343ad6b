/* now.tsx: is somebody in danger, who is going, what is not being watched. The page of the night shift; wall.tsx is that of the wall.
 *
 * Nothing jumps: while the reader is not at the top, or his pointer moves over the list, it keeps its order; alarms that come are a line
 * to press, what is over stays where it was, without a button. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AlarmCard } from "../part/alarm_card";
import { useStale } from "../part/health_line";
import { Mark } from "../part/mark";
import { useHands } from "../part/ring";
import { counted, language, t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { useLoaded } from "../lib/load";
import { useMore } from "../lib/more";
import { CATEGORIES, type Home, NEEDS, words } from "../lib/people";
import { route } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Alarm, AlarmState, Priority, Role } from "../lib/types";
import type { AlarmView } from "../state/alarms";
import { alarms, session } from "../state/live";

const PRIORITIES: readonly Priority[] = [1, 2, 3, 4];
const ASIDE = ["shelved", "suppressed", "out_of_service"] as const satisfies readonly AlarmState[];
const SHOWN_AT_ONCE = 60; // more come as the reader goes on
const POINTER_MS = 2500; // so long after it last moved a pointer is about to press something
const HOMES_EVERY_MS = 30_000;
const HOME_ROLES: ReadonlySet<Role> = new Set(["operator", "care", "admin"]);

/** How many are out of the way, by what took them there. "搁置 2  抑制 1" */
function AsideCounts({ hidden }: { hidden: readonly Alarm[] }) {
	return (
		<>
			{ASIDE.map((state) => {
				const n = hidden.filter((a) => a.state === state).length;
				return n ? (
					<span key={state} class="count none">
						{t(state)} <b>{n}</b>
					</span>
				) : null;
			})}
		</>
	);
}

/** `aside`: what shows those that are out of the way; without it they are only counted. */
export function Counts({ view, aside }: { view: AlarmView; aside?: { shown: boolean; toggle(): void } }) {
	return (
		<div class="counts">
			{PRIORITIES.map((p) => (
				<span key={p} class={view.counts[p] ? "count" : "count none"}>
					<Mark priority={p} /> <b>{view.counts[p]}</b>
				</span>
			))}
			{view.hidden.length > 0 &&
				(aside ? (
					<button class="quiet aside" aria-expanded={aside.shown} onClick={aside.toggle}>
						<AsideCounts hidden={view.hidden} /> {aside.shown ? "▾" : "▸"}
					</button>
				) : (
					<AsideCounts hidden={view.hidden} />
				))}
			{view.tests > 0 && (
				<span class="count none">
					{t("testMark")} <b>{view.tests}</b>
				</span>
			)}
		</div>
	);
}

/** What kind of people live there, by place; for who may know. "独居 · 高龄" */
export function usePeople(): (place: string) => string {
	const role = useSubject(session)?.role ?? "viewer";
	const homes = useLoaded<Home[]>(HOME_ROLES.has(role) ? "/v1/homes" : null, HOMES_EVERY_MS);
	const said = useSubject(language);
	const map = useMemo(
		() => new Map((homes.value ?? []).map((h) => [h.place, [words(CATEGORIES, h.categories), words(NEEDS, h.needs)].filter(Boolean).join(" · ")])),
		[homes.value, said],
	);
	return (place) => map.get(place) ?? "";
}

/** The list as it was when the reader began to look at it, and how many are new since. */
function useSteady(list: readonly Alarm[], atTop: boolean, pointing: boolean): { shown: readonly Alarm[]; fresh: number } {
	const held = useRef<readonly Alarm[] | null>(null);
	if (atTop && !pointing) {
		held.current = null;
		return { shown: list, fresh: 0 };
	}
	const now = new Map(list.map((a) => [a.alarm, a]));
	const before = held.current ?? list;
	const shown: Alarm[] = [];
	for (const a of before) {
		const is = now.get(a.alarm);
		if (is) shown.push(is);
		else if (pointing) shown.push(a.state === "normal" ? a : { ...a, ...alarms.find(a.alarm), state: "normal", next: null });
	}
	held.current = shown;
	const seen = new Set(shown.map((a) => a.alarm));
	return { shown, fresh: list.reduce((n, a) => n + Number(!seen.has(a.alarm)), 0) };
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

/** A pointer has moved over the list a moment ago, or a dialog of it is open: what is under it stays there. */
function usePointing(): { pointing: boolean; moved(): void } {
	const [pointing, set] = useState(false);
	const timer = useRef(0);
	const moved = (): void => {
		set(true);
		window.clearTimeout(timer.current);
		timer.current = window.setTimeout(function still() {
			if (document.querySelector("dialog[open]")) timer.current = window.setTimeout(still, POINTER_MS);
			else set(false);
		}, POINTER_MS);
	};
	useEffect(() => () => window.clearTimeout(timer.current), []);
	return { pointing, moved };
}

/** A card is drawn anew only when what it shows is another: the others cost nothing while many come. */
function Item({ alarm, people, chosen, choose, readOnly }: { alarm: Alarm; people: string; chosen: boolean; choose(id: string): void; readOnly: boolean }) {
	const said = useSubject(language);
	return useMemo(
		() => <AlarmCard alarm={alarm} people={people} chosen={chosen} choose={choose} readOnly={readOnly} />,
		[alarm, people, chosen, choose, readOnly, said],
	);
}

export function NoAlarms() {
	const stale = useStale();
	return (
		<div class={stale ? "empty" : "empty is-sure"}>
			<p>{t(stale ? "notKnown" : "noAlarms")}</p>
			<p>{t(stale ? "notKnownMore" : "noAlarmsMore")}</p>
		</div>
	);
}

export function Now() {
	const view = useSubject(alarms.view);
	const loaded = useSubject(alarms.loaded);
	const at = useSubject(route);
	const peopleAt = usePeople();
	const atTop = useAtTop();
	const { pointing, moved } = usePointing();
	const { shown, fresh } = useSteady(view.standing, atTop, pointing);
	const { shown: most } = useMore(shown.length, SHOWN_AT_ONCE);
	const [chosen, choose] = useState<string | null>(at.subject || null);
	const current = chosen && shown.some((a) => a.alarm === chosen) ? chosen : (shown[0]?.alarm ?? null);
	const readOnly = !useHands();
	const [asideShown, showAside] = useState(false);
	const cards = (list: readonly Alarm[], marked: string | null): ComponentChildren =>
		list.map((a) => <Item key={a.alarm} alarm={a} people={peopleAt(a.place)} chosen={a.alarm === marked} choose={choose} readOnly={readOnly} />);

	const cardOf = (id: string | null): Element | null => (id ? document.querySelector(`[data-alarm="${CSS.escape(id)}"]`) : null);
	useEffect(() => {
		if (at.subject) choose(at.subject);
	}, [at.subject]);
	useEffect(() => {
		if (!at.subject || !loaded) return;
		if (view.hidden.some((a) => a.alarm === at.subject)) showAside(true);
		cardOf(at.subject)?.scrollIntoView({ block: "nearest" });
	}, [at.subject, loaded]);
	const step = (by: number): void => {
		const from = shown.findIndex((a) => a.alarm === current);
		const next = shown[Math.min(Math.max(from + by, 0), shown.length - 1)];
		if (!next) return;
		choose(next.alarm);
		cardOf(next.alarm)?.scrollIntoView({ block: "nearest" });
	};
	/* A key presses the button that is there: what cannot be done has none. */
	const press = (label: string) => (): void => {
		const card = cardOf(current);
		if (card) [...card.querySelectorAll<HTMLElement>("button, .list-press")].find((b) => b.textContent === label)?.click();
	};
	useKeys({
		ArrowDown: () => step(1),
		ArrowUp: () => step(-1),
		a: press(t("ack")),
		r: press(t("arrive")),
		c: press(t("close")),
		s: press(t("shelve")),
		l: press(t("helpedList")),
	});

	return (
		<section class="now" aria-label={t("now")}>
			<Counts view={view} aside={{ shown: asideShown, toggle: () => showAside(!asideShown) }} />
			{asideShown && view.hidden.length > 0 && (
				<ol class="alarms is-aside" aria-label={ASIDE.map((state) => t(state)).join(t("listComma"))}>
					{cards(view.hidden.slice(0, SHOWN_AT_ONCE), chosen)}
				</ol>
			)}
			<div class="fresh-line">
				{fresh > 0 && (
					<button class="fresh" onClick={() => window.scrollTo({ top: 0 })}>
						{counted(fresh, "newAlarms")} ↑
					</button>
				)}
			</div>
			{loaded && shown.length === 0 && <NoAlarms />}
			<ol class="alarms" onPointerMove={moved} onPointerDown={moved}>
				{cards(shown.slice(0, most), current)}
			</ol>
		</section>
	);
}
