/* lift_shaft.tsx: where the car is, which way it goes, whether its doors are open and somebody is in it. Shape and words; colour
 * only where something is wrong. */
import { lang } from "../lib/i18n";
import type { PointMap } from "../state/points";

const HIGH = 160;

function is(points: PointMap, name: string): boolean | null {
	const p = points.get(name);
	return p && p.quality === "good" && typeof p.value === "boolean" ? p.value : null;
}

interface Props {
	id: string;
	points: PointMap;
	floors?: number;
}

export function LiftShaft({ id, points, floors = 33 }: Props) {
	const floor = points.get(`${id}.floor`);
	const at = typeof floor?.value === "number" ? Math.min(Math.max(floor.value, 1), floors) : null;
	const direction = points.get(`${id}.direction`)?.value;
	const trapped = is(points, `${id}.trapped`) === true;
	const sure = floor?.quality === "good";
	const arrow = direction === "up" ? "↑" : direction === "down" ? "↓" : "";
	const words = [
		at === null ? "?" : `${at}F${arrow}`,
		is(points, `${id}.door_open`) && (lang() === "zh" ? "开门" : "doors open"),
		is(points, `${id}.occupied`) && (lang() === "zh" ? "有人" : "occupied"),
		is(points, `${id}.inspection`) && (lang() === "zh" ? "检修" : "inspection"),
		trapped && (lang() === "zh" ? "困人" : "trapped"),
		!sure && (lang() === "zh" ? "数据不可信" : "not certain"),
	].filter(Boolean);
	return (
		<figure class={`shaft ${trapped ? "is-trapped" : ""} ${sure ? "" : "is-unsure"}`}>
			<svg viewBox={`0 0 24 ${HIGH}`} role="img" aria-label={words.join(" ")}>
				<rect class="shaft-hole" x="2" y="0" width="20" height={HIGH} />
				{at !== null && <rect class="shaft-car" x="4" width="16" height="14" y={((floors - at) / Math.max(floors - 1, 1)) * (HIGH - 14)} />}
			</svg>
			<figcaption>{words.join(" · ")}</figcaption>
		</figure>
	);
}
