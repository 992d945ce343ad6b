/* subject.ts: a value that others watch: all the state that the page has. */
import { useEffect, useRef, useState } from "preact/hooks";

export class Subject<T> {
	private readonly watchers = new Set<(value: T) => void>();

	constructor(private current: T) {}

	get value(): T {
		return this.current;
	}

	set(value: T): void {
		if (value === this.current) return;
		this.current = value;
		for (const w of this.watchers) w(value);
	}

	/** Told at once and with each change, until the function that comes back is called. */
	watch(w: (value: T) => void): () => void {
		this.watchers.add(w);
		w(this.current);
		return () => this.watchers.delete(w);
	}
}

/** Only what a view makes of it: it is shown anew when that is another. */
export function useSelected<T, R extends string | number | boolean | object | null | undefined>(s: Subject<T>, select: (value: T) => R): R {
	const latest = useRef(select);
	latest.current = select;
	const [value, set] = useState<R>(() => select(s.value));
	useEffect(() => s.watch((v) => set(() => latest.current(v))), [s]);
	return value;
}

export function useSubject<T>(s: Subject<T>): T {
	const [value, set] = useState<T>(() => s.value);
	useEffect(() => s.watch((v) => set(() => v)), [s]);
	return value;
}
