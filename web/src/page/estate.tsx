/* estate.tsx: the whole estate as a map, and what is at one place of it. */
import { t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { className, roomName } from "../lib/names";
import { linkTo } from "../lib/router";
import type { Device } from "../lib/types";
import { EstateMap, MapKey } from "../part/estate_map";
import { usePlaceName } from "../part/place_name";
import { Await } from "../part/state";
import { StripsAt } from "../part/strips";

export function Estate() {
	return (
		<section aria-label={t("estate")}>
			<MapKey />
			<EstateMap />
		</section>
	);
}

/** What is at one place: its devices, and what is open there. #/place/b3/u1/1204 */
export function Place({ place }: { place: string }) {
	const devices = useLoaded<Device[]>("/v1/devices", 15_000);
	const nameOf = usePlaceName();
	const below = (p: string): boolean => p === place || p.startsWith(`${place}/`);
	return (
		<section aria-label={place}>
			<h2 class="title">{nameOf(place)}</h2>
			{nameOf(place) !== place && <p class="under">{place}</p>}
			<StripsAt place={place} />
			{!place.includes("/") && <EstateMap only={place} />}
			<Await of={devices}>
				{(list) => {
					const here = list.filter((d) => below(d.place));
					if (!here.length) return <p class="empty">{t("noDevicesHere")}</p>;
					return (
						<ol class="devices">
							{here.map((d) => (
								<li key={d.device}>
									<a href={linkTo(d.class === "lift" ? "lift" : "device", d.device)}>{d.name}</a>
									<span class="under">
										{className(d.class)}
										{d.room && ` · ${roomName(d.room)}`}
									</span>
									<span class={d.good ? "" : "warn"}>{d.good ? `${d.good}/${d.points}` : t("lost")}</span>
								</li>
							))}
						</ol>
					);
				}}
			</Await>
		</section>
	);
}
