/* dialog.tsx: a question before something is silenced or ended. The browser's own dialog: focus stays in it, Escape closes it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../lib/api";
import { t } from "../lib/i18n";

interface Props {
	title: string;
	go: string; // what the button says
	ready: boolean;
	stays?: boolean; // open when it is done: what it made is to be seen
	act(): Promise<unknown>;
	close(): void;
	children: ComponentChildren;
}

export function Dialog({ title, go, ready, stays, act, close, children }: Props) {
	const ref = useRef<HTMLDialogElement>(null);
	const [problem, setProblem] = useState("");
	const [busy, setBusy] = useState(false);

	/* Before the next key: it is typed into the dialog, not pressed on what lies below it. */
	useLayoutEffect(() => {
		const dialog = ref.current;
		dialog?.showModal();
		return () => dialog?.close(); // gives the focus back to where it was
	}, []);
	const submit = async (e: Event): Promise<void> => {
		e.preventDefault();
		if (!ready || busy) return;
		setBusy(true);
		try {
			await act();
			if (!stays) close();
		} catch (e) {
			setProblem(e instanceof Problem && e.status === 0 ? t("tooLate") : String((e as Error).message));
		} finally {
			setBusy(false);
		}
	};
	return (
		<dialog ref={ref} onClose={close} aria-labelledby="dialog-title">
			<form onSubmit={submit}>
				<h2 id="dialog-title">{title}</h2>
				{children}
				{problem && (
					<p class="problem" role="alert">
						{t("failed")}: {problem}
					</p>
				)}
				<div class="row end">
					<button type="button" class="quiet" onClick={close}>
						{t("cancel")}
					</button>
					<button type="submit" class="main" disabled={!ready || busy}>
						{go}
					</button>
				</div>
			</form>
		</dialog>
	);
}
