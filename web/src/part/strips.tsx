/* strips.tsx: what is open there, in the words of the alarm: above what a page knows of a place or a thing. */
import { sayAt } from "../lib/i18n";
import { useSubject } from "../lib/subject";
import type { Alarm } from "../lib/types";
import { alarms } from "../state/live";
import { Mark } from "./mark";
import { usePlaceName } from "./place_name";

export function Strips({ of }: { of(alarm: Alarm): boolean }) {
	const view = useSubject(alarms.view);
	const nameOf = usePlaceName();
	return (
		<>
			{view.standing.filter(of).map((a) => (
				<p key={a.alarm} class={`strip strip-${a.priority}`}>
					<Mark priority={a.priority} /> {sayAt(a.text, a.place, nameOf(a.place)) || a.rule}
				</p>
			))}
		</>
	);
}

/** Of a place and all that is below it. */
export function StripsAt({ place }: { place: string }) {
	return <Strips of={(a) => a.place === place || a.place.startsWith(`${place}/`)} />;
}
