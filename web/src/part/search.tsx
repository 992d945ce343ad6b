/* search.tsx: "/": from a part of a name to the page of a place, a device, a point, an alarm or a resident. What the reader may not
 * know the box does not tell; residents are found by id, home and category, their names stay masked. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, passes } from "../lib/api";
import { sayAt, t, type Word } from "../lib/i18n";
import { type Loaded, useLoaded } from "../lib/load";
import { className, pointName } from "../lib/names";
import { CATEGORIES, isCare, isDesk, type Home, type Resident, words } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Device, Point } from "../lib/types";
import { alarms, session } from "../state/live";
import { usePlaceName } from "./place_name";

interface Hit {
	kind: Word;
	name: string;
	more: string;
	href: string;
	/** All that it can be found by, in small letters. */
	text: string;
}

const EACH_MAX = 8;
const POINTS_AFTER_MS = 200;
const LISTS_MS = 10_000; // without one that does not come by then
const ALL_MAX = 40;

/** All words of the question are in it. */
function fits(text: string, asked: readonly string[]): boolean {
	return asked.every((word) => text.includes(word));
}

function hit(kind: Word, name: string, more: string, href: string, also = ""): Hit {
	return { kind, name, more, href, text: `${name} ${more} ${also}`.toLowerCase() };
}

interface Found {
	asked: string;
	points: readonly Point[];
}

/** Points are many: the box looks for them. A glob's own signs are not taken as such. */
function usePoints(asked: string): readonly Point[] {
	const [found, set] = useState<Found>({ asked: "", points: [] });
	useEffect(() => {
		const word = asked.replace(/[^\w.-]/g, "");
		if (word.length < 2) return;
		const abort = new AbortController();
		const timer = window.setTimeout(() => {
			get<Point[]>(`/v1/points?match=${encodeURIComponent(`*${word}*`)}&limit=${EACH_MAX}`, abort.signal)
				.then((points) => set({ asked, points }))
				.catch(() => {});
		}, POINTS_AFTER_MS);
		return () => {
			window.clearTimeout(timer);
			abort.abort();
		};
	}, [asked]);
	return found.asked === asked ? found.points : [];
}

/** It is there, or the box does not tell it: what comes no more need not be waited for. */
function settled<T>(of: Loaded<T>): boolean {
	return of.value !== null || (of.problem !== "" && !passes(of.status));
}

interface Lists {
	all: readonly Hit[];
	ready: boolean;
}

/** All but alarms and points. Whether a place is a home decides where it leads to. Ready: whole, or waited for long enough. */
function useLists(): Lists {
	const role = useSubject(session)?.role ?? "viewer";
	const placeName = usePlaceName();
	const asksHomes = isDesk(role) && role !== "technician";
	const devices = useLoaded<Device[]>("/v1/devices");
	const homes = useLoaded<Home[]>(asksHomes ? "/v1/homes" : null);
	const residents = useLoaded<Resident[]>(isCare(role) ? "/v1/residents" : null);
	const whole = settled(devices) && (!asksHomes || settled(homes)) && (!isCare(role) || settled(residents));
	const [late, setLate] = useState(false);
	useEffect(() => {
		const timer = window.setTimeout(() => setLate(true), LISTS_MS);
		return () => window.clearTimeout(timer);
	}, []);
	const all = useMemo(() => {
		const atHome = new Set((homes.value ?? []).map((h) => h.place));
		const places = [...new Set([...(devices.value ?? []).map((d) => d.place), ...atHome])];
		return [
			...places.map((p) => hit("place", placeName(p), p, linkTo(atHome.has(p) ? "home" : "place", p))),
			...(residents.value ?? []).map((r) => hit("resident", r.id, `${placeName(r.place)} · ${words(CATEGORIES, r.categories)}`, linkTo("resident", r.id), `${r.place} ${r.categories.join(" ")}`)),
			...(devices.value ?? []).map((d) => hit("device", d.name, `${d.device} · ${className(d.class)} · ${placeName(d.place)}`, linkTo(d.class === "lift" ? "lift" : "device", d.device), `${d.place} ${d.class}`)),
		];
	}, [devices.value, homes.value, residents.value]);
	return { all, ready: whole || late };
}

