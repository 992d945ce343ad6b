/* stream.ts: the live stream: server-sent events, read by fetch so that a silent connection is noticed (EventSource hides the
 * comments that say that somebody is still there). Comes back by itself, with the id of the last event: what was missed is told. */

export interface StreamEvent {
	name: string;
	data: unknown;
}

export interface StreamCalls {
	event(e: StreamEvent): void;
	/** What lies between cannot be told any more, or it is the first time: read the lists. */
	refresh(): void;
	/** up: since now. down: the last byte came then (ms). */
	state(up: boolean, since: number): void;
	/** Nobody is logged in any more. */
	over(): void;
}

const SILENT_MS = 8000; // a comment comes every 3 s
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const LINE_MAX = 1_000_000;

export class Stream {
	private lastId = "";
	private attempt = 0;
	private ended = false;
	private abort = new AbortController();
	private heard = Date.now();

	constructor(
		private readonly path: string,
		private readonly calls: StreamCalls,
	) {
		void this.live();
	}

	close(): void {
		this.ended = true;
		this.abort.abort();
	}

	private async live(): Promise<void> {
		while (!this.ended) {
			const began = this.heard;
			try {
				await this.once();
			} catch {
				/* the state says it */
			}
			if (this.ended) return;
			if (this.heard !== began) this.attempt = 0;
			this.calls.state(false, this.heard);
			const wait = RETRY_MS[Math.min(this.attempt++, RETRY_MS.length - 1)]!;
			await new Promise((go) => setTimeout(go, wait * (0.75 + Math.random() / 2)));
		}
	}

	private async once(): Promise<void> {
		this.abort = new AbortController();
		const headers: Record<string, string> = { Accept: "text/event-stream" };
		if (this.lastId) headers["Last-Event-ID"] = this.lastId;
		const response = await fetch(this.path, { headers, credentials: "same-origin", signal: this.abort.signal });
		if (response.status === 401 && !this.ended) this.calls.over();
		if (!response.ok || !response.body) throw new Error(response.statusText);
		this.heard = Date.now();
		if (!this.lastId) this.calls.refresh();
		this.calls.state(true, this.heard);
		await this.read(response.body.getReader());
	}

	private async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
		const watch = setInterval(() => {
			if (Date.now() - this.heard > SILENT_MS) this.abort.abort();
		}, 1000);
		const decoder = new TextDecoder();
		let rest = "";
		try {
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return;
				this.heard = Date.now();
				const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
				rest = blocks.pop()!;
				if (rest.length > LINE_MAX) throw new Error("an event without an end");
				for (const block of blocks) this.take(block);
			}
		} finally {
			clearInterval(watch);
		}
	}

	private take(block: string): void {
		let name = "message";
		let data = "";
		let id = "";
		for (const line of block.split("\n")) {
			const at = line.indexOf(":");
			if (at <= 0) continue; // a comment
			const value = line.slice(at + 1).trimStart();
			if (line.startsWith("event:")) name = value;
			else if (line.startsWith("data:")) data += (data ? "\n" : "") + value;
			else if (line.startsWith("id:")) id = value;
		}
		if (id) this.lastId = id;
		if (name === "gap") this.calls.refresh();
		else if (data) this.calls.event({ name, data: JSON.parse(data) as unknown });
	}
}
