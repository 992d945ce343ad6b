/* helped.tsx: what an alarm says beside what has happened: the way there as a line of its own, and the list of whom it is about: the press
 * that opens it, and on a wall the floors and dwellings that are to be gone to first. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Helped, homesOf, isOfPeople, listOf, listPath, seesLists } from "../lib/helped";
import { counted, t } from "../lib/i18n";
import { type Loaded, useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Alarm } from "../lib/types";
import { dwellingsNamed, wayOf } from "../lib/way";
import { session } from "../state/live";
import { usePlaceName } from "./place_name";

const EVERY_MS = 15_000;
const WALL_MAX = 12; // dwellings

/** The words of the alarm; `text` is in the reader's language already. */
export function AlarmText({ alarm, text, before }: { alarm: Alarm; text: string; before?: ComponentChildren }) {
	const placeName = usePlaceName();
	const [what, way] = alarm.life_safety && !isOfPeople(alarm.rule) ? wayOf(text) : [text, ""];
	const stairs = /^(走楼梯|take the stairs)[：:]\s*/.exec(way);
	return (
		<>
			<p class="alarm-text" dir="auto">
				{before}
				{dwellingsNamed(what, alarm.place, placeName)}
			</p>
			{way && (
				<p class="alarm-way" dir="auto">
					<span class="alarm-way-name">{t("wayThere")}</span> {stairs && <b class="stairs">{stairs[1]}</b>} {stairs ? way.slice(stairs[0].length) : way}
				</p>
			)}
		</>
	);
}

/** Opens the list; nothing where it has none, or the reader may not see it. */
export function ListPress({ alarm }: { alarm: Alarm }) {
	const who = useSubject(session);
	if (!listOf(alarm) || !seesLists(who?.role)) return null;
	return (
		<a class="button list-press" href={linkTo("helped", alarm.alarm)} aria-keyshortcuts="l">
			{t("helpedList")}
		</a>
	);
}

/** Read anew that often, and at once when the alarm is told again: what burns may be another floor. path null: not at all. */
export function useList(alarm: Alarm, path: string | null, everyMs: number): Loaded<Helped[]> {
	const list = useLoaded<Helped[]>(path, everyMs);
	const told = useRef(alarm);
	useEffect(() => {
		if (told.current !== alarm) list.again();
		told.current = alarm;
	}, [alarm]);
	return list;
}

/** "17", "1702 1703", with their unit where there are several: what a display may show, whoever's session it is. */
function floorsOf(rows: readonly Helped[], name: (place: string) => string): [floor: string, flats: string[]][] {
	const floors = new Map<string, string[]>();
	const units = new Set(rows.map((r) => r.place.slice(0, r.place.lastIndexOf("/"))));
	for (const r of rows) {
		const floor = r.floor === null ? "?" : String(r.floor);
		const flat = units.size > 1 ? name(r.place) : r.place.slice(r.place.lastIndexOf("/") + 1);
		const flats = floors.get(floor) ?? [];
		if (!flats.includes(flat)) flats.push(flat);
		floors.set(floor, flats);
	}
	return [...floors];
}

/** Of a fire, on the wall. */
export function WallList({ alarm }: { alarm: Alarm }) {
	const who = useSubject(session);
	const placeName = usePlaceName();
	const path = listOf(alarm)?.fire && seesLists(who?.role) ? listPath(alarm.alarm) : null;
	const rows = useList(alarm, path, EVERY_MS).value;
	if (!path || !rows?.length) return null;
	let left = WALL_MAX;
	const shown = floorsOf(rows, placeName)
		.map(([floor, flats]) => [floor, flats.slice(0, Math.max(0, left)), (left -= flats.length)] as const)
		.filter(([, flats]) => flats.length > 0);
	return (
		<p class="wall-list">
			<b>
				{t("helpedFire")} {counted(homesOf(rows), "homesThere")}
			</b>
			{shown.map(([floor, flats]) => (
				<span key={floor}>
					<b>
						{floor}
						{t("helpedFloor")}
					</b>{" "}
					{flats.join(" ")}
				</span>
			))}
			{left < 0 && <span>+{-left}</span>}
		</p>
	);
}
