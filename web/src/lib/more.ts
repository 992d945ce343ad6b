/* more.ts: of a long list what the reader has come to, and a little ahead: what nobody sees costs nothing. On paper all of it stands. */
import { options } from "preact";
import { useEffect, useState } from "preact/hooks";

const AHEAD_PX = 600;

export interface Some {
	/** How many are drawn. */
	shown: number;
	/** Draws all of them: for the browser's own search. */
	all(): void;
}

/** Drawn before this comes back: a browser prints what stands there then. */
function atOnce(act: () => void): void {
	const before = options.debounceRendering;
	options.debounceRendering = (draw) => draw();
	act();
	if (before) options.debounceRendering = before;
	else delete options.debounceRendering;
}

function usePrinting(): boolean {
	const [printing, set] = useState(false);
	useEffect(() => {
		const begin = (): void => atOnce(() => set(true));
		const end = (): void => set(false);
		window.addEventListener("beforeprint", begin);
		window.addEventListener("afterprint", end);
		return () => {
			window.removeEventListener("beforeprint", begin);
			window.removeEventListener("afterprint", end);
		};
	}, []);
	return printing;
}

/** The first of a list that has something else below it: the rest comes when it is asked for. */
export function useSome(count: number, first: number): Some {
	const [whole, set] = useState(false);
	const printing = usePrinting();
	return { shown: whole || printing ? count : Math.min(first, count), all: () => set(true) };
}

/** The last list of a page: more of it comes as the reader scrolls on. */
export function useMore(count: number, first: number): Some {
	const [most, set] = useState(first);
	const printing = usePrinting();
	useEffect(() => {
		const look = (): void => {
			if (window.innerHeight + window.scrollY > document.body.scrollHeight - AHEAD_PX) set((n) => (n < count ? n + first : n));
		};
		look(); // a large screen has room for more from the first
		window.addEventListener("scroll", look, { passive: true });
		window.addEventListener("resize", look, { passive: true });
		return () => {
			window.removeEventListener("scroll", look);
			window.removeEventListener("resize", look);
		};
	}, [count, first, most]);
	return { shown: printing ? count : Math.min(most, count), all: () => set(Infinity) };
}
