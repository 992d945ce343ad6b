/* rows.tsx: a table that scrolls sideways by itself where the screen is narrow. */
import type { ComponentChildren } from "preact";

interface Props {
	label: string;
	head: readonly string[];
	rows: readonly (readonly ComponentChildren[])[];
	/** On a phone: a card a row, where a row is of words; else the table is pushed sideways. */
	narrow?: "cards" | "scroll";
}

/** "12", "99.73 %", "3:10", "1 / 2", "–"; an address is none */
function isFigure(c: ComponentChildren): boolean {
	return typeof c === "number" || (typeof c === "string" && !/^\d+(\.\d+){2,}$/.test(c) && /^(–|\d[\d.,:]*( (%|s|ms|B|kB|MB|GB|TB))?( ?\/ ?\d[\d.,]*)?)$/.test(c));
}

/** "11-22 03:00:07": in one line, so that rows are read down */
const isStamp = (c: ComponentChildren): boolean => typeof c === "string" && /^\d\d-\d\d \d\d:\d\d/.test(c);

/** Columns of figures end under each other. */
function figureColumns(rows: Props["rows"]): ReadonlySet<number> {
	const first = rows[0] ?? [];
	return new Set(first.map((_, k) => k).filter((k) => rows.every((r) => isFigure(r[k]))));
}

export function Rows({ label, head, rows, narrow = "scroll" }: Props) {
	const figures = figureColumns(rows);
	return (
		<div class={`scroll narrow-${narrow}`} tabIndex={0} role="region" aria-label={label}>
			<table>
				<thead>
					<tr>
						{head.map((h, k) => (
							<th key={h} scope="col" class={figures.has(k) ? "figure" : ""}>
								{h}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((r, i) => (
						<tr key={i}>
							{r.map((c, k) => (
								<td key={k} dir="auto" data-label={head[k]} class={figures.has(k) ? "figure" : isStamp(c) ? "stamp" : ""}>
									{c}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
