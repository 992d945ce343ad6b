/* helped.ts: alarms that are about people beside those of their own dwelling, and what their list is called. Who is on it, and in which
 * order, the daemon decides. */
import { alarmPath } from "./api";
import type { Word } from "./i18n";
import { CATEGORIES, NEEDS, words } from "./people";
import type { Alarm, Role } from "./types";

export interface Helped {
	place: string;
	floor: number | null;
	presence: "home" | "presumed_away" | "unknown";
	last: { room: string; at: string } | null;
	planned_away: boolean;
	/* Not for a display. */
	resident?: string | null;
	categories?: string[];
	needs?: string[];
	/* Released with a reason. */
	name?: string | null;
	phone?: string | null;
}

export interface Kind {
	title: Word;
	more: Word;
	none?: Word; // why nobody may be on it
	fire?: boolean;
}
const FIRE: Kind = { title: "helpedFire", more: "helpedFireMore", fire: true };
const KINDS: Readonly<Record<string, Kind>> = {
	fire: FIRE,
	"building-fire": FIRE,
	smoke: FIRE,
	co: FIRE,
	gas: FIRE,
	"lift-need": { title: "helpedLift", more: "helpedLiftMore" },
	"powered-care": { title: "helpedPower", more: "helpedPowerMore" },
	"door-lone": { title: "helpedDoor", more: "helpedDoorMore" },
	"lift-trapped": { title: "helpedTrapped", more: "helpedTrappedMore", none: "helpedTrappedNone" },
};
const ROLES: ReadonlySet<Role> = new Set(["operator", "care", "admin"]); // API_FOR_HOMES

const OTHER: Kind = { title: "helpedList", more: "helpedEndedMore" };

/** What its list is; null: the box has none for it. */
export function listOf(alarm: Alarm): Kind | null {
	if (!alarm.people) return null;
	return isOfPeople(alarm.rule) ? KINDS[alarm.rule]! : OTHER;
}
/** Alarms of this rule name dwellings in their text, also when they are over. */
export const isOfPeople = (rule: string): boolean => Object.hasOwn(KINDS, rule);
export const seesLists = (role: Role | undefined): boolean => role !== undefined && ROLES.has(role);
export const listPath = (alarm: string): string => `/v1/alarms/${alarmPath(alarm)}/people`;

/** "独居 · 高龄", "吸氧"; "" where it is not for the reader, or there is none. */
export const categoriesOf = (h: Helped): string => words(CATEGORIES, h.categories ?? []);
export const needsOf = (h: Helped): string => words(NEEDS, h.needs ?? []);

/** As many dwellings as people live in. */
export const homesOf = (rows: readonly Helped[]): number => new Set(rows.map((r) => r.place)).size;
