#include "app/accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/accounts_inside.h"
#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"
#include "upstream/alarm_json.h"

#define SWEEP_US MINUTE

static struct accounts *of(void *context)
{
	const struct live *l = context;

	return l->accounts;
}

struct account *accounts_find(struct accounts *a, const char *name)
{
	for (size_t i = 0; name && *name && i < ACCOUNTS_USERS; i++)
		if (str_equal(a->users[i].name, name))
			return &a->users[i];
	return NULL;
}

struct accounts *accounts_new(struct live *l)
{
	struct accounts *a = MEM_NEW(struct accounts);

	if (sodium_init() < 0)
		abort();
	a->live = l;
	return a;
}

void accounts_free(struct accounts *a)
{
	if (!a)
		return;
	sodium_memzero(a, sizeof(*a));
	free(a);
}

/* ---- who is known where ---- */

static struct accounts_known *find_known(struct accounts *a, const char *user, const char *address)
{
	for (size_t i = 0; *address && i < ACCOUNTS_KNOWN; i++)
		if (str_equal(a->known[i].user, user) && str_equal(a->known[i].address, address))
			return &a->known[i];
	return NULL;
}

static void know(struct accounts *a, const char *user, const char *address)
{
	struct accounts_known *place = find_known(a, user, address), one = { 0 };

	if (!*address)
		return;
	place = place ? place : &a->known[ACCOUNTS_KNOWN - 1];
	snprintf(one.user, sizeof(one.user), "%s", user);
	snprintf(one.address, sizeof(one.address), "%s", address);
	memmove(&a->known[1], &a->known[0], (size_t)((char *)place - (char *)a->known));
	a->known[0] = one;
}

/* What an account's tries from that address count for. */
struct tries {
	enum throttle_kind kind;
	char name[SESSIONS_USER + SESSIONS_ADDRESS];
};
static struct tries tries_of(struct accounts *a, const char *user, const char *address)
{
	bool known = find_known(a, user, address);
	struct tries t = { .kind = known ? THROTTLE_KNOWN : THROTTLE_ACCOUNT };

	if (known)
		snprintf(t.name, sizeof(t.name), "%s@%s", user, address);
	else
		snprintf(t.name, sizeof(t.name), "%s", user);
	return t;
}

/* ---- kept ---- */

static char *user_body(const struct account *u)
{
	_cleanup_str_buf_ struct str_buf scope = { 0 };
	json_t *json;
	char *text;

	scope_write(&u->scope, &scope);
	json = json_pack("{s:s, s:s, s:s, s:I}", "role", api_role_name(u->role), "scope", str_buf_text(&scope), "hash",
			 u->hash, "changed", (json_int_t)u->changed_us);
	text = alarm_json_text(json);
	json_decref(json);
	return text;
}

static char *session_body(const struct session *s)
{
	json_t *json = json_pack("{s:s, s:b, s:I, s:s}", "user", s->user, "wall", s->wall, "made",
				 (json_int_t)s->made_us, "address", s->address);
	char *text = alarm_json_text(json);

	json_decref(json);
	return text;
}

static void restore_user(struct accounts *a, const char *name, const json_t *body)
{
	struct account u = { 0 }, *place = a->users;
	const char *hash = json_string_value(json_object_get(body, "hash"));
	const char *scope = json_string_value(json_object_get(body, "scope"));

	while (place < a->users + ACCOUNTS_USERS && place->name[0])
		place++;
	/* What cannot be read opens nothing. */
	if (place == a->users + ACCOUNTS_USERS || strlen(name) >= sizeof(u.name) || !hash ||
	    strlen(hash) >= sizeof(u.hash) || !scope || scope_parse(scope, &u.scope) < 0 ||
	    api_role_parse(json_string_value(json_object_get(body, "role")), &u.role) < 0)
		return;
	strcpy(u.name, name);
	strcpy(u.hash, hash);
	u.changed_us = json_integer_value(json_object_get(body, "changed"));
	*place = u;
}

static void restore_session(struct accounts *a, const char *hash, const json_t *body)
{
	struct session s = { .wall = json_is_true(json_object_get(body, "wall")),
			     .made_us = json_integer_value(json_object_get(body, "made")) };
	const char *user = json_string_value(json_object_get(body, "user"));
	const char *address = json_string_value(json_object_get(body, "address"));

	if (strlen(hash) != SESSIONS_TOKEN - 1 || !accounts_find(a, user))
		return;
	strcpy(s.hash, hash);
	snprintf(s.user, sizeof(s.user), "%s", user);
	snprintf(s.address, sizeof(s.address), "%s", address ? address : "");
	sessions_add(&a->sessions, &s, clock_now());
	know(a, s.user, s.address);
}

