#include "api/login.h"

#include <errno.h>
#include <event2/http.h>
#include <stdio.h>

#include "api/allow.h"
#include "api/pending.h"
#include "api/rows.h"
#include "base/str.h"

#define PATIENCE       (15 * S) /* a small box takes its time, and four may wait */
#define NAME_LEN       63
#define PASSWORD_LEN   256
#define PASSWORD_LEAST 8

static json_t *session_json(const struct api *a, const struct api_session *s, const char *token)
{
	char csrf[API_TOKEN_HEX];

	a->source->csrf(a->source->context, token, csrf);
	return json_pack("{s:s, s:s, s:s, s:o, s:b, s:s, s:o}", "user", s->user, "name", s->user, "role",
			 api_role_name(s->role), "scope", api_scope_json(&s->scope), "wall", s->wall, "csrf", csrf,
			 "expires", rows_time(s->expires_us));
}

/* NULL: it is as it should be; else the member that is to blame. */
static const char *blame(const json_t *body)
{
	size_t user = json_string_length(json_object_get(body, "user"));
	size_t password = json_string_length(json_object_get(body, "password"));
	const json_t *wall = json_object_get(body, "wall");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		if (!str_equal(key, "user") && !str_equal(key, "password") && !str_equal(key, "wall"))
			return key;
	}
	if (user == 0 || user > NAME_LEN)
		return "user";
	if (password == 0 || password > PASSWORD_LEN)
		return "password";
	return wall && !json_is_boolean(wall) ? "wall" : NULL;
}

static void answer_later(struct call *x, int64_t wait_us)
{
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%lld", (long long)((wait_us + S - 1) / S));
	evhttp_add_header(evhttp_request_get_output_headers(x->http), "Retry-After", seconds);
	call_error(x, (struct call_problem){ 429, NULL }, "too many tries: the next one is looked at in %s s", seconds);
}

static void log_in(struct call *x, struct api_login *ask)
{
	const struct api_source *source = x->api->source;
	int64_t wait_us = source->login_wait(source->context, ask);

	if (wait_us > 0) {
		answer_later(x, wait_us);
		return;
	}
	ask->pending = pending_new(x, ask->user);
	pending_patience(ask->pending, PATIENCE, "too many log in just now: try again in a moment");
	if (source->login(source->context, ask) < 0)
		pending_answer(ask->pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many log in just now: try again in a moment"));
}

void login_post(struct call *x)
{
	const char *address = allow_client(x), *wrong;
	json_t *body;

	if (!x->api->source->login) {
		call_error(x, (struct call_problem){ 503, NULL }, "nobody can log in here");
		return;
	}
	body = call_body(x);
	if (!body)
		return;
	wrong = blame(body);
	if (wrong)
		call_error(x, (struct call_problem){ 400, wrong },
			   "expected user (a name), password (1..%d bytes), and wall (true or false) or none",
			   PASSWORD_LEN);
	else
		log_in(x, &(struct api_login){ .user = json_string_value(json_object_get(body, "user")),
					       .password = json_string_value(json_object_get(body, "password")),
					       .address = address ? address : "",
					       .wall = json_is_true(json_object_get(body, "wall")) });
	json_decref(body);
}

/* ---- one's own password ---- */

/* NULL: it is as it should be; else the member that is to blame. user: of the session; NULL: the body names one. */
static const char *blame_change(const json_t *body, const char *user)
{
	size_t named = json_string_length(json_object_get(body, "user"));
	size_t old = json_string_length(json_object_get(body, "old"));
	size_t password = json_string_length(json_object_get(body, "password"));
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		if (!str_equal(key, "old") && !str_equal(key, "password") && (user || !str_equal(key, "user")))
			return key;
	}
	if (!user && (named == 0 || named > NAME_LEN))
		return "user";
	if (old == 0 || old > PASSWORD_LEN)
		return "old";
	return password < PASSWORD_LEAST || password > PASSWORD_LEN ? "password" : NULL;
}

static json_t *password_changed(struct api *a, const char *subject)
{
	(void)a;
	return json_pack("{s:s}", "user", subject);
}

static void change_password(struct call *x, struct api_user_request *r)
{
	const struct api_source *source = x->api->source;
	int64_t wait_us =
		source->login_wait(source->context, &(struct api_login){ .user = r->name, .address = r->address });

	if (wait_us > 0) {
		answer_later(x, wait_us);
		return;
	}
	r->pending = pending_new(x, r->name);
	pending_patience(r->pending, PATIENCE, "it is under way but not on disk yet: try the new password in a moment");
	pending_set_maker(r->pending, password_changed);
	if (source->user(source->context, r) < 0)
		pending_answer(r->pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many passwords are hashed just now: try again in a moment"));
}

/* Of whoever the session is; who speaks without one proves by the old password that he is the user he names. */
void login_own_password(struct call *x)
{
	const char *user = x->by.session ? x->by.who : NULL, *address = allow_client(x), *wrong;
	json_t *body;

	if (!x->api->source->user || !x->api->source->login_wait) {
		call_error(x, (struct call_problem){ 503, NULL }, "nobody can log in here");
		return;
	}
	body = call_body(x);
	if (!body)
		return;
	wrong = blame_change(body, user);
	if (wrong)
		call_error(x, (struct call_problem){ 400, wrong },
			   "%s: expected old (the password as it is) and password (the new one, %d..%d bytes)%s", wrong,
			   PASSWORD_LEAST, PASSWORD_LEN, user ? "" : ", and user");
	else
		change_password(x, &(struct api_user_request){
					   .act = API_USER_OWN_PASSWORD,
					   .name = user ? user : json_string_value(json_object_get(body, "user")),
					   .old = json_string_value(json_object_get(body, "old")),
					   .password = json_string_value(json_object_get(body, "password")),
					   .who = x->by.who,
					   .address = address ? address : "",
					   .session = x->by.session });
	json_decref(body);
}

void login_finish(struct api_pending *p, const struct api_session *session, const char *token)
{
	struct api *a = pending_api(p);
	json_t *answer;

	if (!a) {
		pending_answer(p, 503, NULL);
		return;
	}
	if (!session) {
		a->errors++;
		/* Not which of the two: nobody learns here who there is. */
		pending_answer(p, 401,
			       call_problem_new((struct call_problem){ 401, NULL },
						"no such user with that password: check both"));
		return;
	}
	answer = session_json(a, session, token);
	json_object_set_new(answer, "session", json_string(token));
	pending_answer(p, 200, answer);
}

static json_t *logged_out(struct api *a, const char *subject)
{
	(void)a;
	return json_pack("{s:s, s:n}", "user", subject, "session");
}

void login_leave(struct call *x)
{
	const struct api_source *source = x->api->source;
	struct api_pending *p;

	if (!x->by.session) {
		call_error(x, (struct call_problem){ 409, NULL }, "%s has no session to leave", x->by.who);
		return;
	}
	p = pending_new(x, x->by.who);
	pending_set_maker(p, logged_out);
	source->logout(source->context, x->by.session, x->by.who, p);
}

void login_shown(struct call *x)
{
	struct api_session s;

	if (x->by.session && allow_session(x, allow_token(x), &s))
		call_json(x, session_json(x->api, &s, allow_token(x)));
	else
		call_json(x, json_pack("{s:s, s:s, s:s, s:o, s:b, s:n, s:n}", "user", x->by.who, "name", x->by.who,
				       "role", api_role_name(x->by.role), "scope", api_scope_json(&x->by.scope), "wall",
				       0, "csrf", "expires"));
}
