/* keys.ts: one table of keys a view; what is typed into a field is never one. */
import { useLayoutEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, () => void>>;

function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function useKeys(keys: Keys): void {
	/* What a key does is always that of the last picture: one that is pressed right after an alarm has appeared is not lost. */
	const latest = useRef(keys);
	latest.current = keys;
	useLayoutEffect(() => {
		const press = (e: KeyboardEvent): void => {
			if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector("dialog[open]")) return;
			const act = latest.current[e.key.length === 1 ? e.key.toLowerCase() : e.key];
			if (!act) return;
			e.preventDefault();
			act();
		};
		window.addEventListener("keydown", press);
		return () => window.removeEventListener("keydown", press);
	}, []);
}
