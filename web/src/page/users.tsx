/* users.tsx: who may log in, as what, and for which places: for administrators. Everybody's own: #/me. */
import { useState } from "preact/hooks";
import { post } from "../lib/api";
import { t, type Word } from "../lib/i18n";
import { useLoaded } from "../lib/load";
import { useMore, useSome } from "../lib/more";
import { ROLES, roleWord } from "../lib/people";
import { useSubject } from "../lib/subject";
import { age, stamp } from "../lib/time";
import type { Role } from "../lib/types";
import { Dialog } from "../part/dialog";
import { Rows } from "../part/rows";
import { ShownOf } from "../part/shown_of";
import { Await } from "../part/state";
import { SubNav } from "../part/subnav";
import { session } from "../state/live";

interface User {
	user: string;
	role: Role;
	scope: string[];
	sessions: number;
	password_set: string | null;
}
interface SessionRow {
	user: string;
	address: string;
	wall: boolean;
	since: string;
	expires: string;
}

const EVERY_MS = 15_000;
const LEAST = 8;

const pathOf = (user: string): string => `/v1/users/${encodeURIComponent(user)}`;
const bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Twice, so that a slip is seen. */
function NewPassword({ change }: { change(password: string | null): void }) {
	const [one, setOne] = useState("");
	const [two, setTwo] = useState("");
	const tell = (a: string, b: string): void => change(a === b && bytes(a) >= LEAST && bytes(a) <= 256 ? a : null);
	return (
		<>
			<label class="field">
				{t("newPassword")}
				<input type="password" autocomplete="new-password" value={one} required minLength={LEAST} maxLength={256}
					onInput={(e) => (setOne(e.currentTarget.value), tell(e.currentTarget.value, two))} />
				<small>{t("passwordRule")}</small>
			</label>
			<label class="field">
				{t("again")}
				<input type="password" autocomplete="new-password" value={two} required maxLength={256}
					onInput={(e) => (setTwo(e.currentTarget.value), tell(one, e.currentTarget.value))} />
				{two !== "" && one !== two && <small class="warn">{t("notTheSame")}</small>}
			</label>
		</>
	);
}

function RoleAndScope({ role, scope, setRole, setScope }: { role: Role; scope: string; setRole(r: Role): void; setScope(s: string): void }) {
	return (
		<>
			<fieldset class="choices">
				<legend>{t("role")}</legend>
				{ROLES.map((r) => (
					<label key={r}>
						<input type="radio" name="role" value={r} checked={role === r} onChange={() => setRole(r)} />
						<span>{t(roleWord(r))}</span>
					</label>
				))}
			</fieldset>
			<label class="field">
				{t("scopeOf")}
				<input value={scope} required onInput={(e) => setScope(e.currentTarget.value)} />
				<small>{t("scopeHelp")}</small>
			</label>
		</>
	);
}

const placesOf = (text: string): string[] => text.split(/[\s,，]+/).filter(Boolean);

/** user null: a new one. */
function UserDialog({ user, done, close }: { user: User | null; done(): void; close(): void }) {
	const [name, setName] = useState("");
	const [role, setRole] = useState<Role>(user?.role ?? "operator");
	const [scope, setScope] = useState(user?.scope.join(" ") ?? "*");
	const [password, setPassword] = useState<string | null>(null);
	const body = { role, scope: placesOf(scope) };
	const save = (): Promise<void> => (user ? post(pathOf(user.user), body) : post("/v1/users", { ...body, user: name.trim(), password })).then(done);
	return (
		<Dialog title={user ? `${t("changeUser")} · ${user.user}` : t("addUser")} go={t("done")} close={close} act={save}
			ready={body.scope.length > 0 && (user !== null || (name.trim() !== "" && password !== null))}>
			{!user && (
				<label class="field">
					{t("user")}
					<input value={name} autocomplete="off" required maxLength={63} pattern="[a-z0-9][a-z0-9_\-]*" onInput={(e) => setName(e.currentTarget.value)} />
				</label>
			)}
			<RoleAndScope role={role} scope={scope} setRole={setRole} setScope={setScope} />
			{!user && <NewPassword change={setPassword} />}
		</Dialog>
	);
}

function PasswordDialog({ user, done, close }: { user: User; done(): void; close(): void }) {
	const [password, setPassword] = useState<string | null>(null);
	return (
		<Dialog title={`${t("newPassword")} · ${user.user}`} go={t("done")} ready={password !== null} close={close}
			act={() => post(`${pathOf(user.user)}/password`, { password }).then(done)}>
			<NewPassword change={setPassword} />
		</Dialog>
	);
}

function SureDialog({ title, more, act, close }: { title: string; more: Word; act(): Promise<unknown>; close(): void }) {
	return (
		<Dialog title={title} go={t("done")} ready close={close} act={act}>
			<p>{t(more)}</p>
		</Dialog>
	);
}

type Asked = { what: "set" | "password" | "remove"; user: User } | { what: "add" } | null;

function Asking({ asked, done, close }: { asked: NonNullable<Asked>; done(): void; close(): void }) {
	switch (asked.what) {
		case "add":
			return <UserDialog user={null} done={done} close={close} />;
		case "set":
			return <UserDialog user={asked.user} done={done} close={close} />;
		case "password":
			return <PasswordDialog user={asked.user} done={done} close={close} />;
		case "remove":
			return (
				<SureDialog title={`${t("removeUser")} · ${asked.user.user}`} more="removeMore" close={close}
					act={() => post(`${pathOf(asked.user.user)}/remove`).then(done)} />
			);
	}
}

