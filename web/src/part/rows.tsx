/* rows.tsx: a table that scrolls sideways by itself where the screen is narrow. */
import type { ComponentChildren } from "preact";

interface Props {
	label: string;
	head: readonly string[];
	rows: readonly (readonly ComponentChildren[])[];
}

export function Rows({ label, head, rows }: Props) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label={label}>
			<table>
				<thead>
					<tr>
						{head.map((h) => (
							<th key={h} scope="col">
								{h}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((r, i) => (
						<tr key={i}>
							{r.map((c, k) => (
								<td key={k} dir="auto">
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
