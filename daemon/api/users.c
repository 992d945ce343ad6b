#include "api/users.h"

#include <errno.h>

#include "api/allow.h"
#include "api/pending.h"
#include "base/str.h"

#define NAME_LEN       63
#define PASSWORD_LEAST 8
#define PASSWORD_MOST  256
#define PATIENCE       (15 * S)

void users_list(struct call *x)
{
	const struct api_source *source = x->api->source;

	call_json(x, source->users ? source->users(source->context) : json_array());
}

void users_sessions(struct call *x)
{
	const struct api_source *source = x->api->source;

	call_json(x, source->sessions ? source->sessions(source->context) : json_array());
}

/* What a request wants; the body is held for its texts. */
struct wish {
	struct call *call;
	json_t *body;
	struct api_user_request request;
	struct scope scope;
};

/* Answers; always false. */
static bool wrong(struct wish *w, const char *key, const char *expected)
{
	call_error(w->call, (struct call_problem){ 400, key }, "%s: expected %s", key, expected);
	return false;
}

static bool keys_good(struct wish *w, const char *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach(w->body, key, value)
	{
		const char *at = *key ? strstr(keys, key) : NULL;
		size_t len = strlen(key);

		if (!at || (at != keys && at[-1] != ' ') || (at[len] && at[len] != ' ')) {
			call_error(w->call, (struct call_problem){ 400, key }, "unknown key '%s': expected %s", key,
				   *keys ? keys : "none");
			return false;
		}
	}
	return true;
}

static bool read_name(struct wish *w)
{
	const char *name = json_string_value(json_object_get(w->body, "user"));

	w->request.name = name;
	/* Who is known to the system by that name is another one: nobody shall be taken for him in the audit. */
	if (!name || !str_is_id(name) || strlen(name) > NAME_LEN || str_equal(name, "root") ||
	    str_equal(name, "estated") || str_equal(name, "estated-web"))
		return wrong(
			w, "user",
			"a name of lower-case letters, digits, '-' and '_', up to 63 bytes, and none of the system");
	return true;
}

static bool read_role(struct wish *w, bool needed)
{
	const json_t *role = json_object_get(w->body, "role");
	const char *name = json_string_value(role);

	if ((!role && !needed) || (name && api_role_parse(name, &w->request.role) == 0))
		return true;
	return wrong(w, "role", "viewer, operator, care, technician or admin");
}

static bool read_scope(struct wish *w)
{
	const json_t *scope = json_object_get(w->body, "scope");
	_cleanup_str_buf_ struct str_buf text = { 0 };
	const json_t *place;
	size_t i;

	w->scope.whole = true;
	if (!scope) {
		if (w->request.act == API_USER_ADD)
			w->request.scope = &w->scope;
		return true;
	}
	json_array_foreach(scope, i, place)
	{
		if (!json_is_string(place) || strchr(json_string_value(place), ',') || !*json_string_value(place))
			return wrong(w, "scope", "a list of places, as [\"b3\",\"b4/u1\"], or [\"*\"]");
		str_buf_printf(&text, "%s%s", i ? "," : "", json_string_value(place));
	}
	if (!json_is_array(scope) || !text.len || scope_parse(str_buf_text(&text), &w->scope) < 0)
		return wrong(w, "scope", "a list of up to 16 places, as [\"b3\",\"b4/u1\"], or [\"*\"]");
	w->request.scope = &w->scope;
	return true;
}

static bool read_password(struct wish *w)
{
	const json_t *password = json_object_get(w->body, "password");
	size_t len = json_string_length(password);

	w->request.password = json_string_value(password);
	return len >= PASSWORD_LEAST && len <= PASSWORD_MOST ? true : wrong(w, "password", "a text of 8 to 256 bytes");
}

static json_t *user_row(struct api *a, const char *name)
{
	json_t *users = a->source->users(a->source->context), *row, *found = NULL;
	size_t i;

	json_array_foreach(users, i, row)
	{
		if (str_equal(json_string_value(json_object_get(row, "user")), name))
			found = json_incref(row);
	}
	json_decref(users);
	return found ? found : json_pack("{s:s, s:n}", "user", name, "role");
}

static void refuse(const struct wish *w, int error)
{
	static const struct {
		int error, status;
		const char *text;
	} rows[] = {
		{ -ENOENT, 404, "there is no such user: see /v1/users" },
		{ -EEXIST, 409, "there is such a user already: choose another name" },
		{ -ENOSPC, 409, "there are 200 users: remove one first" },
		{ -EBUSY, 503, "too many passwords are hashed just now: try again in a moment" },
	};
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) - 1 && rows[i].error != error)
		i++;
	pending_answer(w->request.pending, rows[i].status,
		       call_problem_new((struct call_problem){ rows[i].status, i < 2 ? "user" : NULL }, rows[i].text));
}

static void submit(struct wish *w)
{
	const struct api_source *source = w->call->api->source;
	int r;

	w->request.who = w->call->by.who;
	w->request.pending = pending_new(w->call, w->request.name);
	pending_patience(w->request.pending, PATIENCE, "it is under way but not on disk yet: look again in a moment");
	pending_set_maker(w->request.pending, user_row);
	r = source->user ? source->user(source->context, &w->request) : -EBUSY;
	if (r < 0)
		refuse(w, r);
}

void users_add(struct call *x)
{
	struct wish w = { .call = x, .body = call_body(x), .request = { .act = API_USER_ADD } };

	if (w.body && keys_good(&w, "user password role scope") && read_name(&w) && read_role(&w, true) &&
	    read_scope(&w) && read_password(&w))
		submit(&w);
	json_decref(w.body);
}

static void change(struct call *x, enum api_user_act act, const char *keys)
{
	struct wish w = { .call = x,
			  .body = call_body(x),
			  .request = { .act = act, .name = router_value(&x->match, "user") } };

	if (w.body && keys_good(&w, keys) && (act != API_USER_SET || (read_role(&w, false) && read_scope(&w))) &&
	    (act != API_USER_PASSWORD || read_password(&w)))
		submit(&w);
	json_decref(w.body);
}

void users_set(struct call *x)
{
	change(x, API_USER_SET, "role scope");
}

void users_password(struct call *x)
{
	change(x, API_USER_PASSWORD, "password");
}

void users_remove(struct call *x)
{
	change(x, API_USER_REMOVE, "");
}

void users_log_out(struct call *x)
{
	change(x, API_USER_END_SESSIONS, "");
}
