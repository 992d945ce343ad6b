/* estate_map.tsx: the estate as a map (关爱地图): a building a sheet, its units side by side, floors down, a cell a home; lifts move in
 * their shafts, pumps, tanks and doors say how they are. Only the unusual is coloured, and it has its shape and word. On a phone a
 * building is folded, unless something is unusual in it. */
import { useEffect, useMemo } from "preact/hooks";
import { buildingOf, floorOf, floorsOf, unitOf, type Floors } from "../lib/floors";
import { counted, lang, t, type Word } from "../lib/i18n";
import { type Loaded, useLoaded } from "../lib/load";
import { className, stateName } from "../lib/names";
import { useNarrow } from "../lib/narrow";
import { quietShare, quietText } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSelected, useSubject } from "../lib/subject";
import { age, stamp } from "../lib/time";
import type { Alarm, Building, Device, Point, Priority } from "../lib/types";
import { alarms, points, session } from "../state/live";
import { buildings } from "../state/places";
import { liftNow, LiftShaft } from "./lift_shaft";
import { Mark } from "./mark";
import { Await } from "./state";
import { valueText } from "./value";

/** Of /v1/homes, as far as the map shows it. */
interface Home {
	place: string;
	quiet_s: number | null;
	line: { limit_s: number | null };
	last: { at: string | null } | null;
	mode: "home" | "presumed_away" | "unknown";
	since: string | null;
	floor: number | null;
}

interface Cell {
	place: string;
	floor: number;
	devices: number;
	silent: number;
	worst: Priority | 0;
	home: Home | null;
}
interface Unit {
	id: string;
	lifts: Device[];
	floors: Map<number, Cell[]>;
}
export interface Sheet {
	id: string;
	name: string;
	floors: Floors;
	units: Unit[];
	common: Device[]; // on no floor: pump rooms, gates, doors
	homes: number;
	open: number;
	silent: number;
}

/** Those of what people share that are seen at a glance, and by which point. */
const TOLD: Record<string, string> = { pump: "run", tank: "level", power: "mains", door: "open", fire_panel: "fire", environment: "temperature", relay: "on" };
/** What is read for the map. */
const WANTED = ["floor", "direction", "door_open", "occupied", "trapped", "inspection", "in_service", ...new Set(Object.values(TOLD))];
const HOME_ROLES: ReadonlySet<string> = new Set(["operator", "care", "admin"]);
const EVERY_MS = 15_000;
const ROW_PX = 29; // of a floor
const HEAD_PX = 60; // name and words of a lift
const SHAFT_PX = 62; // of a lift, across
const FLOOR_PX = 60; // what says which floor it is, and the edges
const CELL_PX = 59;
const DENSE = 150; // homes: from there on cells are smaller

class Plan {
	private readonly sheets = new Map<string, Sheet & { byUnit: Map<string, Unit>; places: Set<string> }>();
	private readonly cells = new Map<string, Cell>();

	constructor(
		private readonly declared: readonly Building[],
		private readonly homes: ReadonlyMap<string, Home>,
	) {
		for (const b of declared) this.sheet(b.place);
	}

	private sheet(id: string) {
		let s = this.sheets.get(id);
		if (!s) {
			s = { id, name: this.declared.find((b) => b.place === id)?.name ?? id, floors: { top: 0, bottom: 1, known: false }, units: [], common: [], homes: 0, open: 0, silent: 0, byUnit: new Map(), places: new Set() };
			this.sheets.set(id, s);
		}
		return s;
	}

	private unit(building: string, id: string): Unit {
		const of = this.sheet(building).byUnit;
		let u = of.get(id);
		if (!u) of.set(id, (u = { id, lifts: [], floors: new Map() }));
		return u;
	}

	/** As the register says; else as the place does. */
	private floor(place: string): number {
		return this.homes.get(place)?.floor || floorOf(place);
	}

