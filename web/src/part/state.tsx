/* state.tsx: what stands where there is nothing to show yet: being read, failed, or empty; written for people. */
import type { ComponentChildren } from "preact";
import { t } from "../lib/i18n";
import type { Loaded } from "../lib/load";
import { useSubject } from "../lib/subject";
import { link } from "../state/live";

/** What a refusal or a failure means to a reader; the box's own words are for technicians, and stand below. */
export function problemText(status: number, text: string): string {
	if (status === 0) return t("boxGone");
	if (status === 403) return t("notForYou");
	if (status === 404) return t("notFound");
	if (status === 502 || status === 503 || status === 504) return t(link.value.up ? "boxBusy" : "daemonGone");
	if (status === 429) return t("boxBusy");
	return text;
}

export function Await<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
	useSubject(link);
	if (of.value) return <>{children(of.value)}</>;
	if (!of.problem) return <p class="empty">{t("loading")}…</p>;
	return (
		<div class="empty" role="alert">
			<p>{problemText(of.status, of.problem)}</p>
			{problemText(of.status, of.problem) !== of.problem && <p class="under">{of.problem}</p>}
			{of.status !== 403 && (
				<button class="main" onClick={of.again}>
					{t("tryAgain")}
				</button>
			)}
		</div>
	);
}
