/* lift_shaft.tsx: where the car is, which way it goes, whether its doors are open and somebody is in it. Shape and words; colour
 * only where something is wrong. */
import type { Floors } from "../lib/floors";
import { lang } from "../lib/i18n";
import type { PointMap } from "../state/points";

function is(points: PointMap, name: string): boolean | null {
	const p = points.get(name);
	return p && p.quality === "good" && typeof p.value === "boolean" ? p.value : null;
}

export interface LiftNow {
	floor: number | null;
	sure: boolean; // the floor can be believed
	direction: "up" | "down" | null;
	open: boolean | null;
	occupied: boolean;
	trapped: boolean;
	load: number | null; // percent
	words: string[]; // all of it
}

/** What a lift says of itself, for a picture and in words. */
export function liftNow(points: PointMap, id: string): LiftNow {
	const floor = points.get(`${id}.floor`);
	const at = typeof floor?.value === "number" ? floor.value : null;
	const sure = floor?.quality === "good";
	const said = points.get(`${id}.direction`)?.value;
	const direction = said === "up" || said === "down" ? said : null;
	const load = points.get(`${id}.load`);
	const zh = lang() === "zh";
	const flags: readonly (readonly [boolean, string, string])[] = [
		[is(points, `${id}.door_open`) === true, "开门", "doors open"],
		[is(points, `${id}.occupied`) === true, "有人", "occupied"],
		[is(points, `${id}.inspection`) === true, "检修", "inspection"],
		[is(points, `${id}.in_service`) === false, "停用", "out of service"],
		[is(points, `${id}.power`) === false, "断电", "no power"],
		[is(points, `${id}.fire_mode`) === true, "消防模式", "fire mode"],
		[is(points, `${id}.fault`) === true, "故障", "fault"],
		[is(points, `${id}.trapped`) === true, "困人", "trapped"],
		[!sure, "数据不可信", "not certain"],
	];
	return {
		floor: at,
		sure,
		direction,
		open: is(points, `${id}.door_open`),
		occupied: is(points, `${id}.occupied`) === true,
		trapped: is(points, `${id}.trapped`) === true,
		load: load?.quality === "good" && load.unit === "%" && typeof load.value === "number" ? load.value : null,
		words: [
			at === null ? "?" : `${at}F${direction === "up" ? "↑" : direction === "down" ? "↓" : ""}`,
			...flags.filter(([on]) => on).map(([, inZh, inEn]) => (zh ? inZh : inEn)),
		],
	};
}

/** Small: beside others. Large: with its floors, its doors and its load. */
const SIZES = {
	small: { high: 120, wide: 18, car: 12, left: 0 },
	large: { high: 420, wide: 64, car: 30, left: 34 },
} as const;

interface Props {
	id: string;
	points: PointMap;
	floors: Floors;
	size?: keyof typeof SIZES;
	/** As high as what stands beside it, in px. */
	tall?: number;
}

function Car({ now, x, y, wide, high }: { now: LiftNow; x: number; y: number; wide: number; high: number }) {
	const half = wide / 2;
	const apart = now.open ? half * 0.7 : 0;
	return (
		<g class="shaft-car">
			<rect x={x} y={y} width={wide} height={high} />
			{[x, x + half + apart].map((left) => (
				<rect key={left} class="shaft-door" x={left + 1} y={y + 1} width={half - apart - 1.5} height={high - 2} />
			))}
			{now.occupied && <circle class="shaft-person" cx={x + half} cy={y + high / 2} r={high / 5} />}
		</g>
	);
}

/** Every fifth floor and both ends have their number. */
function marked(floors: Floors): number[] {
	const list = [];
	for (let f = floors.bottom; f <= floors.top; f++) if (f !== 0 && (f === floors.top || f === floors.bottom || (f % 5 === 0 && floors.top - f > 2 && f - floors.bottom > 2))) list.push(f);
	return list;
}

export function LiftShaft({ id, points, floors, size = "small", tall = 0 }: Props) {
	const now = liftNow(points, id);
	const { wide, car, left } = SIZES[size];
	const high = Math.max(SIZES[size].high, tall);
	const at = now.floor === null ? null : Math.min(Math.max(now.floor, floors.bottom), floors.top);
	const y = (f: number): number => ((floors.top - f) / Math.max(floors.top - floors.bottom, 1)) * (high - car);
	const total = left + wide + (size === "large" ? 22 : 0);
	return (
		<figure class={`shaft shaft-${size} ${now.trapped ? "is-trapped" : ""} ${now.sure ? "" : "is-unsure"}`}>
			<svg viewBox={`0 0 ${total} ${high}`} {...(tall > 0 && { width: total, height: high })} role="img" aria-label={now.words.join(" ")}>
				<rect class="shaft-hole" x={left} y="0" width={wide} height={high} />
				{size === "large" &&
					marked(floors).map((f) => (
						<g key={f}>
							<line class="shaft-floor" x1={left} x2={left + wide} y1={y(f) + car} y2={y(f) + car} />
							<text class="shaft-axis" x={left - 6} y={y(f) + car - 4} text-anchor="end">
								{f}
							</text>
						</g>
					))}
				{at !== null && <Car now={now} x={left + 2} y={y(at)} wide={wide - 4} high={car} />}
				{size === "large" && at !== null && now.load !== null && (
					<g>
						<rect class="shaft-hole" x={left + wide + 6} y={y(at)} width="7" height={car} />
						<rect class={now.load > 100 ? "shaft-load is-over" : "shaft-load"} x={left + wide + 6} width="7" y={y(at) + car * (1 - Math.min(now.load, 100) / 100)} height={(car * Math.min(now.load, 100)) / 100} />
					</g>
				)}
				{size === "large" && at !== null && now.direction && (
					<path class="shaft-arrow" d={now.direction === "up" ? `M${left + wide / 2} ${y(at) - 14}l9 10h-18z` : `M${left + wide / 2} ${y(at) + car + 14}l9 -10h-18z`} />
				)}
			</svg>
			<figcaption>
				{now.words.map((w) => (
					<span key={w}>{w}</span>
				))}
			</figcaption>
		</figure>
	);
}
