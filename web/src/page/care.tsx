/* care.tsx: the homes where somebody is watched, those that concern first. Never "safe", never "away": only what is known, and since when. */
import { say, t } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { linkTo } from "../lib/router";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { age, now, span, stamp } from "../lib/time";
import type { Priority, Text } from "../lib/types";
import { Mark } from "../part/mark";
import { Rhythm } from "../part/rhythm";
import { Await } from "../part/state";
import { status } from "../state/live";

interface Home {
	place: string;
	mode: "home" | "presumed_away" | "unknown";
	since: string | null;
	why: Text;
	last: { at: string | null; room: string; device: string | null } | null;
	quiet_s: number | null;
	line: { limit_s: number; longest_s: number | null; days: number; learned: boolean; against: Text };
	stage: number;
	alarms: string[];
	priority: Priority | null;
	blind_since: string | null;
	categories: string[];
	needs: string[];
}
interface Days {
	slot_minutes: number;
	line_s: number[];
	today_s: number[] | null;
	days_s: number[][];
	now: Home;
}

const EVERY_MS = 15_000;

const CATEGORIES: Record<string, readonly [string, string]> = {
	lives_alone: ["独居", "lives alone"],
	aged: ["高龄", "aged"],
	disabled: ["失能", "disabled"],
	dementia: ["失智", "dementia"],
	empty_nest: ["空巢", "empty nest"],
	left_behind: ["留守", "left behind"],
	special_family: ["计生特殊", "special family"],
	severe_disability: ["重残", "severe disability"],
};
const ROOMS: Record<string, readonly [string, string]> = {
	bathroom: ["卫生间", "bathroom"],
	bedroom: ["卧室", "bedroom"],
	kitchen: ["厨房", "kitchen"],
	living: ["客厅", "living room"],
	hall: ["过道", "hall"],
	office: ["书房", "study"],
	dining: ["餐厅", "dining room"],
	entrance: ["玄关", "entrance"],
};

function word(of: Record<string, readonly [string, string]>, key: string): string {
	const pair = of[key];
	return pair ? say({ zh: pair[0], en: pair[1] }) : key;
}

/** How far the quiet has gone towards what is too long for it: a bar with words beside it. */
function Quiet({ home }: { home: Home }) {
	if (home.quiet_s === null) return <span class="under">–</span>;
	const share = Math.min(1, home.quiet_s / home.line.limit_s);
	return (
		<span class="quiet-bar">
			<progress max={1} value={share} aria-label={t("quietNow")} />
			<small>
				{span(home.quiet_s)} / {span(home.line.limit_s)}
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
			{t("lastSign")} {stamp(home.last.at).slice(6, 11)} {word(ROOMS, home.last.room)} · {age(home.last.at)}
		</span>
	);
}

export function Care() {
	const homes = useLoaded<Home[]>("/v1/homes", EVERY_MS);
	return (
		<section aria-label={t("care")}>
			<Await of={homes}>
				{(list) =>
					list.length === 0 ? (
						<div class="empty">
							<p>{t("noHomes")}</p>
							<p>{t("noHomesMore")}</p>
						</div>
					) : (
						<ol class="homes">
							{list.map((h) => (
								<li key={h.place} class={h.priority ? `home home-${h.priority}` : "home"}>
									<a href={linkTo("home", h.place)}>
										<b>{h.place}</b>
										{h.priority && <Mark priority={h.priority} />}
										<span class="under">{h.categories.map((c) => word(CATEGORIES, c)).join(" · ")}</span>
										<span class="home-why">{say(h.why)}</span>
										<Last home={h} />
										<Quiet home={h} />
									</a>
								</li>
							))}
						</ol>
					)
				}
			</Await>
		</section>
	);
}

/** Which part of the estate's day it is, wherever the reader is. */
function slotNow(minutes: number, zone: string): number {
	const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false }).formatToParts(now());
	const number = (type: string): number => Number(parts.find((p) => p.type === type)?.value ?? 0);
	return Math.floor(((number("hour") % 24) * 60 + number("minute")) / minutes);
}

/** One home: what is known, against what, and its days as a picture. #/home/b3/u1/1204 */
export function HomePage({ place }: { place: string }) {
	const days = useLoaded<Days>(`/v1/homes/${place.split("/").map(encodeURIComponent).join("/")}/rhythm`, EVERY_MS);
	const zone = useSubject(status)?.estate.timezone || "UTC";
	return (
		<section aria-label={place}>
			<h2 class="title">{place}</h2>
			<Await of={days}>
				{(d) => (
					<>
						<p class="under">
							{d.now.categories.map((c) => word(CATEGORIES, c)).join(" · ")} · <a href={linkTo("place", place)}>{t("devices")}</a>
						</p>
						<p>{say(d.now.why)}</p>
						<p>
							<Last home={d.now} />
						</p>
						<p>
							{say(d.now.line.against)}
							{d.now.quiet_s !== null && ` · ${t("quietNow")} ${span(d.now.quiet_s)}`}
						</p>
						<Rhythm line={d.line_s} today={d.today_s} days={d.days_s} nowSlot={slotNow(d.slot_minutes, zone)} quiet={d.now.quiet_s} />
					</>
				)}
			</Await>
		</section>
	);
}
