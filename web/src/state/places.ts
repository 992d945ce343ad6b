/* places.ts: the buildings, read once for a session: what they are called and how high they are. */
import { get, Problem } from "../lib/api";
import { Subject } from "../lib/subject";
import type { Building, Session } from "../lib/types";
import { session } from "./live";

export const buildings = new Subject<readonly Building[]>([]);
export const buildingNames = new Subject<ReadonlyMap<string, string>>(new Map());

const RETRY_MS = 2000;

function know(list: readonly Building[]): void {
	buildings.set(list);
	buildingNames.set(new Map(list.map((b) => [b.place, b.name])));
}

/** Names in what a reader sees are a courtesy: until they come the ids stand there. */
function read(who: Session): void {
	get<Building[]>("/v1/places")
		.then((list) => session.value === who && know(list))
		.catch((e: unknown) => {
			const refused = e instanceof Problem && e.status >= 400 && e.status < 500;
			if (!refused) window.setTimeout(() => session.value === who && read(who), RETRY_MS);
		});
}

session.watch((who) => {
	know([]); // the next reader's places are others
	if (who) read(who);
});
