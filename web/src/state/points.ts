/* points.ts: the values of points while a view shows them: read once, then kept by the stream. Told of at most once a frame. */
import { get } from "../lib/api";
import { Subject } from "../lib/subject";
import type { Point } from "../lib/types";

export type PointMap = ReadonlyMap<string, Point>;

export class Points {
	readonly view = new Subject<PointMap>(new Map());
	private map = new Map<string, Point>();
	private readonly asked = new Set<string>();
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

	private async read(match: string): Promise<void> {
		for (const p of await get<Point[]>(`/v1/points?match=${encodeURIComponent(match)}`)) this.map.set(p.point, p);
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
