/* live.ts: what the page knows, fed by one stream. Views watch the subjects. */
import { get, getAll } from "../lib/api";
import { Stream, type StreamEvent } from "../lib/stream";
import { Subject } from "../lib/subject";
import { setBoxTime } from "../lib/time";
import type { Alarm, Next, Point } from "../lib/types";
import { Alarms } from "./alarms";
import { Points } from "./points";
import { ended, session } from "./session";

export { ended, session };

export interface Link {
	up: boolean;
	since: number; // ms, of this computer's clock
}

/** /v1/status, as far as it is shown. */
export interface Status {
	estate: { id: string; name: string; timezone: string };
	time: string;
	points: { total: number; good: number; lost: number; stale: number; never: number };
	outbox: { pending: number; oldest: string | null };
	store: { ok: boolean; fault: string };
}

export const alarms = new Alarms();
export const points = new Points();
export const link = new Subject<Link>({ up: false, since: Date.now() });
export const status = new Subject<Status | null>(null);

let stream: Stream | null = null;
let poll = 0;

const RETRY_MS = 2000;
let listing = false;
let listAgain = false;

/** One list at a time: what the stream says meanwhile is newer than it. Read again until it comes, for whoever is there. */
async function readLists(): Promise<void> {
	if (listing) {
		listAgain = true;
		return;
	}
	const who = session.value;
	listing = true;
	listAgain = false;
	try {
		alarms.reading();
		const list = await getAll<Alarm>("/v1/alarms");
		if (session.value === who) alarms.replace(list);
	} catch {
		listAgain = false;
		window.setTimeout(() => session.value && void readLists(), RETRY_MS);
	} finally {
		listing = false;
	}
	if (listAgain && session.value) void readLists();
}

async function readStatus(): Promise<void> {
	const who = session.value;
	const s = await get<Status>("/v1/status");
	if (session.value !== who) return;
	setBoxTime(s.time);
	status.set(s);
}

const STATUS_EVERY_MS = 10_000;

function refresh(): void {
	void readLists();
	points.refresh();
}

/** What is out of date is so since the first time that it was said. */
function setLink(up: boolean, since: number): void {
	if (up || link.value.up) link.set({ up, since });
}

/** estated-web says whether the daemon behind it is there, and when the session is over. */
function take(e: StreamEvent): void {
	if (e.name === "alarm") alarms.change(e.data as Alarm);
	else if (e.name === "point") points.change(e.data as Point);
	else if (e.name === "next") {
		const { alarm, next } = e.data as { alarm: string; next: Next | null };
		alarms.changeNext(alarm, next);
	} else if (e.name === "session") over();
	else if (e.name === "daemon") {
		const up = (e.data as { state: string }).state === "back";
		setLink(up, Date.now());
		if (up) refresh();
	}
}

export function begin(): void {
	ended.set(false);
	stream ??= new Stream("/v1/stream?page=1", {
		event: take,
		refresh,
		state: setLink,
		over,
	});
	void readStatus().catch(() => {});
	poll ||= window.setInterval(() => void readStatus().catch(() => {}), STATUS_EVERY_MS);
}

/** The box, or the gate, says that nobody is logged in any more. */
export function over(): void {
	if (session.value) ended.set(true);
	end();
}

export function end(): void {
	stream?.close();
	stream = null;
	window.clearInterval(poll);
	poll = 0;
	alarms.forget();
	points.forget();
	status.set(null);
	session.set(null);
}
