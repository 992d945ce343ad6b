/* place_name.ts: what a place is called in the words of this estate. */
import { placeName } from "../lib/names";
import { useSubject } from "../lib/subject";
import { buildingNames } from "../state/places";

export function usePlaceName(): (place: string) => string {
	const names = useSubject(buildingNames);
	return (place) => placeName(place, names);
}
