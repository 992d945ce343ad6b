/* reveal.tsx: what is personal stays masked until somebody says why he wants to see it; the daemon writes that down before it answers,
 * and after two minutes it is masked again. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { Dialog } from "./dialog";

const SHOWN_MS = 120_000;

export interface Revealed<T> {
	value: T | null;
	hide(): void;
	ask(): void;
	/** The question, while it is open: to be shown somewhere. */
	question: ComponentChildren;
}

export function useReveal<T>(title: string, read: (reason: string) => Promise<T>): Revealed<T> {
	const [value, setValue] = useState<T | null>(null);
	const [asking, setAsking] = useState(false);
	const [reason, setReason] = useState("");
	useEffect(() => {
		if (value === null) return;
		const timer = window.setTimeout(() => setValue(null), SHOWN_MS);
		return () => window.clearTimeout(timer);
	}, [value]);
	const question = asking ? (
		<Dialog title={title} go={t("reveal")} ready={reason.trim() !== ""} close={() => setAsking(false)} act={async () => setValue(await read(reason.trim()))}>
			<p class="under">
				{t("revealMore")} {t("hidesItself")}。
			</p>
			<label class="field">
				{t("reason")}
				<input value={reason} required maxLength={160} onInput={(e) => setReason(e.currentTarget.value)} />
			</label>
		</Dialog>
	) : null;
	return { value, hide: () => setValue(null), ask: () => setAsking(true), question };
}

/** A field of its own: its name, the button, and below it what was released. */
export function Masked<T>({ name, of, children }: { name: string; of: Revealed<T>; children(value: T): ComponentChildren }) {
	return (
		<div class="sheet">
			<div class="row">
				<span>{name}</span>
				<button class="quiet" onClick={of.value ? of.hide : of.ask}>
					{of.value ? t("hide") : t("reveal")}
				</button>
			</div>
			{of.value && children(of.value)}
			{of.question}
		</div>
	);
}
