/* thing.tsx: what stands above all that is told of one device: its name, where it is, how old its last word is, what is open. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../lib/i18n";
import { type Loaded, useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age } from "../lib/time";
import type { Device, Point } from "../lib/types";
import { points } from "../state/live";
import { usePlaceName } from "./place_name";
import { Strips } from "./strips";

const EVERY_MS = 30_000;

/** The device as the box has it, and its points, live. Null: there is none of that name, or not for this reader. */
export function useThing<D extends Device>(id: string): { rows: Loaded<D[]>; own: Point[]; find(list: readonly D[]): D | null } {
	const rows = useLoaded<D[]>(`/v1/devices?match=${encodeURIComponent(id)}`, EVERY_MS);
	useEffect(() => points.want(`${id}.*`), [id]);
	const map = useSubject(points.view);
	return { rows, own: [...map.values()].filter((p) => p.device === id), find: (list) => list.find((d) => d.device === id) ?? null };
}

/** more: behind the place; under: between the line of facts and what is open. */
export function ThingHead({ device, more, under }: { device: Device; more: ComponentChildren; under?: ComponentChildren }) {
	const nameOf = usePlaceName();
	useSubject(tick);
	return (
		<>
			<h2 class="title">{device.name}</h2>
			<p class="under">
				<a href={linkTo("place", device.place)}>{nameOf(device.place)}</a>
				{more} · {device.good > 0 ? age(device.at) : t("lost")}
			</p>
			{under}
			<Strips of={(a) => a.asset === device.device} />
		</>
	);
}
