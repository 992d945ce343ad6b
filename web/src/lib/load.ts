/* load.ts: a list or an object of the API as a view shows it: being read, there, or failed with a way to try again. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, passes, Problem } from "./api";

export interface Loaded<T> {
	value: T | null;
	problem: string;
	status: number; // of the problem; 0: nobody answered
	again(): void;
}

const RETRY_MS = 4000;

/** everyMs: read anew that often while the view is open; 0: once, and again until it comes. path null: not yet. */
export function useLoaded<T>(path: string | null, everyMs = 0): Loaded<T> {
	const [value, setValue] = useState<T | null>(null);
	const [problem, setProblem] = useState("");
	const [status, setStatus] = useState(0);
	const [round, setRound] = useState(0);
	const again = useCallback(() => setRound((n) => n + 1), []);
	useEffect(() => {
		if (!path) return;
		const abort = new AbortController();
		let timer = everyMs ? window.setTimeout(again, everyMs) : 0;
		get<T>(path, abort.signal)
			.then((v) => {
				setValue(v);
				setProblem("");
			})
			.catch((e: Error) => {
				if (abort.signal.aborted) return;
				const of = e instanceof Problem ? e.status : 0;
				setStatus(of);
				setProblem(e.message || String(e));
				if (!everyMs && passes(of)) timer = window.setTimeout(again, RETRY_MS);
			});
		return () => {
			abort.abort();
			window.clearTimeout(timer);
		};
	}, [path, round, everyMs, again]);
	return { value, problem, status, again };
}
