/* device.tsx: one thing: where it is, what it says, how far it can be believed. #/device/tank-1 */
import { t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { className, roomName } from "../lib/names";
import { linkTo } from "../lib/router";
import { age, stamp } from "../lib/time";
import type { Device as Row } from "../lib/types";
import { Await } from "../part/state";
import { ThingHead, useThing } from "../part/thing";
import { Values } from "../part/values";

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
	const { rows, own, find } = useThing<Detail>(id);
	return (
		<section aria-label={t("device")}>
			<Await of={rows}>
				{(list) => {
					const d = find(list);
					if (!d) return <p class="empty">{t("notFound")}</p>;
					const way = d.bus ? `${d.bus} · ${t("unitAddress")} ${d.unit}` : (d.plugin ?? "–");
					const more = (
						<>
							{d.room && ` · ${roomName(d.room)}`} · {className(d.class)} · {way}
							{d.class === "lift" && (
								<>
									{" · "}
									<a href={linkTo("lift", id)}>{t("lift")}</a>
								</>
							)}
						</>
					);
					return (
						<>
							<ThingHead device={d} more={more} under={<Modes device={d} />} />
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
