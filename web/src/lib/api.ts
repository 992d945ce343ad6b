/* api.ts: asks the daemon, by way of estated-web. Answers are typed by the caller (types.ts); what is wrong is a Problem, with
 * the words of the daemon, which are written for people. */

export class Problem extends Error {
	constructor(
		readonly status: number, // 0: nobody answered
		text: string,
		readonly field?: string,
	) {
		super(text);
	}
}

/** Nobody answered, or there was no time for it: soon it may be otherwise. */
export function passes(status: number): boolean {
	return status === 0 || status === 429 || status >= 500;
}

let csrf = "";

/** The token of the session, sent with every change. */
export function useToken(token: string): void {
	csrf = token;
}

/** Called when the session is over: the page asks for a password again. */
export const onLoggedOut: { call: () => void } = { call: () => {} };

async function problemOf(response: Response): Promise<Problem> {
	try {
		const body = (await response.json()) as { error?: { text?: string; field?: string } };
		return new Problem(response.status, body.error?.text ?? response.statusText, body.error?.field);
	} catch {
		return new Problem(response.status, response.statusText);
	}
}

async function fetched(path: string, init: RequestInit): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(path, { credentials: "same-origin", ...init });
	} catch (e) {
		throw new Problem(0, e instanceof Error ? e.message : String(e));
	}
	if (!response.ok) {
		const problem = await problemOf(response);
		if (response.status === 401 && path !== "/v1/login") onLoggedOut.call();
		throw problem;
	}
	return response;
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
	return (await (await fetched(path, init)).json()) as T;
}

const PAGE = 200; // rows of one answer
const PAGES_MAX = 50;

/** A long list, page by page: what else the box has to say comes between. */
export async function getAll<T>(path: string): Promise<T[]> {
	const all: T[] = [];
	let after = "0";
	for (let n = 0; n < PAGES_MAX; n++) {
		const response = await fetched(`${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}&after=${after}`, { headers: { Accept: "application/json" } });
		all.push(...((await response.json()) as T[]));
		const next = response.headers.get("X-Estate-Next");
		if (!next) break;
		after = next;
	}
	return all;
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
	return ask<T>(path, { headers: { Accept: "application/json" }, ...(signal && { signal }) });
}

export function post<T>(path: string, body: object = {}): Promise<T> {
	return ask<T>(path, {
		method: "POST",
		headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
		body: JSON.stringify(body),
	});
}

/** An alarm's id (`rule/asset`, the asset may have slashes of its own) as part of a path. */
export function alarmPath(id: string): string {
	return id.split("/").map(encodeURIComponent).join("/");
}
