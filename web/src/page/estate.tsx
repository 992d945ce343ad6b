/* estate.tsx: the estate as a map (关爱地图): a building a column, floors down, a cell a dwelling or a room; lifts move in their
 * shafts. Only the unusual is coloured: what has an open alarm, and what nobody hears from. */
import { useEffect, useMemo } from "preact/hooks";
import { say, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import type { Alarm, Device, Priority } from "../lib/types";
import { LiftShaft } from "../part/lift_shaft";
import { Mark } from "../part/mark";
import { Await } from "../part/state";
import { alarms, points } from "../state/live";

interface Cell {
	place: string;
	devices: Device[];
	silent: number;
	worst: Priority | 0;
}
interface Building {
	id: string;
	lifts: Device[];
	floors: Map<number, Cell[]>; // 0: what is on no floor
}

/** b3/u1/1204 is floor 12. */
function floorOf(place: string): number {
	const flat = /\/(\d{3,4})$/.exec(place)?.[1];
	return flat ? Math.floor(Number(flat) / 100) : 0;
}

function arrange(devices: readonly Device[], open: readonly Alarm[]): Building[] {
	const buildings = new Map<string, Building>();
	const cells = new Map<string, Cell>();
	for (const d of devices) {
		const id = d.place.split("/")[0] ?? "";
		let b = buildings.get(id);
		if (!b) buildings.set(id, (b = { id, lifts: [], floors: new Map() }));
		if (d.class === "lift") {
			b.lifts.push(d);
			continue;
		}
		let c = cells.get(d.place);
		if (!c) {
			cells.set(d.place, (c = { place: d.place, devices: [], silent: 0, worst: 0 }));
			const floor = floorOf(d.place);
			b.floors.set(floor, [...(b.floors.get(floor) ?? []), c]);
		}
		c.devices.push(d);
		c.silent += Number(d.good === 0);
	}
	for (const a of open) {
		const c = cells.get(a.place);
		if (c && (c.worst === 0 || a.priority < c.worst)) c.worst = a.priority;
	}
	return [...buildings.values()].sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}

function CellLink({ cell }: { cell: Cell }) {
	const silent = cell.silent > 0;
	return (
		<a class={`cell cell-${cell.worst} ${silent ? "is-lost" : ""}`} href={linkTo("place", cell.place)} title={cell.place}>
			{cell.place.split("/").slice(1).join("/") || cell.place}
			{cell.worst > 0 && <Mark priority={cell.worst as Priority} />}
			{silent && (
				<small>
					{cell.silent} {t("lost")}
				</small>
			)}
		</a>
	);
}

export function Estate() {
	const devices = useLoaded<Device[]>("/v1/devices", 15_000);
	const view = useSubject(alarms.view);
	const map = useSubject(points.view);
	const buildings = useMemo(() => (devices.value ? arrange(devices.value, view.standing) : []), [devices.value, view]);
	const lifts = devices.value?.filter((d) => d.class === "lift");
	useEffect(() => {
		for (const d of lifts ?? []) void points.want(`${d.device}.*`).catch(() => {});
	}, [lifts?.map((d) => d.device).join()]);
	return (
		<section class="estate" aria-label={t("estate")}>
			<Await of={devices}>
				{() =>
					buildings.map((b) => (
						<article key={b.id} class="building">
							<h2>{b.id}</h2>
							<div class="shafts">
								{b.lifts.map((l) => (
									<a key={l.device} href={linkTo("device", l.device)} title={l.name}>
										<LiftShaft id={l.device} points={map} />
									</a>
								))}
							</div>
							<ol class="floors">
								{[...b.floors.keys()]
									.sort((x, y) => y - x)
									.map((f) => (
										<li key={f}>
											<span class="floor">{f ? `${f}F` : ""}</span>
											<span class="cells">
												{b.floors.get(f)!.map((c) => (
													<CellLink key={c.place} cell={c} />
												))}
											</span>
										</li>
									))}
							</ol>
						</article>
					))
				}
			</Await>
		</section>
	);
}

/** What is at one place: its devices, and what is open there. #/place/b3/u1/1204 */
export function Place({ place }: { place: string }) {
	const devices = useLoaded<Device[]>("/v1/devices", 15_000);
	const view = useSubject(alarms.view);
	const below = (p: string): boolean => p === place || p.startsWith(`${place}/`);
	return (
		<section aria-label={place}>
			<h2 class="title">{place}</h2>
			{view.standing
				.filter((a) => below(a.place))
				.map((a) => (
					<p key={a.alarm} class={`strip strip-${a.priority}`}>
						<Mark priority={a.priority} /> {say(a.text)}
					</p>
				))}
			<Await of={devices}>
				{(list) => (
					<ol class="devices">
						{list
							.filter((d) => below(d.place))
							.map((d) => (
								<li key={d.device}>
									<a href={linkTo("device", d.device)}>{d.name}</a>
									<span class="under">
										{d.class}
										{d.room && ` · ${d.room}`}
									</span>
									<span class={d.good ? "" : "warn"}>{d.good ? `${d.good}/${d.points}` : t("lost")}</span>
								</li>
							))}
					</ol>
				)}
			</Await>
		</section>
	);
}
