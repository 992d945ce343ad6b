/* tick.ts: the one timer of the page: whoever shows an age watches it. */
import { Subject } from "./subject";

export const tick = new Subject(0);
window.setInterval(() => tick.set(tick.value + 1), 1000);
