/* types.ts: what the API says, as far as the page reads it (daemon/api/openapi.yaml is the contract). */

export interface Text {
	zh: string;
	en: string;
}

export type AlarmState = "normal" | "unacked" | "acked" | "rtn_unacked" | "latched" | "shelved" | "suppressed" | "out_of_service";
export type Priority = 1 | 2 | 3 | 4;
export type Outcome = "real" | "false" | "test" | "duplicate";
export type Quality = "good" | "stale" | "bad" | "lost" | "suspect";
export type Value = number | boolean | string | null;

export interface Reading {
	point: string;
	value: Value;
	quality: Quality;
	at: string | null;
}

/** Who is told of an alarm next, when everybody leaves it alone. */
export interface Next {
	at: string;
	by: "step" | "again" | "rise" | "arrival";
	step: number;
	priority: Priority | null;
	duties: string[];
	/** Not for who may not read contacts. */
	who?: { contact: string; name: string; thing: boolean }[];
}

export interface Alarm {
	alarm: string;
	rule: string;
	asset: string;
	state: AlarmState;
	priority: Priority;
	stage: number;
	since: string;
	count: number;
	reason: { when: string; inputs: Reading[] };
	/** Null, as the guidance: it is about a home, and not for this role. */
	text: Text | null;
	place: string;
	guidance?: Text | null;
	test?: boolean;
	ack_by?: string;
	acked?: string;
	life_safety?: boolean;
	/** There is a list of those whom it is about, for who may see one. */
	people?: true;
	first_out?: boolean;
	suppressed_by?: string;
	shelved_until?: string;
	shelved_by?: string | null;
	shelved_reason?: string | null;
	out_of_service_until?: string;
	arrived?: string;
	arrived_by?: string;
	/** In the list; the stream tells it by itself. */
	next?: Next | null;
	outcome?: Outcome;
}

export interface Point {
	point: string;
	device: string;
	place: string;
	class: string;
	value: Value;
	unit: string | null;
	quality: Quality;
	test: boolean;
	at: string | null;
}

export type Role = "viewer" | "operator" | "care" | "technician" | "admin";

export interface Session {
	user: string;
	name: string | null;
	role: Role;
	scope: string[];
	csrf: string;
	expires: string;
	wall?: boolean;
}

export interface Health {
	what: string;
	id: string;
	state: string;
	text: string;
	at: string;
}

/** A declared building. */
export interface Building {
	place: string;
	name: string;
	floors: number | null;
	units: string[];
}

export interface Device {
	device: string;
	name: string;
	place: string;
	room: string | null;
	class: string;
	profile: string;
	bus: string | null;
	plugin: string | null;
	points: number;
	good: number;
	at: string | null;
	help?: boolean;
	proven?: string | null;
}

/** A row of a point's history: a sample, or what a window came to. */
export interface Sample {
	at: string;
	value: Value;
	quality: Quality;
}
export interface Window {
	at: string;
	min: number;
	avg: number;
	max: number;
	count: number;
}