	private cell(place: string, floor: number): Cell {
		let c = this.cells.get(place);
		if (c) return c;
		c = { place, floor, devices: 0, silent: 0, worst: 0, home: null };
		this.cells.set(place, c);
		const building = buildingOf(place);
		const unit = this.unit(building, unitOf({ place, class: "" }));
		unit.floors.set(floor, [...(unit.floors.get(floor) ?? []), c]);
		const s = this.sheet(building);
		s.places.add(place);
		s.homes++;
		return c;
	}

	device(d: Device): void {
		const building = buildingOf(d.place);
		const floor = this.floor(d.place);
		if (d.class === "lift") {
			this.unit(building, unitOf(d)).lifts.push(d);
		} else if (floor === 0) {
			this.sheet(building).common.push(d);
			this.sheet(building).silent += Number(d.good === 0);
		} else {
			const c = this.cell(d.place, floor);
			c.devices++;
			c.silent += Number(d.good === 0);
			this.sheet(building).silent += Number(d.good === 0);
		}
	}

	home(h: Home): void {
		const floor = this.floor(h.place);
		if (floor) this.cell(h.place, floor).home = h;
	}

	alarm(a: Alarm): void {
		const s = this.sheets.get(buildingOf(a.place));
		if (s) s.open++;
		const c = this.cells.get(a.place);
		if (c && (c.worst === 0 || a.priority < c.worst)) c.worst = a.priority;
	}

	finished(): Sheet[] {
		for (const s of this.sheets.values()) {
			s.floors = floorsOf(this.declared.find((b) => b.place === s.id), s.places, []);
			s.units = [...s.byUnit.values()].sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
			for (const u of s.units) for (const row of u.floors.values()) row.sort((a, b) => a.place.localeCompare(b.place, "en", { numeric: true }));
		}
		return [...this.sheets.values()].filter((s) => s.units.length || s.common.length).sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
	}
}

function arrange(declared: readonly Building[], devices: readonly Device[], homes: readonly Home[], open: readonly Alarm[]): Sheet[] {
	const plan = new Plan(declared, new Map(homes.map((h) => [h.place, h])));
	for (const d of devices) plan.device(d);
	for (const h of homes) plan.home(h);
	for (const a of open) plan.alarm(a);
	return plan.finished();
}

/** What is known of a home in one line; never that somebody is well, or out. */
function homeWords(h: Home): string {
	const last = h.last?.at ? `${t("lastSign")} ${stamp(h.last.at).slice(6, 11)} ${age(h.last.at)}` : t("noSign");
	if (h.mode === "presumed_away") return `${last} · ${t("presumedAway")} ${stamp(h.since).slice(6, 11)} ${t("fromThen")}`;
	return h.quiet_s === null ? last : `${last} · ${t("quietNow")} ${quietText(h)}`;
}

/** 1204 on the 12th floor is 04. */
function flatOf(cell: Cell): string {
	const own = cell.place.split("/").at(-1)!;
	const floor = String(cell.floor);
	return own.length > floor.length && own.startsWith(floor) ? own.slice(floor.length) : own;
}

function CellLink({ cell }: { cell: Cell }) {
	const h = cell.home;
	const share = quietSteps(h);
	const silent = cell.silent > 0 ? `${cell.silent} ${t("lost")}` : "";
	const words = [cell.place, cell.worst ? t(`p${cell.worst}` as Word) : "", silent, h ? homeWords(h) : ""].filter(Boolean).join(" · ");
	return (
		<a class={`cell cell-${cell.worst} ${silent ? "is-lost" : ""} ${h ? "is-home" : ""}`} href={linkTo(h ? "home" : "place", cell.place)} title={words}>
			{cell.worst > 0 && <Mark priority={cell.worst as Priority} />}
			<span>{flatOf(cell)}</span>
			{h && (
				<svg class="cell-quiet" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
					<rect width={share * 100} height="4" />
				</svg>
			)}
		</a>
	);
}

/** How far the quiet of a home has gone towards its limit, in steps that are seen. */
function quietSteps(h: Home | null): number {
	return Math.round(((h && quietShare(h)) ?? 0) * 20) / 20;
}

