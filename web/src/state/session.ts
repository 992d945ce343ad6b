/* session.ts: who is there. */
import { Subject } from "../lib/subject";
import type { Session } from "../lib/types";

export const session = new Subject<Session | null>(null);
/** Somebody was here until his session ended: the login says so. */
export const ended = new Subject(false);
