/* next_line.tsx: who is told of an alarm next, and when, counting down: what happens if everybody leaves it alone. */
import { t, type Word } from "../lib/i18n";
import { dutyName } from "../lib/names";
import { useSubject } from "../lib/subject";
import { tick } from "../lib/tick";
import { now, stamp } from "../lib/time";
import type { Next } from "../lib/types";
import { Mark } from "./mark";

const SAID_MAX = 3;
const WORDS: Record<Next["by"], Word> = { step: "nextTells", again: "nextAgain", rise: "nextRises", arrival: "nextArrival" };

/** Names where the reader may have them, else what their duty is. */
export function whom(next: Next): string {
	const people = next.who?.filter((w) => !w.thing) ?? [];
	const names = people.length ? people.map((w) => w.name) : (next.who?.map((w) => w.name) ?? []);
	const words = names.length ? names : next.duties.map(dutyName);
	const more = words.length - SAID_MAX;
	return words.slice(0, SAID_MAX).join(t("listComma")) + (more > 0 ? ` +${more}` : "") || t("nextLadder");
}

/** "02:41", "1:02:41" from now; never below nothing. */
function left(ms: number): string {
	const s = Math.max(0, Math.ceil(ms / 1000));
	const two = (n: number): string => String(n).padStart(2, "0");
	return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

export function NextLine({ next }: { next: Next }) {
	useSubject(tick);
	const ms = Date.parse(next.at) - now();
	return (
		<span class="next" title={stamp(next.at)}>
			{t("nextStep")}{" "}
			{ms <= 0 ? (
				<b>{t("nextSoon")}</b>
			) : (
				<>
					<b class="next-left">{left(ms)}</b> {t(WORDS[next.by])}
				</>
			)}{" "}
			{next.by === "rise" && next.priority ? <Mark priority={next.priority} /> : <b class="next-who">{whom(next)}</b>}
		</span>
	);
}
