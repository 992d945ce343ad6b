/* frame.tsx: what stands around each page, and which page is shown: for who has logged in. Now comes with it; the others are fetched
 * when they are wanted, those behind the tabs ahead of that. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "./lib/api";
import { lang, language, t, type Word } from "./lib/i18n";
import { useInSight } from "./lib/in_sight";
import { useKeys } from "./lib/keys";
import { Late } from "./lib/late";
import { isRenewed } from "./lib/newest";
import { linkTo, route, type Route } from "./lib/router";
import { useSubject } from "./lib/subject";
import type { Session } from "./lib/types";
import { Now } from "./page/now";
import { HealthLine, StaleBar, useStale } from "./part/health_line";
import { KeysHelp } from "./part/keys_help";
import { WithLate } from "./part/late";
import { Calling, Ring } from "./part/ring";
import { Search } from "./part/search";
import { needsLook } from "./state/alarms";
import { alarms, end, link, session, status } from "./state/live";
import { nextTheme, theme } from "./state/theme";

export { begin, over } from "./state/live";

const AHEAD_MS = 1000; // what is on the screen comes first

/** Who comes next begins at the beginning; whose session has ended by itself comes back to where he was. */
function leave(): void {
	end();
	location.hash = linkTo("now");
}

function Head({ search }: { search(): void }) {
	const s = useSubject(status);
	const who = useSubject(session);
	return (
		<header class="head">
			<h1>{s?.estate.name || s?.estate.id || "estated"}</h1>
			<HealthLine />
			<nav class="row">
				<Ring />
				{!who?.wall && (
					<button class="quiet" onClick={search} aria-keyshortcuts="/">
						{t("search")}
					</button>
				)}
				<button class="quiet" onClick={() => theme.set(nextTheme(theme.value))}>
					{t("theme")}
				</button>
				<button class="quiet" onClick={() => language.set(language.value === "zh" ? "en" : "zh")}>
					{t("language")}
				</button>
				{who && !who.wall && (
					<a class="me" href={linkTo("me")} title={t("me")}>
						{who.user}
					</a>
				)}
				<button class="quiet" onClick={() => void post("/v1/logout").finally(leave)}>
					{t("logout")}
				</button>
			</nav>
		</header>
	);
}

/** Who needs what; the daemon decides, this only keeps out of the way. */
function tabsOf(s: Session): readonly Word[] {
	if (s.wall) return ["now", "estate"];
	switch (s.role) {
		case "viewer":
			return ["now", "estate", "health"];
		case "care":
			return ["now", "care", "estate", "history"];
		case "operator":
			return ["now", "estate", "care", "history", "health"];
		case "technician":
			return ["now", "estate", "history", "health", "setup"];
		case "admin":
			return ["now", "estate", "care", "history", "health", "setup"];
	}
}

/** The tab that a page without one of its own belongs to. */
const UNDER: Readonly<Record<string, Word>> = {
	helped: "now",
	home: "care",
	residents: "care",
	resident: "care",
	visits: "care",
	users: "setup",
	place: "estate",
	device: "estate",
	point: "estate",
	lift: "estate",
	report: "history",
};
function tabOf(page: string, role: Session["role"]): string {
	if (page === "contacts") return role === "technician" ? "setup" : "care";
	return UNDER[page] ?? page;
}

function Tabs({ page }: { page: string }) {
	const who = useSubject(session);
	const tab = who ? tabOf(page, who.role) : page;
	const nav = useInSight<HTMLElement>(`${tab} ${lang()}`);
	return (
		<nav class="tabs" ref={nav} aria-label={t("pages")}>
			{(who ? tabsOf(who) : []).map((name) => (
				<a key={name} href={linkTo(name)} aria-current={tab === name ? "page" : undefined}>
					{t(name)}
				</a>
			))}
		</nav>
	);
}

