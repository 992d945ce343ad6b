/* people.ts: what the API says of homes, residents and those who work for them, and the words for it. */
import { alarmPath, get } from "./api";
import { say, t, type Word } from "./i18n";
import { roomName } from "./names";
import { span } from "./time";
import type { Priority, Role, Text } from "./types";

export interface Home {
	place: string;
	mode: "home" | "presumed_away" | "unknown";
	since: string | null;
	why: Text;
	last: { at: string | null; room: string; device: string | null } | null;
	quiet_s: number | null;
	/** limit_s null: nobody was ever seen there, so nothing is too long so far. */
	line: { limit_s: number | null; longest_s: number | null; days: number; learned: boolean; against: Text };
	stage: number;
	alarms: string[];
	priority: Priority | null;
	blind_since: string | null;
	residents: number;
	resident_ids: string[];
	categories: string[];
	needs: string[];
	watches: string[];
}
type QuietOf = { quiet_s: number | null; line: { limit_s: number | null } };
export interface Days {
	slot_minutes: number;
	line_s: number[];
	today_s: number[] | null;
	days_s: number[][];
	now: Home;
}
/** How far the quiet of a home has gone towards what is too long for it, 0 to 1; null: that is not known. */
export function quietShare(h: QuietOf): number | null {
	return h.quiet_s === null || !h.line.limit_s ? null : Math.min(1, h.quiet_s / h.line.limit_s);
}

/** "2 h / 6 h" */
export function quietText(h: QuietOf): string {
	if (h.quiet_s === null) return "";
	return h.line.limit_s ? `${span(h.quiet_s)} / ${span(h.line.limit_s)}` : span(h.quiet_s);
}

/** What stirred: days, today first; a tick is [slot, room, how often]. */
export interface Activity {
	slot_minutes: number;
	rooms: string[];
	days: { day: string; ticks: [number, number, number][]; unheard: [number, number][] }[];
}

export interface Resident {
	id: string;
	name: string | null;
	place: string;
	categories: string[];
	needs: string[];
	dialysis_days: string[];
	floor: number | null;
	phone: string | null;
	contacts: string[];
	grid_worker: string | null;
	rules: string[];
	limits: string[];
	absences: string[];
	hospital_until: string | null;
	consent: string | null;
	door_code?: string | null;
	illness?: string | null;
	doctor?: string | null;
	note?: string | null;
	cards?: string[];
	watches: string[];
	planned_away: boolean;
	version: number;
	changed: string | null;
	changed_by: string | null;
}

export interface Contact {
	contact: string;
	name: string;
	duties: string[];
	places: string[];
	means: string;
	phone: string | null;
	on_duty: boolean;
}

/** An alarm's path of the API has slashes, and so has a place's. */
export const placePath = alarmPath;

type Pair = readonly [string, string];

export const CATEGORIES: Readonly<Record<string, Pair>> = {
	lives_alone: ["独居", "lives alone"],
	aged: ["高龄", "aged"],
	disabled: ["失能", "disabled"],
	dementia: ["失智", "dementia"],
	empty_nest: ["空巢", "empty nest"],
	left_behind: ["留守", "left behind"],
	special_family: ["计生特殊", "special family"],
	severe_disability: ["重残", "severe disability"],
};
export const NEEDS: Readonly<Record<string, Pair>> = {
	mobility: ["行动不便", "walks badly"],
	oxygen: ["吸氧", "oxygen"],
	air_mattress: ["气垫床", "air mattress"],
	care_bed: ["护理床", "care bed"],
	dialysis: ["透析", "dialysis"],
};
export const WEEKDAYS: Readonly<Record<string, Pair>> = {
	mon: ["周一", "Mon"],
	tue: ["周二", "Tue"],
	wed: ["周三", "Wed"],
	thu: ["周四", "Thu"],
	fri: ["周五", "Fri"],
	sat: ["周六", "Sat"],
	sun: ["周日", "Sun"],
};
/** Rooms that rules know, as a device's `room` says them. */
export const ROOM_IDS = ["bathroom", "bedroom", "kitchen", "living", "hall", "office", "dining", "entrance"] as const;
export function roomWord(id: string): string {
	return id && id !== "other" ? roomName(id) : t("otherRoom");
}
const RULES: Readonly<Record<string, Pair>> = {
	welfare: ["无活动", "welfare"],
	bathroom: ["卫生间过久", "bathroom"],
	"no-start": ["早晨无活动", "no start of day"],
	"long-absence": ["长时间外出", "long absence"],
	"night-exit": ["夜间外出", "night exit"],
	"bed-no-return": ["离床未归", "bed, no return"],
	drift: ["作息变化", "drift"],
	stove: ["炉灶未关", "stove left on"],
	"no-utility": ["无用水用电", "no water or power"],
	wearable: ["穿戴设备", "wearable"],
	"visit-overdue": ["走访逾期", "visit overdue"],
};
export const ruleWord = (id: string): string => word(RULES, id);

export function word(of: Readonly<Record<string, Pair>>, key: string): string {
	const pair = of[key];
	return pair ? say({ zh: pair[0], en: pair[1] }) : key;
}
export function words(of: Readonly<Record<string, Pair>>, keys: readonly string[]): string {
	return keys.map((k) => word(of, k)).join(" · ");
}

export const ROLES: readonly Role[] = ["viewer", "operator", "care", "technician", "admin"];
export function roleWord(role: Role): Word {
	return role === "care" ? "careRole" : role;
}

/* Sets of roles as the daemon has them (api.h); it decides, this only keeps out of the way. */
export const isCare = (role: Role): boolean => role === "care" || role === "admin";
export const isDesk = (role: Role): boolean => role !== "viewer";

/** What is released with a reason; both the release and the reason are in the audit. */
export function released<T>(path: string, reason: string): Promise<T> {
	return get<T>(`${path}${path.includes("?") ? "&" : "?"}reason=${encodeURIComponent(reason)}`);
}
