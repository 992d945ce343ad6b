/* in_sight.ts: a row that is pushed sideways where it has no room: what is chosen in it stands in the middle. */
import { useEffect, useRef } from "preact/hooks";

export function useInSight<E extends HTMLElement>(chosen: string): { current: E | null } {
	const row = useRef<E>(null);
	useEffect(() => {
		const own = row.current?.querySelector<HTMLElement>("[aria-current]");
		if (own && row.current) row.current.scrollLeft = own.offsetLeft - row.current.offsetLeft - (row.current.clientWidth - own.offsetWidth) / 2;
	}, [chosen]);
	return row;
}
