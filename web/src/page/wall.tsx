/* wall.tsx: Now as it hangs on the wall of the control room: read from five metres, pressed by nobody. On the left the alarms, as many as
 * there is room for, and how many more there are; on the right the estate, a building at a time where they do not fit, with lifts moving
 * in their shafts, and the days of the home that needs a look most. It keeps the screen awake, and is red when it is out of date. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { buildingOf } from "../lib/floors";
import { listOf } from "../lib/helped";
import { language, say, sayAt, t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { type Days, type Home, placePath, quietText } from "../lib/people";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { now } from "../lib/time";
import type { Alarm, Priority } from "../lib/types";
import { awake, useWake } from "../lib/wake";
import { AlarmFoot, Clock } from "../part/alarm_card";
import { type Sheet, Sheets, useEstate, widthOf } from "../part/estate_map";
import { useStale } from "../part/health_line";
import { AlarmText, WallList } from "../part/helped";
import { Mark } from "../part/mark";
import { usePlaceName } from "../part/place_name";
import { Rhythm, slotNow } from "../part/rhythm";
import { alarms, session, status } from "../state/live";
import { Counts, NoAlarms, usePeople } from "./now";

const CARDS_MAX = 12; // no wall has room for more
const EVERY_MS = 30_000;
const ZOOM = [0.3, 1.5] as const;
const STILL_MS = 10_000;
const PAGE_MS = 20_000; // so long some buildings are shown, where nothing calls for others
const PAGE_PX = 900; // so wide are they together, that a flat can still be read
const SHARED_MAX = 8; // pumps, tanks and doors of a building

function WallCard({ alarm, people, lists }: { alarm: Alarm; people: string; lists: boolean }) {
	const placeName = usePlaceName();
	const said = useSubject(language);
	return useMemo(
		() => (
			<li class={`alarm alarm-${alarm.priority} is-${alarm.state}${alarm.test ? " is-test" : ""}`} data-alarm={alarm.alarm}>
				<div class="alarm-head">
					<Mark priority={alarm.priority} />
					<b class="alarm-place">{placeName(alarm.place)}</b>
					<Clock iso={alarm.since} />
				</div>
				<AlarmText
					alarm={alarm}
					text={sayAt(alarm.text, alarm.place, placeName(alarm.place))}
					before={people && <span class="alarm-people">{people} · </span>}
				/>
				{lists && <WallList alarm={alarm} />}
				<div class="wall-who">
					<span class="alarm-state">{t(alarm.state as Word)}</span>
					{alarm.test && <span class="tag tag-test">{t("testMark")}</span>}
					<AlarmFoot alarm={alarm} />
				</div>
			</li>
		),
		[alarm, people, lists, said, placeName(alarm.place)],
	);
}

/** How many of the list's children are whole on the screen. */
function useRoom(count: number): { list: { current: HTMLOListElement | null }; room: number } {
	const list = useRef<HTMLOListElement>(null);
	const [room, set] = useState(CARDS_MAX);
	const look = (): void => {
		const box = list.current;
		if (!box) return;
		const end = box.getBoundingClientRect().bottom + 1;
		let whole = 0;
		for (const c of box.children) {
			const fits = c.getBoundingClientRect().bottom <= end;
			c.classList.toggle("is-beyond", !fits);
			whole += Number(fits);
		}
		set(whole);
	};
	useLayoutEffect(look, [count]);
	useEffect(() => {
		const watch = new ResizeObserver(look);
		for (const c of [list.current, ...(list.current?.children ?? [])]) if (c) watch.observe(c);
		return () => watch.disconnect();
	}, [count]);
	return { list, room };
}

function Alarms({ standing }: { standing: readonly Alarm[] }) {
	const peopleAt = usePeople();
	const shown = standing.slice(0, CARDS_MAX);
	const { list, room } = useRoom(shown.length);
	const more = standing.length - Math.min(room, shown.length);
	/* All that burn in a building have one list: it stands once. */
	const first = new Map([...shown].reverse().filter((a) => listOf(a)?.fire).map((a) => [buildingOf(a.place), a.alarm]));
	return (
		<>
			<ol class="alarms" ref={list}>
				{shown.map((a) => (
					<WallCard key={a.alarm} alarm={a} people={peopleAt(a.place)} lists={first.get(buildingOf(a.place)) === a.alarm} />
				))}
			</ol>
			{more > 0 && (
				<p class="wall-more">
					<b>{more}</b> {t("moreBelow")}
				</p>
			)}
		</>
	);
}

/** Buildings that are seen at once: as many as have room beside each other. */
function pagesOf(sheets: readonly Sheet[]): Sheet[][] {
	const pages: Sheet[][] = [];
	let room = 0;
	for (const s of sheets) {
		if (widthOf(s) > room) {
			pages.push([]);
			room = PAGE_PX;
		}
		pages.at(-1)!.push(s);
		room -= widthOf(s);
	}
	return pages;
}

interface Turn {
	shown: readonly Sheet[];
	at: number;
	of: number;
}

