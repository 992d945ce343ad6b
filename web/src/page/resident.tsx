/* resident.tsx: the register: who lives where, and what is agreed with them. Names, telephone numbers and the sheet are masked until
 * somebody says why; a care worker plans absences and stays in hospital, an administrator writes everything. */
import { useState } from "preact/hooks";
import { post } from "../lib/api";
import { t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useMore } from "../lib/more";
import { CATEGORIES, isCare, NEEDS, released, type Resident, ruleWord, WEEKDAYS, words } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { stamp } from "../lib/time";
import { Dialog } from "../part/dialog";
import { usePlaceName } from "../part/place_name";
import { Masked, useReveal } from "../part/reveal";
import { Rows } from "../part/rows";
import { ShownOf } from "../part/shown_of";
import { Await } from "../part/state";
import { SubNav } from "../part/subnav";
import { session } from "../state/live";

const EVERY_MS = 30_000;
const MASK = "••••";

const pathOf = (id: string): string => `/v1/residents/${encodeURIComponent(id)}`;
const plain = (value: string | null | undefined): string => value || "–";

/* ---- the sheet ---- */

const SHEET: readonly (readonly ["door_code" | "illness" | "doctor" | "note", Word])[] = [
	["door_code", "doorCode"],
	["illness", "illness"],
	["doctor", "doctor"],
	["note", "note"],
];

/** What somebody who goes there now may need to know. At the desk the daemon shows it while an alarm is open there. */
export function SheetOf({ id }: { id: string }) {
	const sheet = useReveal(`${t("sheet")} · ${id}`, (reason) => released<Resident>(`${pathOf(id)}/sheet`, reason));
	return (
		<Masked name={t("sheet")} of={sheet}>
			{(r) => (
				<dl class="entry">
					<Fact name="personName" value={plain(r.name)} />
					<Fact name="phone" value={plain(r.phone)} />
					{SHEET.map(([field, name]) => (
						<Fact key={field} name={name} value={plain(r[field])} />
					))}
					<Fact name="cards" value={plain(r.cards?.join(" · "))} />
				</dl>
			)}
		</Masked>
	);
}

function Fact({ name, value }: { name: Word; value: string }) {
	return (
		<div>
			<dt>{t(name)}</dt>
			<dd dir="auto">{value}</dd>
		</div>
	);
}

/* ---- changes ---- */

/** What is written of a resident: texts by the API's names; lists joined by ';'. */
type Fields = Record<string, string>;

function save(r: Resident | null, fields: Fields): Promise<unknown> {
	return r ? post(pathOf(r.id), { fields, version: r.version }) : post("/v1/residents", { fields });
}

function Choices({ legend, of, value, change }: { legend: Word; of: typeof CATEGORIES; value: string; change(text: string): void }) {
	const set = new Set(value.split(";").filter(Boolean));
	return (
		<fieldset class="choices">
			<legend>{t(legend)}</legend>
			{Object.keys(of).map((key) => (
				<label key={key}>
					<input
						type="checkbox"
						checked={set.has(key)}
						onChange={(e) => {
							if (e.currentTarget.checked) set.add(key);
							else set.delete(key);
							change([...set].join(";"));
						}}
					/>
					<span>{words(of, [key])}</span>
				</label>
			))}
		</fieldset>
	);
}

const TEXTS: readonly (readonly [field: string, name: Word, most: number])[] = [
	["floor", "floor", 4],
	["contacts", "contacts", 300],
	["grid_worker", "gridWorker", 63],
	["rules", "ownRules", 300],
	["limits", "ownLimits", 500],
];
/* Not known here, or masked: an empty field leaves it as it is. */
const HIDDEN: readonly (readonly [field: string, name: Word, most: number])[] = [
	["name", "personName", 100],
	["phone", "phone", 60],
	["door_code", "doorCode", 100],
	["illness", "illness", 500],
	["doctor", "doctor", 200],
	["note", "note", 1000],
	["cards", "cards", 400],
];

