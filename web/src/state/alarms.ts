/* alarms.ts: the alarms as the box last said them: a list at first, then change by change. Rendered at most once a frame, so
 * that a thousand alarms in a minute stay smooth. */
import { Subject } from "../lib/subject";
import type { Alarm, AlarmState, Next, Priority } from "../lib/types";

const HIDDEN: ReadonlySet<AlarmState> = new Set(["shelved", "suppressed", "out_of_service"]);

export function isOpen(a: Alarm): boolean {
	return a.state !== "normal";
}
export function isHidden(a: Alarm): boolean {
	return HIDDEN.has(a.state);
}
export function needsLook(a: Alarm): boolean {
	return a.state === "unacked" || a.state === "rtn_unacked";
}
/** Priority 1 and 2 are heard until somebody has acknowledged them. */
export function isLoud(a: Alarm): boolean {
	return needsLook(a) && !a.test && a.priority <= 2;
}

/** A day is parsed once, not in each comparison. */
const moments = new WeakMap<Alarm, number>();
function sinceMs(a: Alarm): number {
	let ms = moments.get(a);
	if (ms === undefined) moments.set(a, (ms = Date.parse(a.since)));
	return ms;
}

/** By priority; within one what needs a look first, then the oldest. */
export function inOrder(a: Alarm, b: Alarm): number {
	return (
		a.priority - b.priority ||
		Number(needsLook(b)) - Number(needsLook(a)) ||
		sinceMs(a) - sinceMs(b) ||
		(a.alarm < b.alarm ? -1 : 1)
	);
}

export interface AlarmView {
	standing: readonly Alarm[]; // open, and people are told; in order
	hidden: readonly Alarm[]; // shelved, suppressed, out of service
	counts: Readonly<Record<Priority, number>>; // of standing
	tests: number; // of standing
}

const EMPTY: AlarmView = { standing: [], hidden: [], counts: { 1: 0, 2: 0, 3: 0, 4: 0 }, tests: 0 };

export class Alarms {
	readonly view = new Subject<AlarmView>(EMPTY);
	readonly loaded = new Subject(false);
	private readonly byId = new Map<string, Alarm>();
	private newer: Set<string> | null = null; // what the stream has said while the list was read
	private frame = 0;

	/** The list is being read: what the stream says from now on is newer than it. */
	reading(): void {
		this.newer = new Set();
	}

	/** The whole list: what is not in it is normal. */
	replace(list: readonly Alarm[]): void {
		const newer = this.newer ?? new Set<string>();
		for (const id of [...this.byId.keys()]) if (!newer.has(id)) this.byId.delete(id);
		for (const a of list) if (!newer.has(a.alarm)) this.byId.set(a.alarm, a);
		this.newer = null;
		this.loaded.set(true);
		this.soon();
	}

	change(a: Alarm): void {
		const before = this.byId.get(a.alarm);
		this.newer?.add(a.alarm);
		if (isOpen(a)) this.byId.set(a.alarm, a.next === undefined && before?.next ? { ...a, next: before.next } : a);
		else this.byId.delete(a.alarm);
		this.soon();
	}

	/** Who is told of it next has become another. */
	changeNext(id: string, next: Next | null): void {
		const a = this.byId.get(id);
		if (!a) return;
		this.newer?.add(id);
		this.byId.set(id, { ...a, next });
		this.soon();
	}

	find(id: string): Alarm | undefined {
		return this.byId.get(id);
	}

	/** Nobody is logged in: nothing of what was seen stays. */
	forget(): void {
		this.byId.clear();
		this.newer = null;
		this.loaded.set(false);
		this.view.set(EMPTY);
	}

	/* A page that is not in front has no frames: its alarms are heard all the same. */
	private soon(): void {
		if (this.frame) return;
		if (document.hidden) {
			this.frame = -1;
			queueMicrotask(() => this.render());
		} else this.frame = requestAnimationFrame(() => this.render());
	}

	private render(): void {
		this.frame = 0;
		const all = [...this.byId.values()].filter(isOpen);
		const standing = all.filter((a) => !isHidden(a)).sort(inOrder);
		const counts: Record<Priority, number> = { 1: 0, 2: 0, 3: 0, 4: 0 };
		let tests = 0;
		for (const a of standing) {
			counts[a.priority]++;
			tests += Number(a.test === true);
		}
		this.view.set({ standing, hidden: all.filter(isHidden).sort(inOrder), counts, tests });
	}
}
