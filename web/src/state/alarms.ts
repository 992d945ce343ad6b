/* alarms.ts: the alarms as the box last said them: a list at first, then change by change. Rendered at most once a frame, so
 * that a thousand alarms in a minute stay smooth. */
import { Subject } from "../lib/subject";
import type { Alarm, AlarmState, Priority } from "../lib/types";

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

/** By priority; within one what needs a look first, then the oldest. */
export function inOrder(a: Alarm, b: Alarm): number {
	return (
		a.priority - b.priority ||
		Number(needsLook(b)) - Number(needsLook(a)) ||
		Date.parse(a.since) - Date.parse(b.since) ||
		(a.alarm < b.alarm ? -1 : 1)
	);
}

export interface AlarmView {
	standing: readonly Alarm[]; // open, and people are told; in order
	hidden: readonly Alarm[]; // shelved, suppressed, out of service
	counts: Readonly<Record<Priority, number>>; // of standing
}

const EMPTY: AlarmView = { standing: [], hidden: [], counts: { 1: 0, 2: 0, 3: 0, 4: 0 } };

export class Alarms {
	readonly view = new Subject<AlarmView>(EMPTY);
	readonly loaded = new Subject(false);
	private readonly byId = new Map<string, Alarm>();
	private frame = 0;

	/** The whole list: what is not in it is normal. */
	replace(list: readonly Alarm[]): void {
		this.byId.clear();
		for (const a of list) this.byId.set(a.alarm, a);
		this.loaded.set(true);
		this.soon();
	}

	change(a: Alarm): void {
		if (isOpen(a)) this.byId.set(a.alarm, a);
		else this.byId.delete(a.alarm);
		this.soon();
	}

	find(id: string): Alarm | undefined {
		return this.byId.get(id);
	}

	private soon(): void {
		if (!this.frame) this.frame = requestAnimationFrame(() => this.render());
	}

	private render(): void {
		this.frame = 0;
		const all = [...this.byId.values()].filter(isOpen);
		const standing = all.filter((a) => !isHidden(a)).sort(inOrder);
		const counts: Record<Priority, number> = { 1: 0, 2: 0, 3: 0, 4: 0 };
		for (const a of standing) counts[a.priority]++;
		this.view.set({ standing, hidden: all.filter(isHidden).sort(inOrder), counts });
	}
}
