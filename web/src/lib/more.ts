/* more.ts: of a long list what the reader has come to, and a little ahead: what nobody sees costs nothing. */
import { useEffect, useState } from "preact/hooks";

const AHEAD_PX = 600;

export interface Some {
	/** How many are drawn. */
	shown: number;
	/** Draws all of them: for paper, or for the browser's own search. */
	all(): void;
}

/** The first of a list that has something else below it: the rest comes when it is asked for. */
export function useSome(count: number, first: number): Some {
	const [whole, set] = useState(false);
	return { shown: whole ? count : Math.min(first, count), all: () => set(true) };
}

/** The last list of a page: more of it comes as the reader scrolls on. */
export function useMore(count: number, atOnce: number): Some {
	const [most, set] = useState(atOnce);
	useEffect(() => {
		const look = (): void => {
			if (window.innerHeight + window.scrollY > document.body.scrollHeight - AHEAD_PX) set((n) => (n < count ? n + atOnce : n));
		};
		window.addEventListener("scroll", look, { passive: true });
		return () => window.removeEventListener("scroll", look);
	}, [count, atOnce]);
	return { shown: Math.min(most, count), all: () => set(Infinity) };
}
