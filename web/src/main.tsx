/* main.tsx: begins the page: who is there, then what he sees. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, onLoggedOut, post, useToken } from "./lib/api";
import { language, t, type Word } from "./lib/i18n";
import { linkTo, route, type Route } from "./lib/router";
import { useKeys } from "./lib/keys";
import { allow, blocked } from "./lib/sound";
import { useSubject } from "./lib/subject";
import type { Session } from "./lib/types";
import { Login } from "./page/login";
import { Care, HomePage } from "./page/care";
import { Device } from "./page/device";
import { Estate, Place } from "./page/estate";
import { Health } from "./page/health";
import { History } from "./page/history";
import { Now } from "./page/now";
import { PointPage } from "./page/point";
import { Setup } from "./page/setup";
import { HealthLine, StaleBar, useStale } from "./part/health_line";
import { KeysHelp } from "./part/keys_help";
import { begin, end, session, status } from "./state/live";
import { nextTheme, theme } from "./state/theme";

function enter(s: Session): void {
	useToken(s.csrf);
	session.set(s);
	begin();
}

function Head() {
	const s = useSubject(status);
	const silent = useSubject(blocked);
	const who = useSubject(session);
	return (
		<header class="head">
			<h1>{s?.estate.name || s?.estate.id || "estated"}</h1>
			<HealthLine />
			<nav class="row">
				{silent && (
					<button class="main" onClick={allow}>
						{t("soundOff")}
					</button>
				)}
				<button class="quiet" onClick={() => theme.set(nextTheme(theme.value))}>
					{t("theme")}
				</button>
				<button class="quiet" onClick={() => language.set(language.value === "zh" ? "en" : "zh")}>
					{t("language")}
				</button>
				<button class="quiet" onClick={() => void post("/v1/logout").finally(end)}>
					{t("logout")} {who?.user}
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

function Tabs({ page }: { page: string }) {
	const who = useSubject(session);
	return (
		<nav class="tabs" aria-label={t("pages")}>
			{(who ? tabsOf(who) : []).map((name) => (
				<a key={name} href={linkTo(name)} aria-current={page === name ? "page" : undefined}>
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
		case "place":
			return <Place key={at.subject} place={at.subject} />;
		case "device":
			return <Device key={at.subject} id={at.subject} />;
		case "point":
			return <PointPage key={at.subject} id={at.subject} />;
		case "history":
			return <History />;
		case "setup":
			return <Setup />;
		case "health":
			return <Health />;
		default:
			return <Now />;
	}
}

function Page() {
	const at = useSubject(route);
	const stale = useStale();
	const who = useSubject(session);
	const [helping, help] = useState(false);
	const tabs = who ? tabsOf(who) : [];
	const go = (n: number) => (): void => {
		const name = tabs[n - 1];
		if (name) location.hash = linkTo(name);
	};
	useKeys({ "?": () => help(true), 1: go(1), 2: go(2), 3: go(3), 4: go(4), 5: go(5), 6: go(6) });
	return (
		<div class={stale ? "page is-stale" : "page"}>
			{helping && <KeysHelp close={() => help(false)} />}
			<StaleBar />
			<Head />
			<Tabs page={at.page} />
			<main>
				<View at={at} />
			</main>
		</div>
	);
}

function App() {
	const who = useSubject(session);
	const [asked, setAsked] = useState(false);
	useSubject(language);
	useEffect(() => {
		onLoggedOut.call = end;
		get<Session>("/v1/session")
			.then(enter)
			.catch(() => {})
			.finally(() => setAsked(true));
	}, []);
	if (!asked) return null;
	return who ? <Page /> : <Login entered={enter} />;
}

render(<App />, document.getElementById("app")!);
