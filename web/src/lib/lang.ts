/* lang.ts: the language of the reader, Chinese first. Words stand in i18n.ts; here is what the form to log in needs before they come. */
import { Subject } from "./subject";

export type Lang = "zh" | "en";

export const language = new Subject<Lang>(localStorage.getItem("lang") === "en" ? "en" : "zh");
language.watch((l) => {
	localStorage.setItem("lang", l);
	document.documentElement.lang = l === "zh" ? "zh-CN" : "en";
});

export function lang(): Lang {
	return language.value;
}

/** A text of the daemon in the reader's language, else in the other. */
export function say(text: { zh: string; en: string } | null | undefined): string {
	if (!text) return "";
	return language.value === "zh" ? text.zh || text.en : text.en || text.zh;
}