function Shaft({ lift, floors, open, tall }: { lift: Device; floors: Floors; open: Priority | 0; tall: number }) {
	const map = useSubject(points.view);
	const at = liftNow(map, lift.device).floor;
	const reach = at === null ? floors : { ...floors, top: Math.max(floors.top, at), bottom: Math.min(floors.bottom, at) };
	return (
		<a class={`lift-link lift-${open}`} href={linkTo("lift", lift.device)} title={lift.name}>
			<b>{lift.name}</b>
			<LiftShaft id={lift.device} points={map} floors={reach} tall={tall} />
			{open > 0 && <Mark priority={open as Priority} />}
		</a>
	);
}

/** One of what people share: its name, and how it is. */
function Shared({ device, open }: { device: Device; open: Priority | 0 }) {
	const name = TOLD[device.class];
	const id = name ? `${device.device}.${name}` : "";
	const p: Point | undefined = useSelected(points.view, (m) => m.get(id));
	const said = p && p.value !== null ? (stateName(id, p.value) ?? valueText(p.value, p.unit)) : null;
	const silent = device.good === 0;
	return (
		<a class={`cell cell-${open} ${silent ? "is-lost" : ""}`} href={linkTo("device", device.device)} title={`${device.place} · ${className(device.class)}`}>
			<span>{device.name}</span>
			{!silent && said !== null && <b dir="auto">{said}</b>}
			{silent && <small>{t("lost")}</small>}
			{open > 0 && <Mark priority={open as Priority} />}
		</a>
	);
}

/** What a unit shows, as one text. */
function signOf(unit: Unit): string {
	let sign = "";
	for (const row of unit.floors.values()) for (const c of row) sign += `${c.place},${c.worst},${c.silent},${quietSteps(c.home)},${c.home?.last?.at ?? ""},${c.home?.mode ?? ""};`;
	return sign;
}

function UnitMap({ unit, floors, worst }: { unit: Unit; floors: Floors; worst: ReadonlyMap<string, Priority> }) {
	const narrow = useNarrow();
	/* Drawn anew only where something of it is another: there are thousands of cells. */
	const cells = useMemo(
		() => (
			<ol class="floors">
				{[...unit.floors.keys()]
					.sort((x, y) => y - x)
					.map((f) => (
						<li key={f}>
							<span class="floor">{f}F</span>
							<span class="cells">
								{unit.floors.get(f)!.map((c) => (
									<CellLink key={c.place} cell={c} />
								))}
							</span>
						</li>
					))}
			</ol>
		),
		[signOf(unit), lang()],
	);
	const tall = narrow ? 0 : unit.floors.size * ROW_PX - HEAD_PX;
	return (
		<div class="unit">
			{unit.id && <h3>{/^u\d+$/.test(unit.id) ? t("unitNumber").replace("%", unit.id.slice(1)) : unit.id}</h3>}
			<div class="unit-body">
				{unit.lifts.length > 0 && (
					<div class="shafts">
						{unit.lifts.map((l) => (
							<Shaft key={l.device} lift={l} floors={floors} open={worst.get(l.device) ?? 0} tall={tall} />
						))}
					</div>
				)}
				{cells}
			</div>
		</div>
	);
}

/** What is unusual first, where not all have room. */
function chosen(common: readonly Device[], worst: ReadonlyMap<string, Priority>, most: number): readonly Device[] {
	if (common.length <= most) return common;
	const rank = (d: Device): number => worst.get(d.device) ?? (d.good === 0 ? 5 : 6);
	return [...common].sort((a, b) => rank(a) - rank(b)).slice(0, most);
}

interface SheetProps {
	sheet: Sheet;
	worst: ReadonlyMap<string, Priority>;
	folds: boolean;
	sharedMost: number;
}

