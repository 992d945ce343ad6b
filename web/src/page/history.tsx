/* history.tsx: what was: alarms, open and over, and the audit where the role may read it. Filtered here; exported as CSV for a spreadsheet. */
import { useState } from "preact/hooks";
import { say, t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useSubject } from "../lib/subject";
import { stamp } from "../lib/time";
import type { Alarm } from "../lib/types";
import { Mark } from "../part/mark";
import { Rows } from "../part/rows";
import { Await } from "../part/state";
import { session } from "../state/live";

interface Record {
	n: number;
	time: string;
	kind: string;
	who: string | null;
	what: string | null;
	why: string | null;
}

const SHOWN = 300;

/** A cell that a spreadsheet takes as text, whatever it begins with. */
function cell(text: string): string {
	const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return `"${safe.replaceAll('"', '""')}"`;
}

function save(name: string, rows: readonly (readonly string[])[]): void {
	const text = "\ufeff" + rows.map((r) => r.map(cell).join(",")).join("\r\n") + "\r\n";
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
}

function asRow(a: Alarm): string[] {
	return [a.since, String(a.priority), a.state, a.alarm, a.place, say(a.text), a.ack_by ?? "", a.arrived ?? "", a.outcome ?? ""];
}

function AlarmRows({ filter }: { filter: string }) {
	const list = useLoaded<Alarm[]>("/v1/alarms?all=1", 30_000);
	return (
		<Await of={list}>
			{(all) => {
				const rows = all
					.filter((a) => `${a.alarm} ${a.place} ${a.text?.zh ?? ""} ${a.text?.en ?? ""}`.toLowerCase().includes(filter))
					.sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
				if (!rows.length) return <p class="empty">{t("noRows")}</p>;
				return (
					<>
						<button class="quiet" onClick={() => save("alarms.csv", [["since", "priority", "state", "alarm", "place", "text", "ack_by", "arrived", "outcome"], ...rows.map(asRow)])}>
							{t("export")}
						</button>
						<Rows
							label={t("alarmsTitle")}
							head={[t("at"), t("priority"), t("stateOf"), t("place"), t("text"), t("outcome")]}
							rows={rows
								.slice(0, SHOWN)
								.map((a) => [stamp(a.since), <Mark priority={a.priority} />, t(a.state as Word), a.place, say(a.text), a.outcome ? t(a.outcome as Word) : ""])}
						/>
					</>
				);
			}}
		</Await>
	);
}

function AuditRows({ filter }: { filter: string }) {
	const list = useLoaded<Record[]>("/v1/audit?limit=500", 30_000);
	return (
		<Await of={list}>
			{(all) => {
				const rows = all.filter((r) => `${r.kind} ${r.who} ${r.what} ${r.why}`.toLowerCase().includes(filter)).reverse();
				if (!rows.length) return <p class="empty">{t("noRows")}</p>;
				return (
					<Rows
						label={t("audit")}
						head={[t("at"), t("kind"), t("who"), t("what"), t("reason")]}
						rows={rows.slice(0, SHOWN).map((r) => [stamp(r.time), r.kind, r.who ?? "estated", r.what ?? "", r.why ?? ""])}
					/>
				);
			}}
		</Await>
	);
}

export function History() {
	const role = useSubject(session)?.role;
	const [filter, setFilter] = useState("");
	const [audit, setAudit] = useState(false);
	const mayAudit = role === "technician" || role === "admin";
	return (
		<section aria-label={t("history")}>
			<div class="row">
				<label class="field wide">
					{t("filter")}
					<input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
				</label>
				{mayAudit && (
					<span class="row" role="group">
						<button class={audit ? "quiet" : "main"} aria-pressed={!audit} onClick={() => setAudit(false)}>
							{t("alarmsTitle")}
						</button>
						<button class={audit ? "main" : "quiet"} aria-pressed={audit} onClick={() => setAudit(true)}>
							{t("audit")}
						</button>
					</span>
				)}
			</div>
			{audit ? <AuditRows filter={filter.toLowerCase()} /> : <AlarmRows filter={filter.toLowerCase()} />}
		</section>
	);
}
