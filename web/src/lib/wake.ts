/* wake.ts: a wall never sleeps. The browser gives the lock up when the page is not in front, so it is asked for again whenever it is. */
import { useEffect } from "preact/hooks";
import { Subject } from "./subject";

/** False: this browser lets the screen sleep (it grants no lock to a page without TLS): the system has to be told. */
export const awake = new Subject(true);

export function useWake(wanted: boolean): void {
	useEffect(() => {
		if (!wanted) return;
		let lock: WakeLockSentinel | null = null;
		let over = false;
		const ask = async (): Promise<void> => {
			if (document.hidden || over || (lock && !lock.released)) return;
			try {
				const got = await navigator.wakeLock.request("screen");
				if (over) void got.release();
				else lock = got;
				awake.set(true);
			} catch {
				awake.set(false);
			}
		};
		void ask();
		const timer = window.setInterval(() => void ask(), 60_000);
		const look = (): void => void ask();
		document.addEventListener("visibilitychange", look);
		return () => {
			over = true;
			window.clearInterval(timer);
			document.removeEventListener("visibilitychange", look);
			void lock?.release();
		};
	}, [wanted]);
}
