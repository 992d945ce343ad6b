/* setup.tsx: what a technician sets up and looks after: devices that were heard of and are not configured, ways of help that nobody has tried,
 * who is on duty, who may log in. What changes the configuration is done with estatectl, which checks it; the words stand here. */
import { t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { age, stamp } from "../lib/time";
import type { Device, Role } from "../lib/types";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { session } from "../state/live";

interface Discovered {
	plugin: string;
	address: string;
	vendor: string | null;
	model: string | null;
	at: string | null;
	profiles: string[];
}
interface Duty {
	duty: string;
	contact: string;
	name: string;
	means: string;
	on_duty: boolean;
	order: number;
}
interface User {
	user: string;
	role: Role;
	scope: string[];
}

const EVERY_MS = 15_000;

function Unproven() {
	const devices = useLoaded<Device[]>("/v1/devices", EVERY_MS);
	return (
		<Await of={devices}>
			{(list) => {
				const help = list.filter((d) => d.help).sort((a, b) => (a.proven ?? "").localeCompare(b.proven ?? ""));
				return help.length ? (
					<Rows
						label={t("proven")}
						head={[t("device"), t("place"), t("proven")]}
						rows={help.map((d) => [<a href={linkTo("device", d.device)}>{d.name}</a>, d.place, d.proven ? age(d.proven) : <span class="warn">{t("never")}</span>])}
					/>
				) : (
					<p class="under">{t("noRows")}</p>
				);
			}}
		</Await>
	);
}

function NewDevices() {
	const found = useLoaded<Discovered[]>("/v1/devices?discovered=1", EVERY_MS);
	return (
		<Await of={found}>
			{(list) =>
				list.length ? (
					<>
						<Rows
							label={t("discovered")}
							head={[t("device"), t("model"), t("at"), t("profile")]}
							rows={list.map((d) => [`${d.plugin} · ${d.address}`, [d.vendor, d.model].filter(Boolean).join(" "), age(d.at), d.profiles.join(" ")])}
						/>
						<p class="under">{t("adoptHow")}</p>
					</>
				) : (
					<p class="under">{t("noRows")}</p>
				)
			}
		</Await>
	);
}

function OnDuty() {
	const duties = useLoaded<Duty[]>("/v1/duty", EVERY_MS);
	return (
		<Await of={duties}>
			{(list) => (
				<Rows
					label={t("duties")}
					head={[t("duty"), t("who"), t("means"), t("stateOf")]}
					rows={list.map((d) => [d.duty, d.name, d.means, d.on_duty ? `${d.order}` : <span class="under">{t("offDuty")}</span>])}
				/>
			)}
		</Await>
	);
}

function Users() {
	const users = useLoaded<User[]>("/v1/users", EVERY_MS);
	return (
		<Await of={users}>
			{(list) => <Rows label={t("users")} head={[t("user"), t("role"), t("place")]} rows={list.map((u) => [u.user, u.role, u.scope.join(" ")])} />}
		</Await>
	);
}

export function Setup() {
	const s = useSubject(session);
	if (!s) return null;
	return (
		<section class="health" aria-label={t("setup")}>
			<h2>{t("proven")}</h2>
			<Unproven />
			<h2>{t("discovered")}</h2>
			<NewDevices />
			<h2>{t("duties")}</h2>
			<OnDuty />
			{s.role === "admin" && (
				<>
					<h2>{t("users")}</h2>
					<Users />
				</>
			)}
			<p class="under">
				{t("sessionUntil")} {stamp(s.expires)}
			</p>
		</section>
	);
}
