/* late.tsx: what stands where a part of the page has not come yet. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Late } from "../lib/late";
import { useSubject } from "../lib/subject";
import { tl } from "../lib/words_login";

export function Waits<M>({ of }: { of: Late<M> }) {
	const failed = useSubject(of.failed);
	if (!failed) return <p class="empty">{tl("loading")}…</p>;
	return (
		<div class="empty" role="alert">
			<p>{tl("pageLate")}…</p>
			<button class="main" onClick={() => location.reload()}>
				{tl("reload")}
			</button>
		</div>
	);
}

/** What is made of it as soon as it is there. */
export function WithLate<M>({ of, children }: { of: Late<M>; children: (module: M) => ComponentChildren }) {
	const module = useSubject(of.module);
	useEffect(() => of.want(), [of]);
	return module ? <>{children(module)}</> : <Waits of={of} />;
}
