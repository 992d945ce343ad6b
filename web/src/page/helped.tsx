/* helped.tsx: whom an alarm of the building is about, in the order in which they are to be helped, as long as it stands; on a screen in
 * the control room, and on paper in a hand. Who they are called is masked until somebody says why. Nobody is ever said to be away: it is
 * presumed, and since which sign. */
import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { categoriesOf, type Helped, homesOf, type Kind, listOf, listPath, needsOf, seesLists } from "../lib/helped";
import { buildingOf } from "../lib/floors";
import { counted, sayAt, t, type Word } from "../lib/i18n";
import { released, roomWord } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, stamp, stampOf } from "../lib/time";
import type { Alarm } from "../lib/types";
import { dwellingsNamed } from "../lib/way";
import { usePlaceName } from "../part/place_name";
import { useList } from "../part/helped";
import { Mark } from "../part/mark";
import { type Revealed, useReveal } from "../part/reveal";
import { Await, problemText } from "../part/state";
import { isLoud } from "../state/alarms";
import { alarms, session, status } from "../state/live";

const EVERY_MS = 10_000;
const MASK = "••••";
const PRESENCE: Record<Helped["presence"], Word> = { home: "presenceHome", presumed_away: "presumedAway", unknown: "presenceUnknown" };

function Last({ row }: { row: Helped }) {
	useSubject(tick);
	if (!row.last) return <small>{t("noSign")}</small>;
	return (
		<small title={stamp(row.last.at)}>
			{t("lastSign")} {stamp(row.last.at).slice(0, 11)} {roomWord(row.last.room)} · {age(row.last.at)}
		</small>
	);
}

function Presence({ row }: { row: Helped }) {
	return (
		<span class="presence">
			<b class={`presence-${row.presence}`}>{t(PRESENCE[row.presence])}</b>
			{row.planned_away && <span class="tag">{t("plannedAway")}</span>}
			<Last row={row} />
		</span>
	);
}

const Masked = () => <span class="is-masked">{MASK}</span>;

interface Column {
	name: Word;
	class?: string;
	of(row: Helped, turn: number): ComponentChildren;
}

/** Of that row, as it was released; a row that came later is masked. */
type Named = (row: Helped) => Helped | undefined;

function columnsOf(veiled: boolean, placeName: (place: string) => string, named: Named): readonly Column[] {
	const phone = (row: Helped): ComponentChildren => {
		const r = named(row);
		if (!r) return <Masked />;
		return r.phone ? <a href={`tel:${r.phone.replace(/[^\d+]/g, "")}`}>{r.phone}</a> : "–";
	};
	const who: Column[] = [
		{ name: "resident", class: "id", of: (r) => r.resident ?? "–" },
		{ name: "category", of: categoriesOf },
		{ name: "needs", class: "needs", of: needsOf },
		{ name: "personName", of: (r) => (named(r) ? (named(r)!.name ?? "–") : <Masked />) },
		{ name: "phone", class: "phone", of: phone },
	];
	return [
		{ name: "helpedTurn", class: "turn", of: (_, turn) => turn },
		{ name: "floor", class: "storey", of: (r) => (r.floor === null ? "–" : `${r.floor}${t("helpedFloor")}`) },
		{ name: "helpedHome", class: "where", of: (r) => placeName(r.place) },
		...(veiled ? [] : who),
		{ name: "helpedThere", class: "there", of: (r) => <Presence row={r} /> },
		{ name: "helpedCheck", class: "print-only check-box", of: () => "☐" },
	];
}

