/* sound.ts: priority 1 and 2 are heard until somebody acknowledges. Two tones of a kind, made here: no file to fetch, none to
 * lose. A browser plays nothing before the first press of a person: `blocked` says so, and the page asks for it. */
import { Subject } from "./subject";

export const blocked = new Subject(false);

type Tone = readonly { hz: number; at: number; long: number }[];
const TONES: Record<1 | 2, Tone> = {
	1: [0, 0.25, 0.5].map((at) => ({ hz: 988, at, long: 0.18 })),
	2: [
		{ hz: 659, at: 0, long: 0.3 },
		{ hz: 523, at: 0.35, long: 0.3 },
	],
};
const EVERY_MS: Record<1 | 2, number> = { 1: 2500, 2: 8000 };
const LOUD = 0.4;

let context: AudioContext | null = null;
let timer = 0;
let sounding: 0 | 1 | 2 = 0;
document.documentElement.dataset.sound = "0";

function play(tone: Tone): void {
	context ??= new AudioContext();
	if (context.state !== "running") {
		blocked.set(true);
		void context.resume().then(() => blocked.set(false));
		return;
	}
	for (const { hz, at, long } of tone) {
		const begin = context.currentTime + at;
		const voice = context.createOscillator();
		const gain = context.createGain();
		voice.frequency.value = hz;
		gain.gain.setValueAtTime(0, begin);
		gain.gain.linearRampToValueAtTime(LOUD, begin + 0.02);
		gain.gain.linearRampToValueAtTime(0, begin + long);
		voice.connect(gain).connect(context.destination);
		voice.start(begin);
		voice.stop(begin + long);
	}
}

/** The most urgent alarm that nobody has acknowledged; 0: silence. */
export function sound(priority: 0 | 1 | 2): void {
	if (priority === sounding) return;
	sounding = priority;
	document.documentElement.dataset.sound = String(priority); // the head of the page shows it
	window.clearInterval(timer);
	if (priority === 0) {
		blocked.set(false);
		return;
	}
	play(TONES[priority]);
	timer = window.setInterval(() => play(TONES[priority]), EVERY_MS[priority]);
}

/** After a press: a browser lets us from now on. */
export function allow(): void {
	context ??= new AudioContext();
	void context.resume().then(() => blocked.set(false));
}