void accounts_restore(void *context, const struct store_account *row)
{
	struct accounts *a = of(context);
	json_t *body = json_loads(row->body, 0, NULL);

	if (str_equal(row->kind, "user"))
		restore_user(a, row->id, body);
	else
		restore_session(a, row->id, body);
	json_decref(body);
}

/* ---- what changes ---- */

/* Rows of one commit; texts are ours until it is handed over. */
struct change {
	struct store_account rows[SESSIONS_MAX + 1];
	char *bodies[SESSIONS_MAX + 1];
	char ids[SESSIONS_MAX + 1][SESSIONS_TOKEN];
	size_t count;
};

/* body NULL: it is gone. Takes body. */
static void add(struct change *c, const char *kind, const char *id, char *body)
{
	snprintf(c->ids[c->count], sizeof(c->ids[0]), "%s", id);
	c->bodies[c->count] = body;
	c->rows[c->count] = (struct store_account){ .kind = kind, .id = c->ids[c->count], .body = body };
	c->count++;
}

static void end_session(struct accounts *a, struct change *c, struct session *s)
{
	add(c, "session", s->hash, NULL);
	if (a->live->api)
		api_session_ended(a->live->api, s->id);
	*s = (struct session){ 0 };
}

/* All but the one that is spared; 0: all. */
static void end_sessions_of(struct accounts *a, struct change *c, const char *user, uint64_t spared)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (a->sessions.all[i].id && a->sessions.all[i].id != spared &&
		    str_equal(a->sessions.all[i].user, user))
			end_session(a, c, &a->sessions.all[i]);
}

/* Takes detail. */
struct deed {
	const char *kind, *who, *what, *why;
	json_t *detail;
	struct api_pending *pending;
};

static void commit(struct accounts *a, struct change *c, const struct deed *d)
{
	_cleanup_(freep) void *detail = d->detail ? alarm_json_text(d->detail) : NULL;
	struct store_audit audit = { .kind = d->kind, .who = d->who, .what = d->what, .why = d->why, .detail = detail };

	outflow_accounts(a->live->outflow, &(struct outflow_accounts){ c->rows, c->count },
			 &(struct outflow_record){ &audit, d->pending });
	json_decref(d->detail);
	for (size_t i = 0; i < c->count; i++)
		free(c->bodies[i]);
}

void accounts_tick(struct accounts *a, int64_t now_mono_us)
{
	struct session *s = sessions_over(&a->sessions, now_mono_us);
	_cleanup_(freep) struct change *c = NULL;
	char user[SESSIONS_USER];

	accounts_trail_tick(a, now_mono_us);
	if (!s)
		return;
	/* One a turn: there are never many. */
	c = MEM_NEW(struct change);
	memcpy(user, s->user, sizeof(user));
	end_session(a, c, s);
	commit(a, c, &(struct deed){ .kind = "login", .who = user, .what = "session over" });
}

/* ---- sessions ---- */

static void show_session(struct accounts *a, const struct session *s, struct api_session *ret)
{
	const struct account *u = accounts_find(a, s->user);
	struct clock_now now = clock_now();

	*ret = (struct api_session){ .id = s->id,
				     .user = s->user,
				     .role = u->role,
				     .scope = u->scope,
				     .wall = s->wall,
				     .expires_us = now.wall_us + MIN(s->idle_us, s->ends_us) - now.mono_us };
}

static bool serve_session(void *context, const char *token, struct api_session *ret_session)
{
	struct accounts *a = of(context);
	const struct session *s = sessions_use(&a->sessions, token, clock_mono_us());

	if (!s || !accounts_find(a, s->user))
		return false;
	show_session(a, s, ret_session);
	return true;
}

static bool serve_session_look(void *context, const char *token, struct api_session *ret_session)
{
	struct accounts *a = of(context);
	const struct session *s = sessions_look(&a->sessions, token, clock_mono_us());

	if (!s || !accounts_find(a, s->user))
		return false;
	show_session(a, s, ret_session);
	return true;
}

static bool serve_csrf_good(void *context, const char *token, const char *said)
{
	(void)context;
	return sessions_csrf_good(token, said);
}

static void serve_csrf(void *context, const char *token, char ret_csrf[API_TOKEN_HEX])
{
	(void)context;
	sessions_csrf(token, ret_csrf);
}

