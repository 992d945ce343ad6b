/* points.ts: the values of points while a view shows them: read once, then kept by the stream. Told of at most once a frame. */
import { get } from "../lib/api";
import { Subject } from "../lib/subject";
import type { Point } from "../lib/types";

export type PointMap = ReadonlyMap<string, Point>;

export class Points {
	readonly view = new Subject<PointMap>(new Map());
	private map = new Map<string, Point>();
	private asked = new Set<string>();
	private frame = 0;

	/** From now on those that match are known. Asking again costs nothing until the stream had a gap. */
	async want(match: string): Promise<void> {
		if (this.asked.has(match)) return;
		this.asked.add(match);
		await this.read(match);
	}

	/** The stream has missed something. */
	refresh(): void {
		for (const match of this.asked) void this.read(match).catch(() => {});
	}

	change(p: Point): void {
		if (!this.asked.size) return;
		this.map.set(p.point, p);
		this.soon();
	}

	/** Nobody is logged in: nothing of what was seen stays. */
	forget(): void {
		this.asked = new Set();
		this.map = new Map();
		this.view.set(this.map);
	}

	/** What could not be read is asked for again by who wants it next; what comes after its reader has left is not kept. */
	private async read(match: string): Promise<void> {
		const { asked } = this;
		try {
			const list = await get<Point[]>(`/v1/points?match=${encodeURIComponent(match)}`);
			if (asked !== this.asked) return;
			for (const p of list) this.map.set(p.point, p);
		} catch (e) {
			asked.delete(match);
			throw e;
		}
		this.soon();
	}

	private soon(): void {
		this.frame ||= requestAnimationFrame(() => {
			this.frame = 0;
			this.map = new Map(this.map);
			this.view.set(this.map);
		});
	}
}
