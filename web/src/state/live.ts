/* live.ts: what the page knows, fed by one stream. Views watch the subjects. */
import { get } from "../lib/api";
import { Stream, type StreamEvent } from "../lib/stream";
import { Subject } from "../lib/subject";
import { setBoxTime } from "../lib/time";
import type { Alarm, Point, Session } from "../lib/types";
import { Alarms } from "./alarms";
import { Points } from "./points";

export interface Link {
	up: boolean;
	since: number; // ms, of this computer's clock
}

/** /v1/status, as far as it is shown. */
export interface Status {
	estate: { id: string; name: string; timezone: string };
	time: string;
	points: { total: number; good: number; lost: number; stale: number };
	outbox: { pending: number; oldest: string | null };
	store: { ok: boolean; fault: string };
}

export const session = new Subject<Session | null>(null);
export const alarms = new Alarms();
export const points = new Points();
export const link = new Subject<Link>({ up: false, since: Date.now() });
export const status = new Subject<Status | null>(null);

let stream: Stream | null = null;
let poll = 0;

async function readLists(): Promise<void> {
	alarms.replace(await get<Alarm[]>("/v1/alarms"));
}

async function readStatus(): Promise<void> {
	const s = await get<Status>("/v1/status");
	setBoxTime(s.time);
	status.set(s);
}

const STATUS_EVERY_MS = 10_000;

function refresh(): void {
	void readLists().catch(() => {});
	points.refresh();
}

/** estated-web says whether the daemon behind it is there, and when the session is over. */
function take(e: StreamEvent): void {
	if (e.name === "alarm") alarms.change(e.data as Alarm);
	else if (e.name === "point") points.change(e.data as Point);
	else if (e.name === "session") end();
	else if (e.name === "daemon") {
		const up = (e.data as { state: string }).state === "back";
		link.set({ up, since: Date.now() });
		if (up) refresh();
	}
}

export function begin(): void {
	stream ??= new Stream("/v1/stream?page=1", {
		event: take,
		refresh,
		state: (up, since) => link.set({ up, since }),
	});
	void readStatus().catch(() => {});
	poll ||= window.setInterval(() => void readStatus().catch(() => {}), STATUS_EVERY_MS);
}

export function end(): void {
	stream?.close();
	stream = null;
	window.clearInterval(poll);
	poll = 0;
	session.set(null);
}
