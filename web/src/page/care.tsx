/* care.tsx: the homes where somebody is watched, those that concern first. Never "safe", never "away": only what is known, and since when. */
import { useRef, useState } from "preact/hooks";
import { say, t } from "../lib/i18n";
import { useKeys } from "../lib/keys";
import { useLoaded } from "../lib/load";
import { useMore } from "../lib/more";
import { type Activity, CATEGORIES, type Days, type Home, isCare, NEEDS, placePath, quietShare, quietText, roomWord, words } from "../lib/people";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, span, stamp } from "../lib/time";
import { Actogram } from "../part/actogram";
import { usePlaceName } from "../part/place_name";
import { Mark } from "../part/mark";
import { Rhythm, slotNow } from "../part/rhythm";
import { ShownOf } from "../part/shown_of";
import { Await } from "../part/state";
import { StripsAt } from "../part/strips";
import { SubNav } from "../part/subnav";
import { session, status } from "../state/live";
import { SheetOf } from "./resident";
import { VisitDialog } from "./visits";

const EVERY_MS = 15_000;
const DAYS_EVERY_MS = 15 * 60_000; // each is a release of samples, and in the audit

/** How far the quiet has gone towards what is too long for it: a bar with words beside it. */
function Quiet({ home }: { home: Home }) {
	if (home.quiet_s === null) return null;
	return (
		<span class="quiet-bar">
			<progress max={1} value={quietShare(home) ?? 0} aria-label={t("quietNow")} />
			<small>
				{quietText(home)}
				{!home.line.learned && ` · ${t("stillLearning")}`}
			</small>
		</span>
	);
}

function Last({ home }: { home: Home }) {
	useSubject(tick);
	if (!home.last?.at) return <span>{t("noSign")}</span>;
	return (
		<span title={stamp(home.last.at)}>
			{t("lastSign")} {stamp(home.last.at).slice(6, 11)} {roomWord(home.last.room)} · {age(home.last.at)}
		</span>
	);
}

const FILTER_FROM = 12; // homes; fewer are seen at once
const SHOWN_AT_ONCE = 60; // more come as the reader goes on

function fits(h: Home, name: string, filter: string): boolean {
	return `${h.place} ${name} ${words(CATEGORIES, h.categories)}`.toLowerCase().includes(filter);
}

/** ↑ and ↓ go from home to home, Enter opens one. */
function useArrows(list: { current: HTMLOListElement | null }): void {
	const go = (by: number) => (): void => {
		const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>("a") ?? [])];
		const at = links.indexOf(document.activeElement as HTMLAnchorElement);
		links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
	};
	useKeys({ ArrowDown: go(1), ArrowUp: go(-1) });
}

function Homes({ all }: { all: readonly Home[] }) {
	const list = useRef<HTMLOListElement>(null);
	const [filter, setFilter] = useState("");
	const placeName = usePlaceName();
	useArrows(list);
	const asked = filter.trim().toLowerCase();
	const found = asked ? all.filter((h) => fits(h, placeName(h.place), asked)) : all;
	const more = useMore(found.length, SHOWN_AT_ONCE);
	return (
		<>
			{all.length >= FILTER_FROM && (
				<label class="field wide">
					{t("filter")}
					<input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
				</label>
			)}
			{found.length === 0 && <p class="empty">{t("noRows")}</p>}
			<ShownOf {...more} count={found.length} />
			<ol class="homes" ref={list}>
				{found.slice(0, more.shown).map((h) => (
					<li key={h.place} class={h.priority ? `home home-${h.priority}` : "home"}>
						<a href={linkTo("home", h.place)}>
							<b>{placeName(h.place)}</b>
							{h.priority && <Mark priority={h.priority} />}
							<span class="under">{words(CATEGORIES, h.categories)}</span>
							<span class="home-why">{say(h.why)}</span>
							<Last home={h} />
							<Quiet home={h} />
						</a>
					</li>
				))}
			</ol>
		</>
	);
}

export function Care() {
	const homes = useLoaded<Home[]>("/v1/homes", EVERY_MS);
	return (
		<section aria-label={t("care")}>
			<SubNav of="people" />
			<Await of={homes}>
				{(all) =>
					all.length === 0 ? (
						<div class="empty">
							<p>{t("noHomes")}</p>
							<p>{t("noHomesMore")}</p>
						</div>
					) : (
						<Homes all={all} />
					)
				}
			</Await>
		</section>
	);
}

function Picture({ place, days }: { place: string; days: Days }) {
	const who = useSubject(session);
	const mayDays = who !== null && isCare(who.role) && !who.wall;
	const activity = useLoaded<Activity>(mayDays ? `/v1/homes/${placePath(place)}/activity` : null, DAYS_EVERY_MS);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	const strip = { line: days.line_s, today: days.now.last && days.today_s, nowSlot: slotNow(days.slot_minutes, zone), quiet: days.now.quiet_s };
	if (!mayDays || (activity.problem && !activity.value))
		return (
			<>
				<Rhythm {...strip} days={days.days_s} />
				<p class="under">{activity.problem || t("askedForDays")}</p>
			</>
		);
	return <Await of={activity}>{(a) => <Actogram {...strip} activity={a} />}</Await>;
}

function Facts({ home }: { home: Home }) {
	const who = useSubject(session);
	const [visiting, visit] = useState(false);
	const may = who !== null && isCare(who.role) && !who.wall;
	return (
		<aside class="home-facts">
			<p>{say(home.why)}</p>
			<p>
				<Last home={home} />
			</p>
			{home.line.limit_s !== null && (
				<p>
					{say(home.line.against)}
					{home.quiet_s !== null && ` · ${t("quietNow")} ${span(home.quiet_s)}`}
				</p>
			)}
			{home.blind_since && (
				<p class="warn">
					{t("blindSince")} {stamp(home.blind_since)}
				</p>
			)}
			<p class="under">{[words(CATEGORIES, home.categories), words(NEEDS, home.needs)].filter(Boolean).join(" · ")}</p>
			<p>
				<a class="press" href={linkTo("place", home.place)}>
					{t("devices")}
				</a>
				{may && (
					<button class="quiet" onClick={() => visit(true)}>
						{t("recordVisit")}
					</button>
				)}
			</p>
			{visiting && <VisitDialog place={home.place} close={() => visit(false)} />}
			{!who?.wall && home.resident_ids.length > 0 && (
				<>
					<h3>{t("whoLivesThere")}</h3>
					{home.resident_ids.map((id) => (
						<div key={id} class="lives">
							{may ? <a href={linkTo("resident", id)}>{id}</a> : <b>{id}</b>}
							<SheetOf id={id} />
						</div>
					))}
				</>
			)}
		</aside>
	);
}

/** One home: what is known, against what, and its days as a picture. #/home/b3/u1/1204 */
export function HomePage({ place }: { place: string }) {
	const days = useLoaded<Days>(`/v1/homes/${placePath(place)}/rhythm`, EVERY_MS);
	const placeName = usePlaceName();
	return (
		<section aria-label={place}>
			<SubNav of="people" />
			<h2 class="title" title={place}>
				{placeName(place)}
			</h2>
			<StripsAt place={place} />
			<Await of={days}>
				{(d) => (
					<div class="home-page">
						<Picture place={place} days={d} />
						<Facts home={d.now} />
					</div>
				)}
			</Await>
		</section>
	);
}