static void begin_session(struct accounts *a, const struct accounts_hash *h)
{
	_cleanup_(freep) struct change *c = MEM_NEW(struct change);
	struct session *s = sessions_making_room(&a->sessions, h->user), like = { .wall = h->wall };
	struct api_session shown;
	char token[SESSIONS_TOKEN];

	if (s->id)
		end_session(a, c, s);
	snprintf(like.user, sizeof(like.user), "%s", h->user);
	snprintf(like.address, sizeof(like.address), "%s", h->address);
	s = sessions_begin(&a->sessions, &like, clock_now(), token);
	add(c, "session", s->hash, session_body(s));
	commit(a, c,
	       &(struct deed){ .kind = "login",
			       .who = s->user,
			       .what = "login",
			       .detail = json_pack("{s:s, s:b}", "address", s->address, "wall", s->wall) });
	show_session(a, s, &shown);
	api_finish_login(h->pending, &shown, token);
	sodium_memzero(token, sizeof(token));
}

void accounts_wrong_try(struct accounts *a, const char *user, const char *address)
{
	struct tries tries = tries_of(a, user, address);
	int64_t now_us = clock_mono_us();

	throttle_failed(&a->throttle, tries.kind, tries.name, now_us);
	throttle_failed(&a->throttle, THROTTLE_ADDRESS, address, now_us);
}

static void login_hashed(struct accounts_hash *h)
{
	struct accounts *a = h->accounts;
	const struct account *u = accounts_find(a, h->user);
	struct tries tries = tries_of(a, h->user, h->address);

	if (!h->ran) {
		api_finish_json(h->pending, 503,
				json_pack("{s:{s:i, s:s}}", "error", "status", 503, "text", "estated ends"));
		return;
	}
	/* The password may have become another meanwhile. */
	if (h->good && u && str_equal(u->hash, h->hash)) {
		throttle_forgive(&a->throttle, tries.kind, tries.name);
		know(a, h->user, h->address);
		tries = tries_of(a, h->user, h->address);
		throttle_forgive(&a->throttle, tries.kind, tries.name);
		begin_session(a, h);
		return;
	}
	accounts_wrong_try(a, h->user, h->address);
	accounts_trail_login(a, h);
	api_finish_login(h->pending, NULL, NULL);
}

static int64_t serve_login_wait(void *context, const struct api_login *ask)
{
	struct accounts *a = of(context);
	struct tries tries = tries_of(a, ask->user, ask->address);
	int64_t now_us = clock_mono_us();

	return MAX(throttle_wait_us(&a->throttle, tries.kind, tries.name, now_us),
		   throttle_wait_us(&a->throttle, THROTTLE_ADDRESS, ask->address, now_us));
}

static int serve_login(void *context, const struct api_login *ask)
{
	struct accounts *a = of(context);
	const struct account *u = accounts_find(a, ask->user);
	struct accounts_hash h = { .done = login_hashed,
				   .user = (char *)ask->user,
				   .password = (char *)ask->password,
				   .address = (char *)ask->address,
				   .wall = ask->wall,
				   .stranger = !find_known(a, ask->user, ask->address),
				   .pending = ask->pending };

	/* Of somebody who is not known it is made, which takes as long as comparing. */
	if (u)
		memcpy(h.hash, u->hash, sizeof(h.hash));
	return accounts_hash_submit(a, &h);
}

static void serve_logout(void *context, uint64_t session, const char *who, struct api_pending *pending)
{
	struct accounts *a = of(context);
	struct session *s = sessions_find(&a->sessions, session);
	_cleanup_(freep) struct change *c = MEM_NEW(struct change);

	if (s)
		end_session(a, c, s);
	commit(a, c, &(struct deed){ .kind = "login", .who = who, .what = "logout", .pending = pending });
}

/* ---- users ---- */

static json_t *deed_detail(const char *verb, const struct account *u)
{
	_cleanup_str_buf_ struct str_buf scope = { 0 };

	if (!u)
		return json_pack("{s:s}", "verb", verb);
	scope_write(&u->scope, &scope);
	return json_pack("{s:s, s:s, s:s}", "verb", verb, "role", api_role_name(u->role), "scope",
			 str_buf_text(&scope));
}