function BuildingSheet({ sheet, worst, folds, sharedMost }: SheetProps) {
	const shared = chosen(sheet.common, worst, sharedMost);
	return (
		<details class="building" open={!folds || sheet.open > 0 || sheet.silent > 0}>
			<summary>
				<h2>{sheet.name}</h2>
				<span class="under">
					{[sheet.floors.known && counted(sheet.floors.top, "floorsHigh"), sheet.homes > 0 && counted(sheet.homes, "homesThere")]
						.filter(Boolean)
						.join(" · ")}
				</span>
				{sheet.open > 0 && <b>{counted(sheet.open, "openThere")}</b>}
				{sheet.silent > 0 && (
					<span class="warn">
						{sheet.silent} {t("lost")}
					</span>
				)}
			</summary>
			<div class="units">
				{sheet.units.map((u) => (
					<UnitMap key={u.id} unit={u} floors={sheet.floors} worst={worst} />
				))}
			</div>
			{shared.length > 0 && (
				<div class="cells shared">
					{shared.map((d) => (
						<Shared key={d.device} device={d} open={worst.get(d.device) ?? 0} />
					))}
					{shared.length < sheet.common.length && <span class="under">+{sheet.common.length - shared.length}</span>}
				</div>
			)}
		</details>
	);
}

/** The most urgent open alarm of each device. */
function worstOf(open: readonly Alarm[]): Map<string, Priority> {
	const worst = new Map<string, Priority>();
	for (const a of open) worst.set(a.asset, Math.min(a.priority, worst.get(a.asset) ?? 4) as Priority);
	return worst;
}

/** What the map is made of, live. */
export function useEstate(): { devices: Loaded<Device[]>; sheets: readonly Sheet[] } {
	const role = useSubject(session)?.role ?? "viewer";
	const devices = useLoaded<Device[]>("/v1/devices", EVERY_MS);
	const homes = useLoaded<Home[]>(HOME_ROLES.has(role) ? "/v1/homes" : null, EVERY_MS);
	const view = useSubject(alarms.view);
	const declared = useSubject(buildings);
	const sheets = useMemo(
		() => (devices.value ? arrange(declared, devices.value, homes.value ?? [], view.standing) : []),
		[devices.value, homes.value, view, declared],
	);
	useEffect(() => {
		const left = WANTED.map((name) => points.want(`*.${name}`));
		return () => left.forEach((leave) => leave());
	}, []);
	return { devices, sheets };
}

/** Buildings beside each other. sharedMost: of what people share no more is shown than that, the unusual first. */
export function Sheets({ sheets, sharedMost = Infinity }: { sheets: readonly Sheet[]; sharedMost?: number }) {
	const view = useSubject(alarms.view);
	const worst = useMemo(() => worstOf(view.standing), [view]);
	const folds = useNarrow() && sheets.length > 1;
	return (
		<div class={sheets.reduce((n, s) => n + s.homes, 0) > DENSE ? "estate is-dense" : "estate"}>
			{sheets.map((s) => (
				<BuildingSheet key={s.id} sheet={s} worst={worst} folds={folds} sharedMost={sharedMost} />
			))}
		</div>
	);
}

/** How wide a building is on the map, about. */
export function widthOf(sheet: Sheet): number {
	const cells = (u: Unit): number => Math.max(1, ...[...u.floors.values()].map((row) => row.length));
	return sheet.units.reduce((sum, u) => sum + u.lifts.length * SHAFT_PX + FLOOR_PX + cells(u) * CELL_PX, FLOOR_PX);
}

/** All of it; live. `only`: one building. */
export function EstateMap({ only = "" }: { only?: string }) {
	const { devices, sheets } = useEstate();
	return (
		<Await of={devices}>
			{(list) =>
				list.length === 0 ? (
					<div class="empty">
						<p>{t("noDevices")}</p>
						<p>{t("noDevicesMore")}</p>
					</div>
				) : (
					<Sheets sheets={only ? sheets.filter((s) => s.id === only) : sheets} />
				)
			}
		</Await>
	);
}

/** What the signs of the map mean. */
export function MapKey() {
	const role = useSubject(session)?.role ?? "viewer";
	return (
		<p class="map-key under">
			<Mark priority={1} /> <Mark priority={2} /> <Mark priority={3} /> <Mark priority={4} />
			<span class="key-lost is-lost">{t("lost")}</span>
			{HOME_ROLES.has(role) && <span class="key-quiet">{t("quietShare")}</span>}
		</p>
	);
}
