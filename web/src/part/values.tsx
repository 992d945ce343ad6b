/* values.tsx: all points of a device: those that say something one by one, those that have never said anything in one line. */
import { t } from "../lib/i18n";
import { pointName } from "../lib/names";
import { linkTo } from "../lib/router";
import type { Point } from "../lib/types";
import { Value } from "./value";

/** A class has points that this make does not have, or that nobody has heard so far: they are no trouble that has come up. */
function neverHeard(p: Point): boolean {
	return p.value === null && p.at === null;
}

export function Values({ of }: { of: readonly Point[] }) {
	const silent = of.filter(neverHeard);
	return (
		<>
			<dl class="values">
				{of
					.filter((p) => !neverHeard(p))
					.map((p) => (
						<div key={p.point}>
							<dt>
								<a href={linkTo("point", p.point)}>{pointName(p.point)}</a>
							</dt>
							<dd>
								<Value point={p} />
							</dd>
						</div>
					))}
			</dl>
			{silent.length > 0 && (
				<p class="under silent">
					{t("neverHeard")}
					{silent.map((p) => (
						<a key={p.point} href={linkTo("point", p.point)}>
							{pointName(p.point)}
						</a>
					))}
				</p>
			)}
		</>
	);
}
