/* load.ts: a list or an object of the API as a view shows it: being read, there, or failed with a way to try again. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, Problem } from "./api";

export interface Loaded<T> {
	value: T | null;
	problem: string;
	status: number; // of the problem; 0: nobody answered
	again(): void;
}

/** everyMs: read anew that often while the view is open; 0: once. path null: not yet. */
export function useLoaded<T>(path: string | null, everyMs = 0): Loaded<T> {
	const [value, setValue] = useState<T | null>(null);
	const [problem, setProblem] = useState("");
	const [status, setStatus] = useState(0);
	const [round, setRound] = useState(0);
	const again = useCallback(() => setRound((n) => n + 1), []);
	useEffect(() => {
		if (!path) return;
		const abort = new AbortController();
		get<T>(path, abort.signal)
			.then((v) => {
				setValue(v);
				setProblem("");
			})
			.catch((e: Error) => {
				if (abort.signal.aborted) return;
				setStatus(e instanceof Problem ? e.status : 0);
				setProblem(e.message || String(e));
			});
		const timer = everyMs ? window.setTimeout(again, everyMs) : 0;
		return () => {
			abort.abort();
			window.clearTimeout(timer);
		};
	}, [path, round, everyMs, again]);
	return { value, problem, status, again };
}
