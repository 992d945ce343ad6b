/* way.ts: what the text of a call for help says of the way there (daemon/care/way.c), apart from what has happened; and dwellings in a
 * text as people call them. Pure. */

const WAY =
	/走楼梯|电梯状态不明|(可用|停用|检修|消防模式|困人|状态不明)(（在-?\d+层）)?(，|$)|已由消防释放$|开着$|带卡或远程开门$|take the stairs|( works( \(at floor -?\d+\))?| out of service| in fire mode| under inspection| is trapped in it| not known)(,|$)| released by the fire panel$| is open$| bring a card/;

/** The way is "" where the text says nothing of it: then the text stays whole. */
export function wayOf(text: string): [what: string, way: string] {
	const between = text.includes("；") ? "；" : "; ";
	const parts = text.split(between);
	const from = parts.findIndex((part, i) => i > 0 && WAY.test(part));
	return from < 0 ? [text, ""] : [parts.slice(0, from).join(between), parts.slice(from).join(between)];
}

/** Dwellings below a place, each by its name. */
export function dwellingsNamed(text: string, place: string, name: (place: string) => string): string {
	return text
		.split(/([\w/-]+)/)
		.map((word) => (place && word.startsWith(`${place}/`) ? name(word) : word))
		.join("");
}