/** The buildings with the most urgent alarm, and where there is none those of one page after the other. */
function useTurn(sheets: readonly Sheet[], standing: readonly Alarm[]): Turn {
	const [turn, set] = useState(0);
	useEffect(() => {
		const timer = window.setInterval(() => set((n) => n + 1), PAGE_MS);
		return () => window.clearInterval(timer);
	}, []);
	const pages = pagesOf(sheets);
	const urgent = standing.find((a) => a.priority <= 2);
	const calls = urgent ? pages.findIndex((p) => p.some((s) => s.id === buildingOf(urgent.place))) : -1;
	const at = calls >= 0 ? calls : turn % Math.max(pages.length, 1);
	return { shown: pages[at] ?? [], at, of: pages.length };
}

/** "● ○ ○": which page of the map it is. */
function Dots({ at, of }: { at: number; of: number }) {
	if (of < 2) return null;
	return (
		<p class="wall-pages" role="img" aria-label={`${at + 1} / ${of}`}>
			{Array.from({ length: of }, (_, n) => (
				<span key={n} class={n === at ? "is-here" : ""} />
			))}
		</p>
	);
}

/** The home of the most urgent alarm, else the one whose quiet has gone the farthest. */
function homeFirst(homes: readonly Home[], standing: readonly Alarm[]): Home | null {
	for (const a of standing) {
		const h = homes.find((h) => h.place === a.place);
		if (h) return h;
	}
	const share = (h: Home): number => (h.quiet_s === null || !h.line.limit_s ? -1 : h.quiet_s / h.line.limit_s);
	return [...homes].sort((a, b) => share(b) - share(a))[0] ?? null;
}

function HomeDays({ home }: { home: Home }) {
	const days = useLoaded<Days>(`/v1/homes/${placePath(home.place)}/rhythm`, EVERY_MS);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	const placeName = usePlaceName();
	const d = days.value;
	return (
		<div class="wall-days">
			<h2>
				{placeName(home.place)} <small>{say(home.why)}</small>
			</h2>
			{d && <Rhythm line={d.line_s} today={d.now.last && d.today_s} days={d.days_s} nowSlot={slotNow(d.slot_minutes, zone)} quiet={d.now.quiet_s} />}
			{home.quiet_s !== null && (
				<p class="under">
					{t("quietNow")} {quietText(home)}
				</p>
			)}
		</div>
	);
}

/** As large as its room lets it be: nothing is cut off, and nothing is smaller than it need be. */
function Fitted({ class: name, children }: { class: string; children: ComponentChildren }) {
	const box = useRef<HTMLDivElement>(null);
	const inner = useRef<HTMLDivElement>(null);
	useEffect(() => {
		let shrunk = -STILL_MS; // larger, its lines break elsewhere: it does not go to and fro
		const fit = (): void => {
			if (!box.current || !inner.current) return;
			const now = Number(inner.current.style.getPropertyValue("zoom")) || 1;
			const high = inner.current.getBoundingClientRect().height / now;
			const zoom = Math.min(ZOOM[1], Math.max(ZOOM[0], (0.98 * box.current.clientHeight) / Math.max(high, 1)));
			if (Math.abs(zoom - now) < 0.03 || (zoom > now && performance.now() - shrunk < STILL_MS)) return;
			if (zoom < now) shrunk = performance.now();
			inner.current.style.setProperty("zoom", zoom.toFixed(3));
		};
		const watch = new ResizeObserver(fit);
		if (box.current) watch.observe(box.current);
		if (inner.current) watch.observe(inner.current);
		return () => watch.disconnect();
	}, []);
	return (
		<div class={name} ref={box}>
			<div ref={inner}>{children}</div>
		</div>
	);
}

function WallMap({ standing }: { standing: readonly Alarm[] }) {
	const { sheets } = useEstate();
	const { shown, at, of } = useTurn(sheets, standing);
	if (!shown.length) return null;
	return (
		<Fitted class="wall-map">
			<Sheets sheets={shown} sharedMost={SHARED_MAX} />
			<Dots at={at} of={of} />
		</Fitted>
	);
}

function TimeOfDay() {
	useSubject(tick);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	return <time class="wall-time">{new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(now())}</time>;
}

export function Wall() {
	const view = useSubject(alarms.view);
	const loaded = useSubject(alarms.loaded);
	const role = useSubject(session)?.role;
	const stale = useStale();
	const screenStays = useSubject(awake);
	const homes = useLoaded<Home[]>(role === "operator" || role === "care" || role === "admin" ? "/v1/homes" : null, EVERY_MS);
	const first = homeFirst(homes.value ?? [], view.standing);
	const worst = (view.standing.find((a) => a.state === "unacked")?.priority ?? 0) as Priority | 0;
	useWake(true);
	return (
		<section class={`wall wall-${worst}${stale ? " is-out" : ""}`} aria-label={t("wall")}>
			<div class="wall-top">
				<Counts view={view} />
				{!screenStays && <span class="under">{t("wakeFails")}</span>}
				<TimeOfDay />
			</div>
			<div class="wall-left">{loaded && view.standing.length === 0 ? <NoAlarms /> : <Alarms standing={view.standing} />}</div>
			<div class="wall-right">
				<WallMap standing={view.standing} />
				{first && <HomeDays key={first.place} home={first} />}
			</div>
		</section>
	);
}
