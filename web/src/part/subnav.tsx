/* subnav.tsx: the pages beside this one, of those about people and those of the set-up; who may not see one has no link to it. */
import { lang, t, type Word } from "../lib/i18n";
import { useInSight } from "../lib/in_sight";
import { isCare, isDesk } from "../lib/people";
import { linkTo, route } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Session } from "../lib/types";
import { session } from "../state/live";

type Part = readonly [page: string, name: Word, may: (s: Session) => boolean];

const OF_PEOPLE: readonly Part[] = [
	["care", "homes", (s) => s.role === "operator" || isCare(s.role)],
	["residents", "residents", (s) => isCare(s.role)],
	["visits", "visits", (s) => s.role === "operator" || isCare(s.role)],
	["contacts", "contacts", (s) => isDesk(s.role)],
];
const OF_SETUP: readonly Part[] = [
	["setup", "setup", () => true],
	["contacts", "contacts", (s) => isDesk(s.role)],
	["users", "users", (s) => s.role === "admin" && s.scope.includes("*")],
];

const OWN: Readonly<Record<string, string>> = { home: "care", resident: "residents" };

export function SubNav({ of }: { of: "people" | "setup" }) {
	const who = useSubject(session);
	const at = useSubject(route).page;
	const nav = useInSight<HTMLElement>(`${at} ${lang()}`);
	if (!who) return null;
	return (
		<nav class="subnav" ref={nav} aria-label={t("part")}>
			{(of === "people" ? OF_PEOPLE : OF_SETUP)
				.filter(([, , may]) => may(who) && !who.wall)
				.map(([page, name]) => (
					<a key={page} href={linkTo(page)} aria-current={(OWN[at] ?? at) === page ? "page" : undefined}>
						{t(name)}
					</a>
				))}
		</nav>
	);
}
