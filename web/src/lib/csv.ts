/* csv.ts: rows as a file that a spreadsheet opens. Texts of others stay texts: none is taken for a formula. */

/** A cell that a spreadsheet takes as text, whatever it begins with; also in the wide signs of Chinese keyboards. */
export function csvCell(text: string): string {
	const safe = /^[\s\u200b\ufeff]*[=+\-@＝＋－＠]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
	return `"${safe.replaceAll('"', '""')}"`;
}

export function csvText(rows: readonly (readonly string[])[]): string {
	return "\ufeff" + rows.map((r) => r.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

export function saveCsv(name: string, rows: readonly (readonly string[])[]): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([csvText(rows)], { type: "text/csv" }));
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
}