/** What stands on no page of its own is Now, and that came with the frame. */
interface Pages {
	View(of: { at: Route }): VNode;
}
type Group = "people" | "things" | "records" | "wall";
const GROUPS: Readonly<Record<Group, Late<Pages>>> = {
	people: new Late<Pages>(() => import("./page/of_people")),
	things: new Late<Pages>(() => import("./page/of_things")),
	records: new Late<Pages>(() => import("./page/of_records")),
	wall: new Late<Pages>(() => import("./page/of_wall")),
};

const GROUP_OF: Readonly<Record<string, Group>> = {
	care: "people",
	home: "people",
	residents: "people",
	resident: "people",
	visits: "people",
	contacts: "people",
	helped: "people",
	estate: "things",
	place: "things",
	device: "things",
	lift: "things",
	point: "things",
	history: "records",
	report: "records",
	health: "records",
	setup: "records",
	users: "records",
	me: "records",
	wall: "wall",
};

function View({ at }: { at: Route }) {
	const group = Object.hasOwn(GROUP_OF, at.page) ? GROUP_OF[at.page] : undefined;
	if (!group) return <Now />;
	return <WithLate of={GROUPS[group]}>{(m) => <m.View at={at} />}</WithLate>;
}

/** Once the alarms stand there the pages behind the tabs are fetched too: a press shows one at once, also when the line is gone. */
function useAhead(tabs: readonly Word[]): void {
	const loaded = useSubject(alarms.loaded);
	const names = tabs.join();
	useEffect(() => {
		if (!loaded) return;
		const timer = window.setTimeout(() => {
			for (const tab of names.split(",")) if (Object.hasOwn(GROUP_OF, tab)) GROUPS[GROUP_OF[tab]!].want();
		}, AHEAD_MS);
		return () => window.clearTimeout(timer);
	}, [loaded, names]);
}

/** The box was updated while this page was open: it goes on, and says so. Looked at when the connection is back. A wall has nobody who
 * would press: it is the new page by itself. */
function useRenewed(wall: boolean): boolean {
	const up = useSubject(link).up;
	const [renewed, set] = useState(false);
	const first = useRef(true);
	useEffect(() => {
		if (!up) return;
		if (first.current) {
			first.current = false;
			return;
		}
		void isRenewed().then((is) => {
			if (is && wall) location.reload();
			set(is);
		});
	}, [up, wall]);
	return renewed;
}

/** What the tab of the browser says: how many wait, and where. */
function useTitle(): void {
	const view = useSubject(alarms.view);
	const s = useSubject(status);
	const waiting = view.standing.filter(needsLook).length;
	useEffect(() => {
		document.title = `${waiting ? `(${waiting}) ` : ""}${s?.estate.name || s?.estate.id || "estated"}`;
	}, [waiting, s?.estate.name]);
}

export function Page() {
	const at = useSubject(route);
	const stale = useStale();
	const who = useSubject(session);
	const [helping, help] = useState(false);
	const [searching, search] = useState(false);
	const wall = at.page === "wall" || (who?.wall === true && at.page === "now");
	const tabs = who ? tabsOf(who) : [];
	const go = (n: number) => (): void => {
		const name = tabs[n - 1];
		if (name) location.hash = linkTo(name);
	};
	const renewed = useRenewed(wall);
	useTitle();
	useAhead(tabs);
	useKeys({ "?": () => help(true), "/": () => search(!who?.wall), 1: go(1), 2: go(2), 3: go(3), 4: go(4), 5: go(5), 6: go(6) });
	return (
		<div class={`page${stale ? " is-stale" : ""}${wall ? " is-wall" : ""}`}>
			{helping && <KeysHelp close={() => help(false)} />}
			{searching && <Search close={() => search(false)} />}
			<StaleBar />
			{renewed && !wall && (
				<p class="renewed row no-print" role="status">
					{t("renewed")}
					<button class="main" onClick={() => location.reload()}>
						{t("reload")}
					</button>
				</p>
			)}
			<Head search={() => search(true)} />
			<Tabs page={at.page} />
			{at.page !== "now" && !wall && <Calling />}
			<main>
				<View at={wall ? { ...at, page: "wall" } : at} />
			</main>
		</div>
	);
}
