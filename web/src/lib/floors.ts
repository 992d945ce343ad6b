/* floors.ts: which floor a place is on, and from where to where a lift goes: as the box has it (daemon/model/place.h), not guessed
 * where anybody has said it. */
import type { Building, Device } from "./types";

/** 1204, 302 and 1204a say their floor; 12, 12004 and pump-room do not: 0. */
export function floorOf(place: string): number {
	const flat = /\/(\d{3,4})[a-z]?$/i.exec(place)?.[1];
	return flat ? Math.floor(Number(flat) / 100) : 0;
}

export interface Floors {
	top: number;
	bottom: number;
	/** False: nobody has said it; it is as high as its flats, or what is usual. */
	known: boolean;
}
const USUAL = 33;

/** Of a building: as it is declared; else as high as its flats. `seen`: where its lifts have been. */
export function floorsOf(building: Building | undefined, places: Iterable<string>, seen: readonly number[]): Floors {
	let top = 0;
	for (const p of places) top = Math.max(top, floorOf(p));
	top = building?.floors ?? top;
	const bottom = Math.min(1, ...seen.filter((f) => f < 1 && f > -20));
	return { top: Math.max(top > 0 ? top : USUAL, ...seen), bottom, known: typeof building?.floors === "number" };
}

export function buildingOf(place: string): string {
	return place.split("/")[0] ?? "";
}

/** The second part, where there is a third: b3/u1/1204 is in u1; what belongs to no unit is in "". A lift of b3/u1 is in u1 too. */
export function unitOf(d: Pick<Device, "place" | "class">): string {
	const parts = d.place.split("/");
	return parts.length > 2 || (d.class === "lift" && parts.length === 2) ? parts[1]! : "";
}
