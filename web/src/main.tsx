/* main.tsx: begins the page: who is there, then what he sees. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, onLoggedOut, post, useToken } from "./lib/api";
import { language, t, type Word } from "./lib/i18n";
import { linkTo, route, type Route } from "./lib/router";
import { useKeys } from "./lib/keys";
import { useSubject } from "./lib/subject";
import type { Session } from "./lib/types";
import { Login } from "./page/login";
import { Care, HomePage } from "./page/care";
import { Contacts } from "./page/contacts";
import { Device } from "./page/device";
import { Estate, Place } from "./page/estate";
import { Health } from "./page/health";
import { HelpedPage } from "./page/helped";
import { History } from "./page/history";
import { Lift } from "./page/lift";
import { Now } from "./page/now";
import { PointPage } from "./page/point";
import { Report } from "./page/report";
import { ResidentPage, Residents } from "./page/resident";
import { Setup } from "./page/setup";
import { Me, Users } from "./page/users";
import { Visits } from "./page/visits";
import { Wall } from "./page/wall";
import { HealthLine, StaleBar, useStale } from "./part/health_line";
import { KeysHelp } from "./part/keys_help";
import { Calling, Ring } from "./part/ring";
import { Search } from "./part/search";
import { alarms, begin, end, over, session, status } from "./state/live";
import { needsLook } from "./state/alarms";
import { nextTheme, theme } from "./state/theme";

function enter(s: Session): void {
	useToken(s.csrf);
	session.set(s);
	begin();
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
				<button class="quiet" onClick={() => void post("/v1/logout").finally(end)}>
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
	return (
		<nav class="tabs" aria-label={t("pages")}>
			{(who ? tabsOf(who) : []).map((name) => (
				<a key={name} href={linkTo(name)} aria-current={tab === name ? "page" : undefined}>
					{t(name)}
				</a>
			))}
		</nav>
	);
}

function View({ at }: { at: Route }) {
	switch (at.page) {
		case "estate":
			return <Estate />;
		case "care":
			return <Care />;
		case "home":
			return <HomePage key={at.subject} place={at.subject} />;
		case "residents":
			return <Residents />;
		case "resident":
			return <ResidentPage key={at.subject} id={at.subject} />;
		case "visits":
			return <Visits />;
		case "contacts":
			return <Contacts />;
		case "users":
			return <Users />;
		case "me":
			return <Me />;
		case "place":
			return <Place key={at.subject} place={at.subject} />;
		case "device":
			return <Device key={at.subject} id={at.subject} />;
		case "lift":
			return <Lift key={at.subject} id={at.subject} />;
		case "report":
			return <Report month={at.subject} />;
		case "point":
			return <PointPage key={at.subject} id={at.subject} />;
		case "helped":
			return <HelpedPage key={at.subject} id={at.subject} />;
		case "history":
			return <History />;
		case "setup":
			return <Setup />;
		case "health":
			return <Health />;
		case "wall":
			return <Wall />;
		default:
			return <Now />;
	}
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

function Page() {
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
	useTitle();
	useKeys({ "?": () => help(true), "/": () => search(!who?.wall), 1: go(1), 2: go(2), 3: go(3), 4: go(4), 5: go(5), 6: go(6) });
	return (
		<div class={`page${stale ? " is-stale" : ""}${wall ? " is-wall" : ""}`}>
			{helping && <KeysHelp close={() => help(false)} />}
			{searching && <Search close={() => search(false)} />}
			<StaleBar />
			<Head search={() => search(true)} />
			<Tabs page={at.page} />
			{at.page !== "now" && !wall && <Calling />}
			<main>
				<View at={wall ? { ...at, page: "wall" } : at} />
			</main>
		</div>
	);
}

const APP = document.getElementById("app")!;
/** estated-web has seen no session: the form is there already, and nobody has to be asked for. */
const GUEST = "guest" in APP.dataset;

/** As index.html has it, so that nothing jumps. */
function Connecting() {
	return (
		<main class="login">
			<p>{t("connecting")}</p>
		</main>
	);
}

function App() {
	const who = useSubject(session);
	const [asked, setAsked] = useState(GUEST);
	useSubject(language);
	useEffect(() => {
		onLoggedOut.call = over;
		if (GUEST) return;
		get<Session>("/v1/session")
			.then(enter)
			.catch(() => {})
			.finally(() => setAsked(true));
	}, []);
	if (!asked) return <Connecting />;
	return who ? <Page /> : <Login entered={enter} />;
}

render(<App />, APP);
