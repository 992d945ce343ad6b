/* narrow.ts: whether the page is on a phone: pictures are drawn for the width that there is. */
import { Subject, useSubject } from "./subject";

const query = window.matchMedia("(max-width: 640px)");
const narrow = new Subject(query.matches);
query.addEventListener("change", () => narrow.set(query.matches));

export function useNarrow(): boolean {
	return useSubject(narrow);
}
