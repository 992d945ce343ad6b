/* mark.tsx: a priority, told by shape, word and colour together: a red-green-blind reader loses nothing. */
import { t, type Word } from "../lib/i18n";
import type { Priority } from "../lib/types";

const SHAPES: Record<Priority, string> = {
	1: "M5 0h6l5 5v6l-5 5H5l-5-5V5z", // octagon
	2: "M8 1l8 14H0z", // triangle
	3: "M1 1h14v14H1z", // square
	4: "M8 3a5 5 0 1 0 .01 0z", // dot
};

export function Mark({ priority }: { priority: Priority }) {
	return (
		<span class={`mark mark-${priority}`}>
			<svg viewBox="0 0 16 16" aria-hidden="true">
				<path d={SHAPES[priority]} />
			</svg>
			<span>{t(`p${priority}` as Word)}</span>
		</span>
	);
}