/* Of whoever is to do it to this user: what he may do may have changed, so he logs in again. */
void accounts_change(struct accounts *a, const struct api_user_request *r, const char *hash)
{
	static const char *const verbs[] = { "user-add",    "user-set",          "user-password",
					     "user-remove", "user-sessions-end", "user-own-password" };
	_cleanup_(freep) struct change *c = MEM_NEW(struct change);
	struct account *u = accounts_find(a, r->name);

	if (r->act == API_USER_ADD) {
		for (u = a->users; u->name[0]; u++)
			;
		snprintf(u->name, sizeof(u->name), "%s", r->name);
	}
	if (r->role != API_NOBODY)
		u->role = r->role;
	if (r->scope)
		u->scope = *r->scope;
	if (hash) {
		memcpy(u->hash, hash, sizeof(u->hash));
		u->changed_us = clock_wall_us();
	}
	end_sessions_of(a, c, r->name, r->session);
	/* Whoever may have been him before is known nowhere; who knew the old password is who he was. */
	for (size_t i = 0; i < ACCOUNTS_KNOWN && r->act != API_USER_OWN_PASSWORD; i++)
		if (str_equal(a->known[i].user, r->name))
			a->known[i] = (struct accounts_known){ 0 };
	throttle_forgive(&a->throttle, THROTTLE_ACCOUNT, r->name);
	if (r->act != API_USER_END_SESSIONS)
		add(c, "user", r->name, r->act == API_USER_REMOVE ? NULL : user_body(u));
	commit(a, c,
	       &(struct deed){ .kind = "command",
			       .who = r->who,
			       .what = r->name,
			       .detail = deed_detail(verbs[r->act], r->act == API_USER_REMOVE ? NULL : u),
			       .pending = r->pending });
	log_notice("user %s: %s, by %s", r->name, verbs[r->act] + strlen("user-"), r->who);
	if (r->act == API_USER_REMOVE)
		sodium_memzero(u, sizeof(*u));
}

static int check_user(struct accounts *a, enum api_user_act act, const char *name)
{
	bool known = accounts_find(a, name);
	size_t count = 0;

	if (act != API_USER_ADD)
		return known ? 0 : -ENOENT;
	for (size_t i = 0; i < ACCOUNTS_USERS; i++)
		count += a->users[i].name[0] != '\0';
	return known ? -EEXIST : count == ACCOUNTS_USERS ? -ENOSPC : 0;
}

static void user_hashed(struct accounts_hash *h)
{
	struct api_user_request r = { .act = h->act,
				      .name = h->user,
				      .role = h->role,
				      .scope = h->scoped ? &h->scope : NULL,
				      .who = h->who,
				      .pending = h->pending };
	int error = !h->good ? -ENOMEM : check_user(h->accounts, h->act, h->user);

	if (error < 0)
		api_finish(h->pending, error, "the user cannot be changed just now: try again");
	else
		accounts_change(h->accounts, &r, h->hash);
}

static int serve_user(void *context, const struct api_user_request *r)
{
	struct accounts *a = of(context);
	int error = check_user(a, r->act, r->name);
	struct accounts_hash h = { .done = user_hashed,
				   .user = (char *)r->name,
				   .password = (char *)r->password,
				   .who = (char *)r->who,
				   .act = r->act,
				   .role = r->role,
				   .scoped = r->scope != NULL,
				   .pending = r->pending };

	if (r->act == API_USER_OWN_PASSWORD)
		return accounts_own_password(a, r);
	if (error < 0)
		return error;
	if (r->scope)
		h.scope = *r->scope;
	if (r->password)
		return accounts_hash_submit(a, &h);
	accounts_change(a, r, NULL);
	return 0;
}

/* ---- lists ---- */

static size_t sessions_of(const struct accounts *a, const char *user)
{
	size_t count = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		count += a->sessions.all[i].id && str_equal(a->sessions.all[i].user, user);
	return count;
}

static json_t *stamp(int64_t wall_us)
{
	char text[CLOCK_ISO_MAX];

	return json_string(clock_format_iso(wall_us, text));
}

static json_t *serve_users(void *context)
{
	const struct accounts *a = of(context);
	json_t *list = json_array();

	for (size_t i = 0; i < ACCOUNTS_USERS; i++) {
		const struct account *u = &a->users[i];

		if (u->name[0])
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:o, s:I, s:o}", "user", u->name, "role",
							api_role_name(u->role), "scope", api_scope_json(&u->scope),
							"sessions", (json_int_t)sessions_of(a, u->name), "password_set",
							stamp(u->changed_us)));
	}
	return list;
}

static json_t *serve_sessions(void *context)
{
	const struct accounts *a = of(context);
	struct clock_now now = clock_now();
	json_t *list = json_array();

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct session *s = &a->sessions.all[i];

		if (s->id)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:b, s:o, s:o}", "user", s->user, "address", s->address,
						"wall", s->wall, "since", stamp(s->made_us), "expires",
						stamp(now.wall_us + MIN(s->idle_us, s->ends_us) - now.mono_us)));
	}
	return list;
}

void accounts_serve(struct api_source *source)
{
	source->session = serve_session;
	source->session_look = serve_session_look;
	source->csrf_good = serve_csrf_good;
	source->csrf = serve_csrf;
	source->login_wait = serve_login_wait;
	source->login = serve_login;
	source->logout = serve_logout;
	source->user = serve_user;
	source->users = serve_users;
	source->sessions = serve_sessions;
	source->release = accounts_trail_release;
}