function Table({ kind, rows, columns }: { kind: Kind; rows: readonly Helped[]; columns: readonly Column[] }) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={t(kind.title)}>
			<table class={kind.fire ? "helped-rows by-floor" : "helped-rows"}>
				<thead>
					<tr>
						{columns.map((c) => (
							<th key={c.name} scope="col" class={c.class}>
								{t(c.name)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((r, i) => (
						<tr key={`${r.place} ${r.resident ?? i}`} class={i && rows[i - 1]!.floor !== r.floor ? "is-next-floor" : undefined}>
							{columns.map((c) => (
								<td key={c.name} class={c.class} data-label={t(c.name)} dir="auto">
									{c.of(r, i + 1)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

/** "3 户 4 人：在家 1 · 推定外出 1 · 未知 2" */
function Sum({ rows }: { rows: readonly Helped[] }) {
	return (
		<p class="helped-sum">
			<b>{counted(homesOf(rows), "homesThere")}</b> <b>{counted(rows.length, "helpedPeople")}</b>
			{(Object.keys(PRESENCE) as Helped["presence"][]).map((p) => (
				<span key={p}>
					{t(PRESENCE[p])} <b>{rows.filter((r) => r.presence === p).length}</b>
				</span>
			))}
		</p>
	);
}

/** Of which moment the list is, and when somebody came, went, or got another turn. */
function useMoments(rows: readonly Helped[] | null): { at: string; moved: string } {
	const known = useRef({ order: "", moved: "" });
	return useMemo(() => {
		const at = stampOf(Date.now());
		const order = rows?.map((r) => `${r.resident} ${r.place}`).join("\n") ?? "";
		if (rows && known.current.order && order !== known.current.order) known.current.moved = at;
		if (rows) known.current.order = order;
		return { at, moved: known.current.moved };
	}, [rows]);
}

function Empty({ name, more }: { name: Word; more: Word }) {
	return (
		<div class="empty">
			<p>{t(name)}</p>
			<p>{t(more)}</p>
		</div>
	);
}

function Presses({ of }: { of: Revealed<readonly Helped[]> }) {
	return (
		<div class="row no-print">
			<button class="quiet" onClick={of.value ? of.hide : of.ask}>
				{t(of.value ? "hide" : "revealNames")}
			</button>
			<button class="main" onClick={() => window.print()}>
				{t("print")}
			</button>
			{of.question}
		</div>
	);
}

function List({ alarm, veiled }: { alarm: Alarm; veiled: boolean }) {
	const kind = listOf(alarm)!;
	const path = listPath(alarm.alarm);
	const list = useList(alarm, path, EVERY_MS);
	const { at, moved } = useMoments(list.value);
	const names = useReveal<readonly Helped[]>(t("revealNames"), (reason) => released<Helped[]>(`${path}?names=1`, reason));
	const named: Named = (row) => names.value?.find((n) => n.resident === row.resident && n.place === row.place);
	const placeName = usePlaceName();
	if (list.problem && list.status === 404) return <Empty name="helpedEnded" more="helpedEndedMore" />;
	return (
		<Await of={list}>
			{(rows) => (
				<>
					<div class="helped-line">
						<p>
							{t("helpedAsOf")} <b class="helped-at">{at}</b> <span class="no-print">· {t("helpedEvery")}</span>
							{moved && (
								<b class="helped-moved">
									{" "}
									· {t("helpedMoved")} {moved.slice(6)}
								</b>
							)}
						</p>
						{!veiled && rows.length > 0 && <Presses of={names} />}
					</div>
					{list.problem && (
						<p class="problem" role="alert">
							{t("helpedOld")}: {problemText(list.status, list.problem)}
						</p>
					)}
					{rows.length === 0 ? (
						<Empty name="helpedNone" more={kind.none ?? "helpedNoneMore"} />
					) : (
						<>
							<Sum rows={rows} />
							<p class="under">{t(kind.more)}</p>
							<Table kind={kind} rows={rows} columns={columnsOf(veiled, placeName, named)} />
							<p class="print-only under">{t("helpedCopy")}</p>
						</>
					)}
				</>
			)}
		</Await>
	);
}

export function HelpedPage({ id }: { id: string }) {
	const calling = useSubject(alarms.view).standing.find(isLoud);
	const loaded = useSubject(alarms.loaded);
	const who = useSubject(session);
	const estate = useSubject(status)?.estate;
	const placeName = usePlaceName();
	const alarm = alarms.find(id);
	const kind = alarm && listOf(alarm);
	if (!seesLists(who?.role)) return <p class="empty">{t("notForYou")}</p>;
	if (!loaded) return <p class="empty">{t("loading")}…</p>;
	if (!alarm || !kind) return <Empty name="helpedEnded" more="helpedEndedMore" />;
	return (
		<section class="helped" aria-label={t(kind.title)}>
			<a class="press no-print" href={linkTo("now", id)}>
				← {t("now")}
			</a>
			<h2 class="title">
				{t(kind.title)} · {placeName(kind.fire ? buildingOf(alarm.place) : alarm.place)}
			</h2>
			<p class="print-only under">{estate?.name || estate?.id}</p>
			<p class={`strip strip-${alarm.priority}${calling === alarm ? " print-only" : ""}`} dir="auto">
				<Mark priority={alarm.priority} /> {dwellingsNamed(sayAt(alarm.text, alarm.place, placeName(alarm.place)), alarm.place, placeName)}
			</p>
			<List key={id} alarm={alarm} veiled={who?.wall === true} />
		</section>
	);
}
