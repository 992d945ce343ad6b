/* main.tsx: begins the page: who is there, and the form where it is nobody. What he sees then is frame.tsx, which is on its way meanwhile. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, onLoggedOut, useToken } from "./lib/api";
import { language } from "./lib/lang";
import { Late } from "./lib/late";
import { useSubject } from "./lib/subject";
import type { Session } from "./lib/types";
import { tl } from "./lib/words_login";
import { Login } from "./page/login";
import { Waits } from "./part/late";
import { session } from "./state/session";
import "./state/theme";

const frame = new Late(() => import("./frame"));

function enter(s: Session): void {
	useToken(s.csrf);
	session.set(s);
}

const APP = document.getElementById("app")!;
/** estated-web has seen no session: the form is there already, and nobody has to be asked for. */
const GUEST = "guest" in APP.dataset;

/* Both at once, and before anything is drawn: an effect comes after a picture, which takes its time on a slow phone. */
const asking = GUEST ? null : get<Session>("/v1/session").then(enter, () => {});

/** As index.html has it, so that nothing jumps. */
function Connecting() {
	return (
		<main class="login">
			<p>{tl("connecting")}</p>
		</main>
	);
}

function App() {
	const who = useSubject(session);
	const rest = useSubject(frame.module);
	const [asked, setAsked] = useState(GUEST);
	useSubject(language);
	useEffect(() => void asking?.finally(() => setAsked(true)), []);
	useEffect(() => {
		if (!rest) return;
		onLoggedOut.call = rest.over;
		if (who) rest.begin();
	}, [rest, who]);
	if (!asked) return <Connecting />;
	if (!who) return <Login entered={enter} />;
	return rest ? <rest.Page /> : <Waits of={frame} />;
}

if (!GUEST) frame.want();
render(<App />, APP);
frame.want(); // while somebody types
