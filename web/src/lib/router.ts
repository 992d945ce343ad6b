/* router.ts: which page is shown stands behind the # of the address, so that a page can be bookmarked, and a wall display says
 * what it shows: #/device/lift-1. */
import { Subject } from "./subject";

export interface Route {
	page: string;
	/** What the page is about: a device, a point, a place; "" where it is about all. */
	subject: string;
	query: URLSearchParams;
}

/** What somebody typed may be no address at all: it is a name then, of nothing. */
function plain(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

function read(): Route {
	const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
	const at = path.indexOf("/");
	const page = at < 0 ? path : path.slice(0, at);
	return { page: page || "now", subject: at < 0 ? "" : plain(path.slice(at + 1)), query: new URLSearchParams(query) };
}

export const route = new Subject<Route>(read());
window.addEventListener("hashchange", () => route.set(read()));

export function linkTo(page: string, subject = ""): string {
	return `#/${page}${subject ? `/${encodeURIComponent(subject).replaceAll("%2F", "/")}` : ""}`;
}
