/* state.tsx: what stands where there is nothing to show yet: being read, failed, or empty; written for people. */
import type { ComponentChildren } from "preact";
import { t } from "../lib/i18n";
import type { Loaded } from "../lib/load";

export function Await<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
	if (of.value) return <>{children(of.value)}</>;
	if (!of.problem) return <p class="empty">{t("loading")}…</p>;
	return (
		<div class="empty" role="alert">
			<p>{t("failed")}</p>
			<p>{of.problem}</p>
			<button class="main" onClick={of.again}>
				{t("tryAgain")}
			</button>
		</div>
	);
}
