/* places.ts: the buildings, read once for a session: what they are called and how high they are. */
import { get } from "../lib/api";
import { Subject } from "../lib/subject";
import type { Building } from "../lib/types";

export const buildings = new Subject<readonly Building[]>([]);
export const buildingNames = new Subject<ReadonlyMap<string, string>>(new Map());
let asked = "";

/** Names in what a reader sees are a courtesy: without them the ids stand there. */
export function wantPlaces(user: string): void {
	if (asked === user) return;
	asked = user;
	get<Building[]>("/v1/places")
		.then((list) => {
			buildings.set(list);
			buildingNames.set(new Map(list.map((b) => [b.place, b.name])));
		})
		.catch(() => (asked = ""));
}
