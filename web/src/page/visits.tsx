/* visits.tsx: whom to visit by when (巡访), and who was visited. What counts as a visit is in person; a call is a call. */
import { useState } from "preact/hooks";
import { post } from "../lib/api";
import { counted, t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useSome } from "../lib/more";
import { isCare } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { age, stamp } from "../lib/time";
import { Dialog } from "../part/dialog";
import { usePlaceName } from "../part/place_name";
import { Rows } from "../part/rows";
import { ShownOf } from "../part/shown_of";
import { Await } from "../part/state";
import { SubNav } from "../part/subnav";
import { session } from "../state/live";

interface Due {
	place: string;
	every_days: number;
	last: string | null;
	due: string;
	late_days: number;
	asked: boolean;
}
interface Visit {
	place: string;
	resident: string | null;
	kind: "visit" | "phone" | "card";
	worker: string | null;
	note: string | null;
	at: string;
}

const EVERY_MS = 30_000;
const KINDS: Readonly<Record<Visit["kind"], Word>> = { visit: "inPerson", phone: "byPhone", card: "byCard" };
const MADE = ["visit", "phone"] as const;

export function VisitDialog({ place, done, close }: { place: string; done?(): void; close(): void }) {
	const [kind, setKind] = useState<(typeof MADE)[number]>("visit");
	const [note, setNote] = useState("");
	const [at, setAt] = useState("");
	const placeName = usePlaceName();
	const record = (): Promise<unknown> =>
		post("/v1/visits", { place, kind, ...(note.trim() && { note: note.trim() }), ...(at && { at }) }).then(() => done?.());
	return (
		<Dialog title={`${t("recordVisit")} · ${placeName(place)}`} go={t("done")} ready close={close} act={record}>
			<fieldset class="choices">
				<legend>{t("visitKind")}</legend>
				{MADE.map((k) => (
					<label key={k}>
						<input type="radio" name="kind" value={k} checked={kind === k} onChange={() => setKind(k)} />
						<span>{t(KINDS[k])}</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("whenAt")}
				<input type="datetime-local" value={at} onInput={(e) => setAt(e.currentTarget.value)} />
			</label>
			<label class="field">
				{t("note")}
				<input value={note} maxLength={500} onInput={(e) => setNote(e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

const SHOWN_AT_ONCE = 60;

/** The latest first: who is late, then by the day. */
function urgency(a: Due, b: Due): number {
	return Number(b.asked) - Number(a.asked) || b.late_days - a.late_days || a.due.localeCompare(b.due) || a.place.localeCompare(b.place);
}

function DueList({ list, visit }: { list: readonly Due[]; visit: ((place: string) => void) | null }) {
	const placeName = usePlaceName();
	const some = useSome(list.length, SHOWN_AT_ONCE);
	if (!list.length) return <p class="empty">{t("noVisitsDue")}</p>;
	return (
		<>
			<ShownOf {...some} count={list.length} />
			<ol class="dues">
				{[...list].sort(urgency).slice(0, some.shown).map((d) => (
					<li key={d.place} class={d.late_days || d.asked ? "due is-late" : "due"}>
						<a href={linkTo("home", d.place)}>{placeName(d.place)}</a>
						<span>
							{d.asked && <b class="warn">{t("askedToday")} </b>}
							{d.late_days > 0 && <b class="warn">{counted(d.late_days, "lateDays")} </b>}
							{t("due")} {d.due.slice(5)}
						</span>
						<span class="under" title={stamp(d.last)}>
							{t("lastVisit")} {d.last ? age(d.last) : t("never")} · {t("everyDays")} {counted(d.every_days, "daysKnown")}
						</span>
						{visit && <button onClick={() => visit(d.place)}>{t("recordVisit")}</button>}
					</li>
				))}
			</ol>
		</>
	);
}

function Recent({ round }: { round: number }) {
	const placeName = usePlaceName();
	const list = useLoaded<Visit[]>(`/v1/visits?limit=${500 + (round % 2)}`, 0);
	return (
		<Await of={list}>
			{(rows) =>
				rows.length ? (
					<Rows
						narrow="cards"
						label={t("recentVisits")}
						head={[t("at"), t("place"), t("visitKind"), t("worker"), t("note")]}
						rows={rows.map((v) => [stamp(v.at), <a href={linkTo("home", v.place)}>{placeName(v.place)}</a>, t(KINDS[v.kind]), v.worker ?? "", v.note ?? ""])}
					/>
				) : (
					<p class="empty">{t("noRows")}</p>
				)
			}
		</Await>
	);
}

export function Visits() {
	const who = useSubject(session);
	const due = useLoaded<Due[]>("/v1/visits/due", EVERY_MS);
	const [place, visit] = useState<string | null>(null);
	const [round, setRound] = useState(0);
	const may = who !== null && isCare(who.role) && !who.wall;
	const done = (): void => {
		due.again();
		setRound((n) => n + 1);
	};
	return (
		<section aria-label={t("visits")}>
			<SubNav of="people" />
			<Await of={due}>{(list) => <DueList list={list} visit={may ? visit : null} />}</Await>
			{place !== null && <VisitDialog place={place} done={done} close={() => visit(null)} />}
			{may && (
				<>
					<h2>{t("recentVisits")}</h2>
					<Recent round={round} />
				</>
			)}
		</section>
	);
}