function before(r: Resident): Fields {
	return {
		place: r.place,
		categories: r.categories.join(";"),
		needs: r.needs.join(";"),
		dialysis_days: r.dialysis_days.join(";"),
		floor: r.floor === null ? "" : String(r.floor),
		contacts: r.contacts.join(";"),
		grid_worker: r.grid_worker ?? "",
		rules: r.rules.join(";"),
		limits: r.limits.join(";"),
		consent: r.consent ?? "",
	};
}

/** resident null: a new one. */
function EditDialog({ resident, done, close }: { resident: Resident | null; done(): void; close(): void }) {
	const was = resident ? before(resident) : {};
	const [fields, setFields] = useState<Fields>(was);
	const set = (name: string, value: string): void => setFields((f) => ({ ...f, [name]: value }));
	const changed = Object.fromEntries(Object.entries(fields).filter(([k, v]) => v.trim() !== (was[k] ?? "")));
	const text = (name: string, label: Word, most: number, more: { required?: boolean; placeholder?: string } = {}) => (
		<label key={name} class="field">
			{t(label)}
			<input value={fields[name] ?? ""} maxLength={most} {...more} onInput={(e) => set(name, e.currentTarget.value)} />
		</label>
	);
	const ready = Object.keys(changed).length > 0 && (resident !== null || Boolean(fields.id?.trim() && fields.place?.trim() && fields.categories));
	return (
		<Dialog title={resident ? `${t("changeResident")} · ${resident.id}` : t("addResident")} go={t("done")} ready={ready} close={close}
			act={() => save(resident, changed).then(done)}>
			{!resident && text("id", "residentId", 63, { required: true, placeholder: "r-12" })}
			{text("place", "place", 63, { required: true, placeholder: "b3/u1/1204" })}
			<Choices legend="category" of={CATEGORIES} value={fields.categories ?? ""} change={(v) => set("categories", v)} />
			<Choices legend="needs" of={NEEDS} value={fields.needs ?? ""} change={(v) => set("needs", v)} />
			{fields.needs?.split(";").includes("dialysis") && <Choices legend="dialysisDays" of={WEEKDAYS} value={fields.dialysis_days ?? ""} change={(v) => set("dialysis_days", v)} />}
			{HIDDEN.map(([name, label, most]) => text(name, label, most, resident ? { placeholder: t("leaveEmpty") } : {}))}
			{TEXTS.map(([name, label, most]) => text(name, label, most))}
			<label class="field">
				{t("consent")}
				<input type="date" value={fields.consent ?? ""} onInput={(e) => set("consent", e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

/** From one day to another, both of them away; or in hospital, until a day. */
function AbsenceDialog({ resident, hospital, done, close }: { resident: Resident; hospital: boolean; done(): void; close(): void }) {
	const [from, setFrom] = useState("");
	const [until, setUntil] = useState("");
	const fields: Fields = hospital ? { hospital_until: until } : { absences: [...resident.absences, `${from}/${until}`].join(";") };
	return (
		<Dialog title={`${t(hospital ? "hospital" : "addAbsence")} · ${resident.id}`} go={t("done")} close={close}
			ready={until !== "" && (hospital || (from !== "" && from <= until))} act={() => save(resident, fields).then(done)}>
			{!hospital && (
				<label class="field">
					{t("from")}
					<input type="date" value={from} required onInput={(e) => setFrom(e.currentTarget.value)} />
				</label>
			)}
			<label class="field">
				{t("until")}
				<input type="date" value={until} required onInput={(e) => setUntil(e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

function EraseDialog({ resident, close }: { resident: Resident; close(): void }) {
	const [reason, setReason] = useState("");
	const erase = (): Promise<void> =>
		post(`${pathOf(resident.id)}/erase`, { reason: reason.trim() }).then(() => {
			location.hash = linkTo("residents");
		});
	return (
		<Dialog title={`${t("eraseResident")} · ${resident.id}`} go={t("eraseResident")} ready={reason.trim() !== ""} close={close} act={erase}>
			<p>{t("eraseMore")}</p>
			<label class="field">
				{t("reason")}
				<input value={reason} required maxLength={160} onInput={(e) => setReason(e.currentTarget.value)} />
			</label>
		</Dialog>
	);
}

/* ---- who changed what ---- */

interface Version {
	version: number;
	at: string;
	by: string;
	changed: Record<string, { from: string; to: string }>;
}
const LABELS: Readonly<Record<string, Word>> = {
	...Object.fromEntries([...HIDDEN, ...TEXTS]),
	place: "place",
	categories: "category",
	needs: "needs",
	dialysis_days: "dialysisDays",
	absences: "absences",
	hospital_until: "hospitalUntil",
	consent: "consent",
};

function Versions({ id }: { id: string }) {
	const list = useReveal(`${t("versions")} · ${id}`, (reason) => released<Version[]>(`${pathOf(id)}/history`, reason));
	return (
		<Masked name={t("versions")} of={list}>
			{(all) => (
				<ol class="versions">
					{all.map((v) => (
						<li key={v.version}>
							<span class="under">
								{stamp(v.at)} {v.by}
							</span>
							{Object.entries(v.changed).map(([field, { from, to }]) => (
								<span key={field} dir="auto">
									{LABELS[field] ? t(LABELS[field]!) : field}: {from || "–"} → {to || "–"}
								</span>
							))}
						</li>
					))}
				</ol>
			)}
		</Masked>
	);
}

/* ---- one ---- */

type Asked = "edit" | "absence" | "hospital" | "erase" | null;

function Absences({ resident, ask, done }: { resident: Resident; ask(a: Asked): void; done(): void }) {
	const [problem, setProblem] = useState("");
	const write = (fields: Fields) => (): void => {
		save(resident, fields).then(done, (e: Error) => setProblem(e.message));
	};
	return (
		<>
			<h3>{t("absences")}</h3>
			<ul class="spans">
				{resident.absences.map((span) => (
					<li key={span}>
						{span.replace("/", " – ")}
						<button class="quiet" aria-label={`${t("cancel")} ${span}`} onClick={write({ absences: resident.absences.filter((s) => s !== span).join(";") })}>
							{t("cancel")}
						</button>
					</li>
				))}
				{resident.hospital_until && (
					<li>
						{t("hospitalUntil")} {resident.hospital_until}
						<button class="quiet" onClick={write({ hospital_until: "" })}>
							{t("backHome")}
						</button>
					</li>
				)}
			</ul>
			{problem && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			<div class="row">
				<button onClick={() => ask("absence")}>{t("addAbsence")}</button>
				<button onClick={() => ask("hospital")}>{t("hospital")}</button>
			</div>
		</>
	);
}

function Entry({ resident, again }: { resident: Resident; again(): void }) {
	const role = useSubject(session)?.role;
	const [asked, ask] = useState<Asked>(null);
	const placeName = usePlaceName();
	const named = useReveal(t("revealNames"), (reason) => released<Resident>(`${pathOf(resident.id)}?names=1`, reason));
	const close = (): void => ask(null);
	const r = named.value ?? resident;
	return (
		<div class="resident">
			<dl class="entry">
				<div>
					<dt>{t("place")}</dt>
					<dd>
						<a href={linkTo("home", r.place)}>{placeName(r.place)}</a>
					</dd>
				</div>
				<Fact name="personName" value={r.name ?? "–"} />
				<Fact name="phone" value={r.phone ?? "–"} />
				<Fact name="category" value={words(CATEGORIES, r.categories) || "–"} />
				<Fact name="needs" value={words(NEEDS, r.needs) || "–"} />
				{r.dialysis_days.length > 0 && <Fact name="dialysisDays" value={words(WEEKDAYS, r.dialysis_days)} />}
				<Fact name="contacts" value={r.contacts.join(" ") || "–"} />
				<Fact name="gridWorker" value={r.grid_worker ?? "–"} />
				<Fact name="ownRules" value={r.rules.join(" ") || "–"} />
				<Fact name="ownLimits" value={r.limits.join(" ") || "–"} />
				<Fact name="consent" value={r.consent ?? "–"} />
				<Fact name="watches" value={r.watches.map(ruleWord).join(" · ") || "–"} />
				<Fact name="changedBy" value={`${stamp(r.changed)} ${r.changed_by ?? ""}`} />
			</dl>
			<div class="row">
				<button onClick={named.value ? named.hide : named.ask}>{named.value ? t("hide") : t("revealNames")}</button>
				{role === "admin" && <button onClick={() => ask("edit")}>{t("changeResident")}</button>}
				{role === "admin" && <button onClick={() => ask("erase")}>{t("eraseResident")}</button>}
			</div>
			{named.question}
			<SheetOf id={resident.id} />
			<Versions id={resident.id} />
			<Absences resident={resident} ask={ask} done={again} />
			{asked === "edit" && <EditDialog resident={resident} done={again} close={close} />}
			{(asked === "absence" || asked === "hospital") && <AbsenceDialog resident={resident} hospital={asked === "hospital"} done={again} close={close} />}
			{asked === "erase" && <EraseDialog resident={resident} close={close} />}
		</div>
	);
}

/** #/resident/r-12 */
export function ResidentPage({ id }: { id: string }) {
	const row = useLoaded<Resident>(pathOf(id), EVERY_MS);
	return (
		<section aria-label={id}>
			<SubNav of="people" />
			<h2 class="title">
				{t("resident")} {id}
				{row.value?.planned_away && <span class="tag"> {t("plannedAway")}</span>}
			</h2>
			<Await of={row}>{(r) => <Entry resident={r} again={row.again} />}</Await>
		</section>
	);
}

/* ---- all ---- */

function matches(r: Resident, name: string, filter: string): boolean {
	return `${r.id} ${r.place} ${name} ${words(CATEGORIES, r.categories)} ${words(NEEDS, r.needs)} ${r.name ?? ""}`.toLowerCase().includes(filter);
}

const SHOWN_AT_ONCE = 80; // more come as the reader goes on

function List({ all, filter }: { all: readonly Resident[]; filter: string }) {
	const placeName = usePlaceName();
	const rows = filter ? all.filter((r) => matches(r, placeName(r.place), filter)) : all;
	const more = useMore(rows.length, SHOWN_AT_ONCE);
	if (!rows.length) return <p class="empty">{t("noRows")}</p>;
	return (
		<>
			<ShownOf {...more} count={rows.length} />
			<Rows
				narrow="cards"
				label={t("residents")}
				head={[t("residentId"), t("place"), t("personName"), t("phone"), t("category"), t("needs"), t("absences")]}
				rows={rows.slice(0, more.shown).map((r) => [
					<a href={linkTo("resident", r.id)}>{r.id}</a>,
					<a href={linkTo("home", r.place)}>{placeName(r.place)}</a>,
					r.name ?? MASK,
					r.phone ?? MASK,
					words(CATEGORIES, r.categories),
					words(NEEDS, r.needs),
					r.planned_away ? <span class="tag">{t("plannedAway")}</span> : "",
				])}
			/>
		</>
	);
}

export function Residents() {
	const who = useSubject(session);
	const [filter, setFilter] = useState("");
	const [adding, add] = useState(false);
	const list = useLoaded<Resident[]>("/v1/residents", EVERY_MS);
	const named = useReveal(t("revealNames"), (reason) => released<Resident[]>("/v1/residents?names=1", reason));
	if (!who || !isCare(who.role)) return null;
	return (
		<section aria-label={t("residents")}>
			<SubNav of="people" />
			<div class="row tools">
				<label class="field wide">
					{t("search")}
					<input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
				</label>
				<button onClick={named.value ? named.hide : named.ask}>{named.value ? t("hide") : t("revealNames")}</button>
				{who.role === "admin" && (
					<button class="main" onClick={() => add(true)}>
						{t("addResident")}
					</button>
				)}
			</div>
			{named.question}
			{adding && <EditDialog resident={null} done={list.again} close={() => add(false)} />}
			<Await of={list}>
				{(all) =>
					all.length ? (
						<List all={named.value ?? all} filter={filter.trim().toLowerCase()} />
					) : (
						<div class="empty">
							<p>{t("noResidents")}</p>
							<p>{t("noResidentsMore")}</p>
						</div>
					)
				}
			</Await>
		</section>
	);
}
