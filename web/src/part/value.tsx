/* value.tsx: a value with how far it can be believed: stale is hatched and says how old, lost says so. A missing answer is
 * never a 0. */
import { lang } from "../lib/i18n";
import { stateName } from "../lib/names";
import { age, stamp } from "../lib/time";
import type { Point, Quality, Value as V } from "../lib/types";

const QUALITY: Record<Quality, readonly [string, string]> = {
	good: ["良好", "good"],
	stale: ["过时", "stale"],
	bad: ["错误", "bad"],
	lost: ["失联", "lost"],
	suspect: ["存疑", "suspect"],
};

export function quality(q: Quality): string {
	return QUALITY[q][lang() === "zh" ? 0 : 1];
}

export function valueText(v: V, unit: string | null): string {
	if (v === null) return "–";
	if (typeof v === "boolean") return lang() === "zh" ? (v ? "是" : "否") : v ? "yes" : "no";
	if (typeof v === "number") return `${Number.isInteger(v) ? v : Number(v.toPrecision(6))}${unit ? ` ${unit}` : ""}`;
	return v;
}

export function Value({ point }: { point: Point }) {
	const bad = point.quality !== "good";
	return (
		<span class={bad ? `value is-${point.quality}` : "value"} title={`${quality(point.quality)} · ${stamp(point.at)}`}>
			<b dir="auto">{stateName(point.point, point.value) ?? valueText(point.value, point.unit)}</b>
			{bad && (
				<small>
					{quality(point.quality)}
					{point.at && ` ${age(point.at)}`}
				</small>
			)}
			{point.test && <small class="tag">{lang() === "zh" ? "测试" : "test"}</small>}
		</span>
	);
}
