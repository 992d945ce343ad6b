/* login.tsx: who is there. A wall display says so: it may look for a long time, and do nothing. */
import { useState } from "preact/hooks";
import { post, Problem } from "../lib/api";
import { useSubject } from "../lib/subject";
import type { Session } from "../lib/types";
import { tl } from "../lib/words_login";
import { ended } from "../state/session";

export function Login({ entered }: { entered(s: Session): void }) {
	const [problem, setProblem] = useState("");
	const [busy, setBusy] = useState(false);
	const over = useSubject(ended);
	const submit = async (e: SubmitEvent): Promise<void> => {
		e.preventDefault();
		const form = new FormData(e.currentTarget as HTMLFormElement);
		setBusy(true);
		try {
			entered(await post<Session>("/v1/login", { user: form.get("user"), password: form.get("password"), wall: form.has("wall") }));
		} catch (e) {
			setProblem(e instanceof Problem && e.status === 0 ? tl("tooLate") : (e as Error).message);
		} finally {
			setBusy(false);
		}
	};
	return (
		<main class="login">
			<form onSubmit={submit}>
				<h1>estated</h1>
				{over && !problem && (
					<p class="warn" role="status">
						{tl("sessionOver")}
					</p>
				)}
				<label class="field">
					{tl("user")}
					<input name="user" autocomplete="username" required maxLength={64} />
				</label>
				<label class="field">
					{tl("password")}
					<input name="password" type="password" autocomplete="current-password" required maxLength={256} />
				</label>
				<label class="check">
					<input type="checkbox" name="wall" /> {tl("wallDisplay")}
				</label>
				{problem && (
					<p class="problem" role="alert">
						{problem}
					</p>
				)}
				<button class="main" type="submit" disabled={busy}>
					{tl("login")}
				</button>
			</form>
		</main>
	);
}
