/* hush.ts: what is heard. Priority 1 and 2 sound until somebody has acknowledged them, on whichever page the reader is. Who wants
 * silence for a while says why: it is noted with each alarm that sounds, and a new one is heard all the same. */
import { alarmPath, post } from "../lib/api";
import { prepare, sound } from "../lib/sound";
import { Subject } from "../lib/subject";
import { isLoud } from "./alarms";
import { alarms, session } from "./live";

export interface Hush {
	until: number; // ms, of this computer's clock
	ids: ReadonlySet<string>;
}

export const hush = new Subject<Hush | null>(null);
/** Alarms that ask for somebody, muted or not. */
export const loud = new Subject<readonly string[]>([]);
const NOTED_MAX = 20; // one reason is not written a thousand times

let timer = 0;

function look(): void {
	const quiet = hush.value;
	const all = session.value ? alarms.view.value.standing.filter(isLoud) : [];
	const heard = quiet ? all.filter((a) => !quiet.ids.has(a.alarm)) : all;
	sound(heard.length === 0 ? 0 : heard.some((a) => a.priority === 1) ? 1 : 2);
	const ids = all.map((a) => a.alarm);
	if (ids.join() !== loud.value.join()) loud.set(ids);
	if (quiet && all.length === 0) unmute();
}

export function unmute(): void {
	window.clearTimeout(timer);
	hush.set(null);
	look();
}

/** note: "静音 5 分钟：…". Silent at once; when it cannot be noted the sound is back. */
export async function mute(minutes: number, note: string): Promise<void> {
	const ids = loud.value;
	hush.set({ until: Date.now() + minutes * 60_000, ids: new Set(ids) });
	window.clearTimeout(timer);
	timer = window.setTimeout(unmute, minutes * 60_000);
	look();
	try {
		for (const id of ids.slice(0, NOTED_MAX)) await post(`/v1/alarms/${alarmPath(id)}/comment`, { note });
	} catch (e) {
		unmute();
		throw e;
	}
}

alarms.view.watch(look);
session.watch((s) => {
	if (s) look();
	else unmute(); // who comes next has asked for no silence
	if (s) window.setTimeout(prepare);
});
