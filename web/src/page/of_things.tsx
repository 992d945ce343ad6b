/* of_things.tsx: the map, and the pages about what it shows, fetched together. */
import "../frame"; // it is there first: what both need is in its file
import type { Route } from "../lib/router";
import { Device } from "./device";
import { Estate, Place } from "./estate";
import { Lift } from "./lift";
import { PointPage } from "./point";

export function View({ at }: { at: Route }) {
	switch (at.page) {
		case "place":
			return <Place key={at.subject} place={at.subject} />;
		case "device":
			return <Device key={at.subject} id={at.subject} />;
		case "lift":
			return <Lift key={at.subject} id={at.subject} />;
		case "point":
			return <PointPage key={at.subject} id={at.subject} />;
		default:
			return <Estate />;
	}
}
