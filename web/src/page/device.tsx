/* device.tsx: one thing: where it is, what it says, how far it can be believed. #/device/tank-1 */
import { useEffect } from "preact/hooks";
import { sayAt, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { className, roomName } from "../lib/names";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, stamp } from "../lib/time";
import type { Device as Row } from "../lib/types";
import { usePlaceName } from "../part/estate_map";
import { Mark } from "../part/mark";
import { Await } from "../part/state";
import { Values } from "../part/values";
import { alarms, points } from "../state/live";

interface Mode {
	subject: string;
	mode: string;
	until: string | null;
	reason: string | null;
}
interface Detail extends Row {
	unit?: number | null;
	address?: string | null;
}

/** Out of service or in test: said before any value. */
function Modes({ device }: { device: Row }) {
	const modes = useLoaded<Mode[]>("/v1/modes", 30_000).value ?? [];
	const here = modes.filter((m) => m.subject === device.device || device.place === m.subject || device.place.startsWith(`${m.subject}/`));
	return (
		<>
			{here
				.filter((m) => m.mode === "test" || m.mode === "out_of_service")
				.map((m) => (
					<p key={`${m.mode}${m.subject}`} class="strip">
						<b>{t(m.mode === "test" ? "inTest" : "outOfService")}</b> {m.until && `${t("until")} ${stamp(m.until)}`} {m.reason}
					</p>
				))}
		</>
	);
}

export function Device({ id }: { id: string }) {
	const rows = useLoaded<Detail[]>(`/v1/devices?match=${encodeURIComponent(id)}`, 30_000);
	useEffect(() => void points.want(`${id}.*`).catch(() => {}), [id]);
	const map = useSubject(points.view);
	const view = useSubject(alarms.view);
	const nameOf = usePlaceName();
	useSubject(tick);
	const own = [...map.values()].filter((p) => p.device === id);
	return (
		<section aria-label={t("device")}>
			<Await of={rows}>
				{(list) => {
					const d = list.find((r) => r.device === id);
					if (!d) return <p class="empty">{t("notFound")}</p>;
					const way = d.bus ? `${d.bus} · ${t("unitAddress")} ${d.unit}` : (d.plugin ?? "–");
					return (
						<>
							<h2 class="title">{d.name}</h2>
							<p class="under">
								<a href={linkTo("place", d.place)}>{nameOf(d.place)}</a>
								{d.room && ` · ${roomName(d.room)}`} · {className(d.class)} · {way} · {d.good > 0 ? age(d.at) : t("lost")}
								{d.class === "lift" && (
									<>
										{" · "}
										<a href={linkTo("lift", id)}>{t("lift")}</a>
									</>
								)}
							</p>
							<Modes device={d} />
							{view.standing
								.filter((a) => a.asset === id)
								.map((a) => (
									<p key={a.alarm} class={`strip strip-${a.priority}`}>
										<Mark priority={a.priority} /> {sayAt(a.text, a.place, nameOf(a.place)) || a.rule}
									</p>
								))}
							<Values of={own} />
							<dl class="facts under">
								<div>
									<dt>{t("name")}</dt>
									<dd>{d.device}</dd>
								</div>
								<div>
									<dt>{t("profile")}</dt>
									<dd>{d.profile}</dd>
								</div>
								{d.address && (
									<div>
										<dt>{t("address")}</dt>
										<dd>{d.address}</dd>
									</div>
								)}
								{d.help && (
									<div>
										<dt>{t("proven")}</dt>
										<dd>{d.proven ? `${stamp(d.proven)} · ${age(d.proven)}` : t("never")}</dd>
									</div>
								)}
							</dl>
						</>
					);
				}}
			</Await>
		</section>
	);
}
