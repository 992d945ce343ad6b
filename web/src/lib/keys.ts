/* keys.ts: one table of keys a view; what is typed into a field is never one. */
import { useEffect } from "preact/hooks";

export type Keys = Readonly<Record<string, () => void>>;

function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function useKeys(keys: Keys): void {
	useEffect(() => {
		const press = (e: KeyboardEvent): void => {
			if (e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target) || document.querySelector("dialog[open]")) return;
			const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
			if (!act) return;
			e.preventDefault();
			act();
		};
		window.addEventListener("keydown", press);
		return () => window.removeEventListener("keydown", press);
	});
}
