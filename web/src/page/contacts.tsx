/* contacts.tsx: who is told of an alarm: people and their duties, who of them is on duty now, and the ladders by which they are
 * called. They stand in the configuration of the box; here they are looked at. */
import { t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { dutyName } from "../lib/names";
import { type Contact, isCare } from "../lib/people";
import { useSubject } from "../lib/subject";
import { span } from "../lib/time";
import type { Priority, Session } from "../lib/types";
import { Mark } from "../part/mark";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { SubNav } from "../part/subnav";
import { session } from "../state/live";

interface Step {
	after_s: number;
	to: string[];
	all: boolean;
	priority: Priority | null;
	then: string | null;
}
interface Ladder {
	ladder: string;
	steps: Step[];
	repeat_s: number | null;
}

const EVERY_MS = 30_000;

function People({ list }: { list: readonly Contact[] }) {
	if (!list.length) return <p class="empty">{t("noContacts")}</p>;
	return (
		<Rows
			narrow="cards"
			label={t("contacts")}
			head={[t("personName"), t("duty"), t("place"), t("means"), t("phone"), t("stateOf")]}
			rows={list.map((c) => [
				c.name,
				c.duties.map(dutyName).join(" · "),
				c.places.join(" ") || t("everywhere"),
				c.means,
				c.phone ? <a href={`tel:${c.phone}`}>{c.phone}</a> : "–",
				c.on_duty ? t("onDuty") : <span class="under">{t("offDuty")}</span>,
			])}
		/>
	);
}

function LadderCard({ ladder }: { ladder: Ladder }) {
	return (
		<article class="ladder">
			<h3>{ladder.ladder}</h3>
			<ol>
				{ladder.steps.map((s, i) => (
					<li key={i}>
						<b>{s.after_s ? span(s.after_s) : span(0)}</b>
						<span>
							{s.to.length > 0 && `${t("tells")} ${s.to.map(dutyName).join(t("listComma"))}`}
							{s.all && ` (${t("everybody")})`}
							{s.priority && (
								<>
									{" "}
									{t("rises")} <Mark priority={s.priority} />
								</>
							)}
							{s.then && ` → ${s.then}`}
						</span>
					</li>
				))}
			</ol>
			{ladder.repeat_s && (
				<p class="under">
					{t("repeats")} {span(ladder.repeat_s)}
				</p>
			)}
		</article>
	);
}

/** Beside homes for who looks after people, beside the set-up for who looks after things. */
const groupOf = (s: Session): "people" | "setup" => (s.role === "operator" || isCare(s.role) ? "people" : "setup");

export function Contacts() {
	const who = useSubject(session);
	const people = useLoaded<Contact[]>("/v1/contacts", EVERY_MS);
	const ladders = useLoaded<Ladder[]>("/v1/ladders");
	if (!who) return null;
	return (
		<section aria-label={t("contacts")}>
			<SubNav of={groupOf(who)} />
			<Await of={people}>{(list) => <People list={list} />}</Await>
			<h2>{t("ladders")}</h2>
			<Await of={ladders}>
				{(list) => (
					<div class="ladders">
						{list.map((l) => (
							<LadderCard key={l.ladder} ladder={l} />
						))}
					</div>
				)}
			</Await>
		</section>
	);
}
