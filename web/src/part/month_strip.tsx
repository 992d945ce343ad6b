/* month_strip.tsx: the days of a month as a row of columns, each as high as the lift was available; what is not known is hatched. */
import { t } from "../lib/i18n";
import { percent, type Day } from "../state/month";

const HIGH = 28;
const WIDE = 9;
const LOWEST = 0.9; // the foot of the column: what is missing is seen

export function MonthStrip({ days, total, lift }: { days: readonly Day[]; total: number; lift: string }) {
	const count = Math.max(total, days.length, 1);
	const said = days.map((d) => ({ day: d.day, share: d.lifts.get(lift)?.availability ?? null }));
	const known = said.filter((d) => d.share !== null);
	const worst = known.reduce<{ day: string; share: number | null } | null>((w, d) => (!w || d.share! < w.share! ? d : w), null);
	return (
		<svg class="month-strip" viewBox={`0 0 ${count * WIDE} ${HIGH}`} preserveAspectRatio="xMinYMid meet" role="img" aria-label={worst ? `${t("available")} ${percent(worst.share)} ${worst.day}` : t("unknownMeans")}>
			{said.map((d, i) => {
				const high = d.share === null ? HIGH : Math.max(2, ((Math.max(d.share, LOWEST) - LOWEST) / (1 - LOWEST)) * HIGH);
				const kind = d.share === null ? "is-unknown" : d.share >= 0.999 ? "" : d.share >= 0.98 ? "is-less" : "is-bad";
				return (
					<rect key={d.day} class={`strip-day ${kind}`} x={i * WIDE + 1} width={WIDE - 2} y={HIGH - high} height={high}>
						<title>{`${d.day} ${percent(d.share)}`}</title>
					</rect>
				);
			})}
		</svg>
	);
}
