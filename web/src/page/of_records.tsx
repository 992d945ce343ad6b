/* of_records.tsx: what was, how the box is, and who may do what, fetched together. */
import "../frame"; // it is there first: what both need is in its file
import type { Route } from "../lib/router";
import { Health } from "./health";
import { History } from "./history";
import { Report } from "./report";
import { Setup } from "./setup";
import { Me, Users } from "./users";

export function View({ at }: { at: Route }) {
	switch (at.page) {
		case "report":
			return <Report month={at.subject} />;
		case "health":
			return <Health />;
		case "setup":
			return <Setup />;
		case "users":
			return <Users />;
		case "me":
			return <Me />;
		default:
			return <History />;
	}
}
