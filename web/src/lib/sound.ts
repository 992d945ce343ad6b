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
let out: GainNode | null = null; // of what plays now: cut when it is to end
let timer = 0;
let sounding: 0 | 1 | 2 = 0;
document.documentElement.dataset.sound = "0";

function cut(): void {
	out?.disconnect();
	out = null;
}

function voices(c: AudioContext, tone: Tone): void {
	cut();
	out = c.createGain();
	out.connect(c.destination);
	for (const { hz, at, long } of tone) {
		const begin = c.currentTime + at;
		const voice = c.createOscillator();
		const gain = c.createGain();
		voice.frequency.value = hz;
		gain.gain.setValueAtTime(0, begin);
		gain.gain.linearRampToValueAtTime(LOUD, begin + 0.02);
		gain.gain.linearRampToValueAtTime(0, begin + long);
		voice.connect(gain).connect(out);
		voice.start(begin);
		voice.stop(begin + long);
	}
}

/** What is due now; where the browser does not let us yet, as soon as it does. */
function play(): void {
	if (!sounding) return;
	context ??= new AudioContext();
	if (context.state === "running") {
		voices(context, TONES[sounding]);
		return;
	}
	blocked.set(true);
	allow();
}

/** The most urgent alarm that nobody has acknowledged; 0: silence. */
export function sound(priority: 0 | 1 | 2): void {
	if (priority === sounding) return;
	sounding = priority;
	document.documentElement.dataset.sound = String(priority); // the head of the page shows it
	window.clearInterval(timer);
	if (priority === 0) {
		cut();
		return;
	}
	play();
	timer = window.setInterval(play, EVERY_MS[priority]);
}

/** After a press: a browser lets us from now on. */
export function allow(): void {
	const c = (context ??= new AudioContext());
	void c.resume().then(() => {
		if (c.state !== "running" || !blocked.value) return;
		blocked.set(false);
		if (sounding) voices(c, TONES[sounding]);
	});
}

/** Before the first alarm: to begin with sound takes a quarter of a second, and whether the browser lets us is better known now. */
export function prepare(): void {
	context ??= new AudioContext();
	if (context.state === "running") return;
	blocked.set(true);
	allow();
	for (const press of ["pointerdown", "keydown"]) window.addEventListener(press, allow, { once: true });
}
