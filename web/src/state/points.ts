/* points.ts: the values of points while a view shows them: read once, then kept by the stream. Told of at most once a frame. Those that no
 * view shows any more are kept as long as the stream has no gap, for who comes back. */
import { get, passes, Problem } from "../lib/api";
import { Subject } from "../lib/subject";
import type { Point } from "../lib/types";

export type PointMap = ReadonlyMap<string, Point>;

const AGAIN_MS = 4000;

/** A pattern as views have it: "lift-1.*", "*.floor", or the point itself. */
function matches(match: string, id: string): boolean {
	if (match.startsWith("*")) return id.endsWith(match.slice(1));
	return match.endsWith("*") ? id.startsWith(match.slice(0, -1)) : id === match;
}

export class Points {
	readonly view = new Subject<PointMap>(new Map());
	private map = new Map<string, Point>();
	/** How many views show those that match. */
	private asked = new Map<string, number>();
	private frame = 0;

	/** Those that match are known until the function that comes back is called. Asking again costs nothing until the stream had a gap. */
	want(match: string): () => void {
		const { asked } = this;
		const views = asked.get(match);
		asked.set(match, (views ?? 0) + 1);
		if (views === undefined) void this.read(match);
		return () => {
			if (asked === this.asked) asked.set(match, asked.get(match)! - 1);
		};
	}

	/** The stream has missed something: what nobody looks at is forgotten, and read when somebody does. */
	refresh(): void {
		for (const [match, views] of this.asked) if (!views) this.asked.delete(match);
		const seen = [...this.asked.keys()];
		this.map = new Map([...this.map].filter(([id]) => seen.some((match) => matches(match, id))));
		for (const match of seen) void this.read(match);
	}

	change(p: Point): void {
		if (!this.asked.size) return;
		this.map.set(p.point, p);
		this.soon();
	}

	/** Nobody is logged in: nothing of what was seen stays. */
	forget(): void {
		this.asked = new Map();
		this.map = new Map();
		this.view.set(this.map);
	}

	/** Asked for until it comes, while somebody looks; what comes after its reader has left is not kept. */
	private async read(match: string): Promise<void> {
		const { asked } = this;
		try {
			const list = await get<Point[]>(`/v1/points?match=${encodeURIComponent(match)}`);
			if (asked !== this.asked || !asked.has(match)) return;
			for (const p of list) this.map.set(p.point, p);
		} catch (e) {
			if (!(e instanceof Problem) || passes(e.status)) window.setTimeout(() => this.readAgain(asked, match), AGAIN_MS);
			return;
		}
		this.soon();
	}

	private readAgain(asked: ReadonlyMap<string, number>, match: string): void {
		if (asked !== this.asked) return;
		if (asked.get(match)) void this.read(match);
		else this.asked.delete(match);
	}

	private soon(): void {
		this.frame ||= requestAnimationFrame(() => {
			this.frame = 0;
			this.map = new Map(this.map);
			this.view.set(this.map);
		});
	}
}
