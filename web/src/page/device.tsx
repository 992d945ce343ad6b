/* device.tsx: one thing: where it is, what it says, how far it can be believed. #/device/lift-1 */
import { useEffect } from "preact/hooks";
import { say, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age } from "../lib/time";
import type { Device as Row } from "../lib/types";
import { LiftShaft } from "../part/lift_shaft";
import { Await } from "../part/state";
import { Value } from "../part/value";
import { alarms, points } from "../state/live";

export function Device({ id }: { id: string }) {
	const rows = useLoaded<Row[]>(`/v1/devices?match=${encodeURIComponent(id)}`, 30_000);
	useEffect(() => void points.want(`${id}.*`).catch(() => {}), [id]);
	const map = useSubject(points.view);
	const view = useSubject(alarms.view);
	useSubject(tick);
	const own = [...map.values()].filter((p) => p.device === id);
	return (
		<section aria-label={t("device")}>
			<Await of={rows}>
				{(list) => {
					const d = list.find((r) => r.device === id);
					if (!d) return <p class="empty">{t("nothingThere")}</p>;
					return (
						<>
							<h2 class="title">{d.name}</h2>
							<p class="under">
								<a href={linkTo("place", d.place)}>{d.place}</a> · {d.class} · {d.bus ?? d.plugin ?? "–"} · {age(d.at)}
							</p>
							{view.standing
								.filter((a) => a.asset === id)
								.map((a) => (
									<p key={a.alarm} class={`strip strip-${a.priority}`}>
										{say(a.text)}
									</p>
								))}
							{d.class === "lift" && <LiftShaft id={id} points={map} />}
							<dl class="values">
								{own.map((p) => (
									<div key={p.point}>
										<dt>
											<a href={linkTo("point", p.point)}>{p.point.slice(id.length + 1)}</a>
										</dt>
										<dd>
											<Value point={p} />
										</dd>
									</div>
								))}
							</dl>
						</>
					);
				}}
			</Await>
		</section>
	);
}
