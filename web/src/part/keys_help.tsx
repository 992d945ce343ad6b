/* keys_help.tsx: which keys there are: the same words as on the buttons. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { t, type Word } from "../lib/i18n";

const KEYS: readonly (readonly [string, Word])[] = [
	["↑ ↓", "helpMove"],
	["A", "ack"],
	["R", "arrive"],
	["C", "close"],
	["S", "shelve"],
	["L", "helpedList"],
	["M", "mute"],
	["/", "search"],
	["1 … 6", "pages"],
	["?", "help"],
	["Esc", "cancel"],
];

export function KeysHelp({ close }: { close(): void }) {
	const ref = useRef<HTMLDialogElement>(null);
	useLayoutEffect(() => ref.current?.showModal(), []);
	return (
		<dialog ref={ref} onClose={close} aria-labelledby="keys-title">
			<h2 id="keys-title">{t("help")}</h2>
			<dl class="keys">
				{KEYS.map(([key, word]) => (
					<div key={key}>
						<dt>
							<kbd>{key}</kbd>
						</dt>
						<dd>{t(word)}</dd>
					</div>
				))}
			</dl>
			<div class="row end">
				<button class="main" onClick={close}>
					{t("done")}
				</button>
			</div>
		</dialog>
	);
}
