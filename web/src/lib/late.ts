/* late.ts: a part of the page that is fetched when it is wanted. It is asked for until it comes: a wall has nobody who presses a button.
 * Whether the page that asks is still the one that the box has, it looks first: parts of an older page are no longer there. */
import { isRenewed } from "./newest";
import { Subject } from "./subject";

const AGAIN_MS = [1000, 2000, 4000, 8000];

export class Late<M> {
	readonly module = new Subject<M | null>(null);
	/** It has not come so far: said until it does. */
	readonly failed = new Subject(false);
	private asked = false;

	constructor(
		private readonly load: () => Promise<M>,
		private readonly renewed: () => void = () => location.reload(),
	) {}

	want(): void {
		if (this.asked) return;
		this.asked = true;
		void this.ask();
	}

	private async ask(): Promise<void> {
		for (let n = 0; ; n++) {
			try {
				this.module.set(await this.load());
				this.failed.set(false);
				return;
			} catch {
				this.failed.set(true);
			}
			if (await isRenewed()) return this.renewed();
			await new Promise((go) => setTimeout(go, AGAIN_MS[Math.min(n, AGAIN_MS.length - 1)]));
		}
	}
}