/** Null: looked for. What is found for a question stays where it is until there is another, and points come behind the rest: a hit that
 * others push down under a key that is on its way would open another page. */
function useHits(asked: string): readonly Hit[] | null {
	const placeName = usePlaceName();
	const lists = useLists();
	const points = usePoints(asked);
	const all = useMemo(() => {
		if (!lists.ready) return null;
		const { standing, hidden } = alarms.view.value;
		const open = [...standing, ...hidden].map((a) => hit("alarmsTitle", sayAt(a.text, a.place, placeName(a.place)) || a.alarm, placeName(a.place), linkTo("now", a.alarm), `${a.alarm} ${a.place}`));
		return [...open, ...lists.all];
	}, [asked, lists.ready]);
	const terms = asked.toLowerCase().split(/\s+/).filter(Boolean);
	if (!terms.length) return [];
	if (!all) return null;
	const counts = new Map<Word, number>();
	const found = all.filter((h) => {
		if (!fits(h.text, terms)) return false;
		const n = (counts.get(h.kind) ?? 0) + 1;
		counts.set(h.kind, n);
		return n <= EACH_MAX;
	});
	return [...found, ...points.map((p) => hit("point", p.point, `${pointName(p.point)} · ${placeName(p.place)}`, linkTo("point", p.point)))].slice(0, ALL_MAX);
}

export function Search({ close }: { close(): void }) {
	const ref = useRef<HTMLDialogElement>(null);
	const [asked, ask] = useState("");
	const [at, set] = useState(0);
	const found = useHits(asked);
	const hits = found ?? [];
	const current = Math.max(0, Math.min(at, hits.length - 1));
	useLayoutEffect(() => ref.current?.showModal(), []); // before the next key
	useEffect(() => ref.current?.querySelector(`#hit-${current}`)?.scrollIntoView({ block: "nearest" }), [current]);
	const go = (h: Hit | undefined): void => {
		if (!h) return;
		location.hash = h.href;
		close();
	};
	const key = (e: KeyboardEvent): void => {
		if (e.key === "ArrowDown") set(Math.min(current + 1, hits.length - 1));
		else if (e.key === "ArrowUp") set(Math.max(current - 1, 0));
		else if (e.key === "Enter" && !e.isComposing) go(hits[current]);
		else return;
		e.preventDefault();
	};
	/* What a screen reader is told of it; the list is no <datalist>, as preact's type of this role would have it. */
	const box: object = { role: "combobox", "aria-expanded": hits.length > 0, "aria-controls": "hits", "aria-autocomplete": "list", "aria-activedescendant": hits.length ? `hit-${current}` : undefined };
	return (
		<dialog ref={ref} class="search" onClose={close} aria-label={t("search")} onClick={(e) => e.target === ref.current && close()}>
			<input type="text" enterkeyhint="search" autocomplete="off" aria-label={t("search")} {...box} placeholder={t("searchHint")} maxLength={100} value={asked}
				onInput={(e) => {
					ask(e.currentTarget.value);
					set(0);
				}}
				onKeyDown={key} />
			{hits.length === 0 && <p class="under" role="status">{found ? t(asked.trim() ? "searchNothing" : "searchType") : `${t("loading")}…`}</p>}
			<ul id="hits" role="listbox" aria-label={t("search")}>
				{hits.map((h, i) => (
					<li key={`${h.href} ${h.name}`} id={`hit-${i}`} role="option" aria-selected={i === current} onClick={() => go(h)}>
						<span class="tag">{t(h.kind)}</span> <b dir="auto">{h.name}</b>
						<span class="under" dir="auto">{h.more}</span>
					</li>
				))}
			</ul>
		</dialog>
	);
}