const SHOWN_AT_ONCE = 50;

function Sessions({ list, end }: { list: readonly SessionRow[]; end(user: string): void }) {
	const more = useMore(list.length, SHOWN_AT_ONCE);
	return (
		<>
			<ShownOf {...more} count={list.length} />
			<Rows
				narrow="cards"
				label={t("sessions")}
				head={[t("user"), t("address"), t("kind"), t("since"), t("expires"), ""]}
				rows={list.slice(0, more.shown).map((s) => [
					s.user,
					s.address || "–",
					t(s.wall ? "wallKind" : "pageKind"),
					age(s.since),
					stamp(s.expires),
					<button class="quiet" onClick={() => end(s.user)}>
						{t("endSessions")}
					</button>,
				])}
			/>
		</>
	);
}

function UserList({ list, ask }: { list: readonly User[]; ask(a: Asked): void }) {
	const who = useSubject(session);
	const more = useSome(list.length, SHOWN_AT_ONCE);
	return (
		<>
			<ShownOf {...more} count={list.length} />
			<Rows
				narrow="cards"
				label={t("users")}
				head={[t("user"), t("role"), t("scopeOf"), t("sessions"), t("passwordSince"), ""]}
				rows={list.slice(0, more.shown).map((user) => [
					user.user,
					t(roleWord(user.role)),
					user.scope.join(" "),
					user.sessions,
					stamp(user.password_set).slice(0, 5),
					<span class="row">
						<button class="quiet" onClick={() => ask({ what: "set", user })}>
							{t("changeUser")}
						</button>
						<button class="quiet" onClick={() => ask({ what: "password", user })}>
							{t("newPassword")}
						</button>
						{user.user !== who?.user && (
							<button class="quiet" onClick={() => ask({ what: "remove", user })}>
								{t("removeUser")}
							</button>
						)}
					</span>,
				])}
			/>
		</>
	);
}

const FILTER_FROM = 12; // users; fewer are seen at once

export function Users() {
	const users = useLoaded<User[]>("/v1/users", EVERY_MS);
	const sessions = useLoaded<SessionRow[]>("/v1/sessions", EVERY_MS);
	const [asked, ask] = useState<Asked>(null);
	const [problem, setProblem] = useState("");
	const [filter, setFilter] = useState("");
	const fits = (name: string, more: string): boolean => `${name} ${more}`.toLowerCase().includes(filter.trim().toLowerCase());
	const again = (): void => {
		users.again();
		sessions.again();
	};
	const end = (user: string): void => {
		post(`${pathOf(user)}/logout`).then(again, (e: Error) => setProblem(e.message));
	};
	return (
		<section aria-label={t("users")}>
			<SubNav of="setup" />
			<div class="row tools">
				{(users.value?.length ?? 0) >= FILTER_FROM && (
					<label class="field wide">
						{t("search")}
						<input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
					</label>
				)}
				<button class="main" onClick={() => ask({ what: "add" })}>
					{t("addUser")}
				</button>
			</div>
			{problem && (
				<p class="problem" role="alert">
					{t("failed")}: {problem}
				</p>
			)}
			<Await of={users}>{(list) => <UserList list={list.filter((u) => fits(u.user, `${u.scope.join(" ")} ${t(roleWord(u.role))}`))} ask={ask} />}</Await>
			<h2>{t("sessions")}</h2>
			<Await of={sessions}>{(list) => <Sessions list={list.filter((s) => fits(s.user, s.address))} end={end} />}</Await>
			{asked && <Asking asked={asked} done={again} close={() => ask(null)} />}
		</section>
	);
}

/* ---- one's own ---- */

function OwnPassword() {
	const [old, setOld] = useState("");
	const [password, setPassword] = useState<string | null>(null);
	const [round, setRound] = useState(0);
	const [said, say] = useState<{ good: boolean; text: string } | null>(null);
	const submit = async (e: Event): Promise<void> => {
		e.preventDefault();
		if (!password) return;
		try {
			await post("/v1/password", { old, password });
			say({ good: true, text: t("passwordChanged") });
			setOld("");
			setPassword(null);
			setRound((n) => n + 1);
		} catch (e) {
			say({ good: false, text: (e as Error).message });
		}
	};
	return (
		<form class="own" onSubmit={submit}>
			<h3>{t("changePassword")}</h3>
			<label class="field">
				{t("oldPassword")}
				<input type="password" name="old" autocomplete="current-password" value={old} required maxLength={256} onInput={(e) => setOld(e.currentTarget.value)} />
			</label>
			<NewPassword key={round} change={setPassword} />
			{said && (
				<p class={said.good ? "under" : "problem"} role={said.good ? "status" : "alert"}>
					{said.text}
				</p>
			)}
			<button class="main" type="submit" disabled={!old || !password}>
				{t("changePassword")}
			</button>
		</form>
	);
}

/** Who is logged in here, as what; and his password. #/me */
export function Me() {
	const who = useSubject(session);
	if (!who) return null;
	return (
		<section aria-label={t("me")}>
			<h2 class="title">{who.user}</h2>
			<p>
				{t("role")}: {t(roleWord(who.role))} · {t("scopeOf")}: {who.scope.join(" ")}
			</p>
			<p class="under">
				{t("sessionUntil")} {stamp(who.expires)}
			</p>
			{!who.wall && <OwnPassword />}
		</section>
	);
}
