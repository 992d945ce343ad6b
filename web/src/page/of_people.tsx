/* of_people.tsx: the pages about people, fetched together. */
import "../frame"; // it is there first: what both need is in its file
import type { Route } from "../lib/router";
import { Care, HomePage } from "./care";
import { Contacts } from "./contacts";
import { HelpedPage } from "./helped";
import { ResidentPage, Residents } from "./resident";
import { Visits } from "./visits";

export function View({ at }: { at: Route }) {
	switch (at.page) {
		case "home":
			return <HomePage key={at.subject} place={at.subject} />;
		case "residents":
			return <Residents />;
		case "resident":
			return <ResidentPage key={at.subject} id={at.subject} />;
		case "visits":
			return <Visits />;
		case "contacts":
			return <Contacts />;
		case "helped":
			return <HelpedPage key={at.subject} id={at.subject} />;
		default:
			return <Care />;
	}
}
