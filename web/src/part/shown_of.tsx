/* shown_of.tsx: above a long list, where it stays while the list grows: how much of it stands there, and a press for the rest. */
import { t } from "../lib/i18n";

export function ShownOf({ shown, count, all }: { shown: number; count: number; all(): void }) {
	if (shown >= count) return null;
	return (
		<p class="shown-of row under">
			{t("shownOf")} {shown.toLocaleString()} / {count.toLocaleString()}
			<button class="quiet" onClick={all}>
				{t("showAll")}
			</button>
		</p>
	);
}
