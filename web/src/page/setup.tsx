/* setup.tsx: what a technician sets up and looks after: devices that were heard of and are not configured, what is in test and for how
 * long, ways of help that nobody has tried. What changes the configuration is done with estatectl on the box, which checks it; the line
 * to run is made here. */
import { useState } from "preact/hooks";
import { post } from "../lib/api";
import { t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { placePath, ROOM_IDS, roomWord } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { age, stamp } from "../lib/time";
import type { Device } from "../lib/types";
import { Dialog } from "../part/dialog";
import { usePlaceName } from "../part/place_name";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { SubNav } from "../part/subnav";
import { session } from "../state/live";

interface Discovered {
	plugin: string;
	address: string;
	vendor: string | null;
	model: string | null;
	at: string | null;
	profiles: string[];
}
interface Mode {
	mode: "out_of_service" | "test" | "proven";
	subject: string;
	until: string | null;
	by: string | null;
	reason: string | null;
}

const EVERY_MS = 15_000;

function Unproven() {
	const placeName = usePlaceName();
	const devices = useLoaded<Device[]>("/v1/devices", EVERY_MS);
	return (
		<Await of={devices}>
			{(list) => {
				const help = list.filter((d) => d.help).sort((a, b) => (a.proven ?? "").localeCompare(b.proven ?? ""));
				return help.length ? (
					<Rows
						narrow="cards"
						label={t("proven")}
						head={[t("device"), t("place"), t("proven")]}
						rows={help.map((d) => [<a href={linkTo("device", d.device)}>{d.name}</a>, placeName(d.place), d.proven ? age(d.proven) : <span class="warn">{t("never")}</span>])}
					/>
				) : (
					<p class="under">{t("noRows")}</p>
				);
			}}
		</Await>
	);
}

/* ---- what was heard of ---- */

/** As a shell reads it. */
function quoted(word: string): string {
	return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function lineOf(d: Discovered, said: { place: string; room: string; name: string; profile: string; door: boolean }): string {
	const options: readonly (readonly [string, string])[] = [
		["--plugin", d.plugin],
		["--profile", said.profile],
		["--place", said.place.trim()],
		["--room", said.room],
		["--name", said.name.trim()],
	];
	const words = ["sudo", "estatectl", "adopt", d.address];
	for (const [option, value] of options) if (value) words.push(option, value);
	if (said.door) words.push("--entrance");
	return words.map(quoted).join(" ");
}

function AdoptDialog({ device, close }: { device: Discovered; close(): void }) {
	const [place, setPlace] = useState("");
	const [room, setRoom] = useState("");
	const [name, setName] = useState("");
	const [profile, setProfile] = useState(device.profiles[0] ?? "");
	const [door, setDoor] = useState(false);
	const [copied, setCopied] = useState(false);
	const line = lineOf(device, { place, room, name, profile, door });
	/* Only a page of TLS, or of the box itself, may write into the clipboard; the line can be selected everywhere. */
	const copy = async (): Promise<void> => {
		await navigator.clipboard?.writeText(line);
		setCopied(navigator.clipboard !== undefined);
	};
	return (
		<Dialog title={`${t("adopt")} · ${device.address}`} go={t("copy")} ready={place.trim() !== ""} close={close} stays act={copy}>
			<label class="field">
				{t("place")}
				<input value={place} required placeholder="b3/u1/1204" onInput={(e) => setPlace(e.currentTarget.value)} />
			</label>
			<label class="field">
				{t("room")}
				<select value={room} onChange={(e) => setRoom(e.currentTarget.value)}>
					<option value="">–</option>
					{ROOM_IDS.map((r) => (
						<option key={r} value={r}>
							{roomWord(r)}
						</option>
					))}
				</select>
			</label>
			<label class="field">
				{t("name")}
				<input value={name} maxLength={100} onInput={(e) => setName(e.currentTarget.value)} />
			</label>
			<label class="field">
				{t("profile")}
				<input value={profile} list="profiles" onInput={(e) => setProfile(e.currentTarget.value)} />
				<datalist id="profiles">
					{device.profiles.map((p) => (
						<option key={p} value={p} />
					))}
				</datalist>
			</label>
			<label class="check">
				<input type="checkbox" checked={door} onChange={(e) => setDoor(e.currentTarget.checked)} /> {t("ownDoor")}
			</label>
			<p class="under">{t("adoptMore")}</p>
			<p>
				<code class="line">{line}</code>
			</p>
			{copied && <p role="status">{t("copied")}</p>}
		</Dialog>
	);
}

function NewDevices() {
	const found = useLoaded<Discovered[]>("/v1/devices?discovered=1", EVERY_MS);
	const [chosen, choose] = useState<Discovered | null>(null);
	return (
		<Await of={found}>
			{(list) =>
				list.length ? (
					<>
						<Rows
							narrow="cards"
							label={t("discovered")}
							head={[t("device"), t("model"), t("at"), t("profile"), ""]}
							rows={list.map((d) => [
								`${d.plugin} · ${d.address}`,
								[d.vendor, d.model].filter(Boolean).join(" "),
								age(d.at),
								d.profiles.join(" "),
								<button onClick={() => choose(d)}>{t("adopt")}</button>,
							])}
						/>
						{chosen && <AdoptDialog key={chosen.address} device={chosen} close={() => choose(null)} />}
					</>
				) : (
					<p class="under">{t("noRows")}</p>
				)
			}
		</Await>
	);
}

/* ---- test mode ---- */

const LENGTHS = ["30m", "1h", "2h", "8h"] as const;

function TestDialog({ done, close }: { done(): void; close(): void }) {
	const [subject, setSubject] = useState("");
	const [length, setLength] = useState<(typeof LENGTHS)[number]>("30m");
	const [reason, setReason] = useState("");
	return (
		<Dialog title={t("startTest")} go={t("startTest")} ready={subject.trim() !== "" && reason.trim() !== ""} close={close}
			act={() => post(`/v1/test/${placePath(subject.trim())}`, { for: length, reason: reason.trim() }).then(done)}>
			<p class="under">{t("testMore")}</p>
			<label class="field">
				{t("subject")}
				<input value={subject} required placeholder="sos-1204 · b3/u1/1204" onInput={(e) => setSubject(e.currentTarget.value)} />
			</label>
			<fieldset class="choices">
				<legend>{t("forHowLong")}</legend>
				{LENGTHS.map((l) => (
					<label key={l}>
						<input type="radio" name="length" value={l} checked={length === l} onChange={() => setLength(l)} />
						<span>{l}</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("reason")}
				<input value={reason} required maxLength={160} onInput={(e) => setReason(e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

function Modes() {
	const modes = useLoaded<Mode[]>("/v1/modes", EVERY_MS);
	const [starting, start] = useState(false);
	const [problem, setProblem] = useState("");
	const end = (m: Mode): void => {
		const path = m.mode === "test" ? `/v1/test/${placePath(m.subject)}` : `/v1/out-of-service/${encodeURIComponent(m.subject)}`;
		post(path, { for: "0s" }).then(modes.again, (e: Error) => setProblem(e.message));
	};
	return (
		<>
			<Await of={modes}>
				{(all) => {
					const list = all.filter((m) => m.mode !== "proven");
					if (!list.length) return <p class="under">{t("nothingInTest")}</p>;
					return (
						<Rows
							narrow="cards"
							label={t("testMode")}
							head={[t("subject"), t("stateOf"), t("until"), t("by"), t("reason"), ""]}
							rows={list.map((m) => [
								m.subject,
								<span class="tag">{t(m.mode === "test" ? "test" : "out_of_service")}</span>,
								stamp(m.until),
								m.by ?? "",
								m.reason ?? "",
								<button onClick={() => end(m)}>{t("endTest")}</button>,
							])}
						/>
					);
				}}
			</Await>
			{problem && (
				<p class="problem" role="alert">
					{t("failed")}: {problem}
				</p>
			)}
			<button onClick={() => start(true)}>{t("startTest")}</button>
			{starting && <TestDialog done={modes.again} close={() => start(false)} />}
		</>
	);
}

export function Setup() {
	const s = useSubject(session);
	if (!s) return null;
	return (
		<section class="health" aria-label={t("setup")}>
			<SubNav of="setup" />
			<h2>{t("discovered")}</h2>
			<NewDevices />
			<h2>{t("testMode")}</h2>
			<Modes />
			<h2>{t("proven")}</h2>
			<Unproven />
		</section>
	);
}
