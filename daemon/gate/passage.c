#include "gate/passage.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "gate/crumb.h"
#include "gate/relay.h"
#include "gate/respond.h"

#define WHOLE_BYTES 65536 /* an answer up to this leaves as one */
#define WALL_AGE    "; Max-Age=31536000"

enum passage_kind { PASSAGE_PLAIN, PASSAGE_LOGIN, PASSAGE_LOGOUT, PASSAGE_HOOK };

struct passage {
	struct web *web;
	struct evhttp_request *http;
	struct upcall *upcall;
	struct evbuffer *body; /* collected, as long as nothing has left */
	enum passage_kind kind;
	bool began, paused, wall;
	char token[CRUMB_TOKEN_MAX];
};

static const char *const kept_headers[] = { "Content-Type",        "Content-Encoding",
					    "Content-Disposition", "ETag",
					    "Cache-Control",       "Vary",
					    "Retry-After",         "Allow",
					    "Last-Modified",       "Link",
					    "WWW-Authenticate",    "X-Estate-Next" };

static void passage_free(struct passage *p)
{
	evbuffer_free(p->body);
	explicit_bzero(p->token, sizeof(p->token));
	free(p);
}

/* The connection has gone, under an answer that is on its way. */
static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct passage *p = arg;

	/* Taken from its connection: ours to free. Still on it: evhttp frees it. */
	if (!evhttp_request_get_connection(p->http))
		evhttp_request_free(p->http);
	upcall_cancel(p->upcall);
	passage_free(p);
}

/* ---- the answer ---- */

static void copy_headers(struct passage *p, const struct upcall_head *head)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept_headers); i++)
		respond_add(p->http, kept_headers[i], upcall_header(head, kept_headers[i]));
	if (!upcall_header(head, "Cache-Control"))
		respond_add(p->http, "Cache-Control", upcall_header(head, "ETag") ? "private, no-cache" : "no-store");
}

static void drained(struct evhttp_connection *connection _unused_, void *arg)
{
	struct passage *p = arg;

	if (!p->paused)
		return;
	p->paused = false;
	upcall_resume(p->upcall); /* p may be gone after it */
}

static void begin(struct passage *p, const struct upcall_head *head)
{
	p->began = true;
	copy_headers(p, head);
	evhttp_send_reply_start(p->http, (int)head->status, respond_reason((int)head->status));
	evhttp_send_reply_chunk_with_cb(p->http, p->body, drained, p);
}

static size_t unsent(const struct passage *p)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(p->http);

	return evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(connection)));
}

static enum upcall_taken take_bytes(void *context, const struct upcall_head *head, const char *bytes, size_t len)
{
	struct passage *p = context;

	if (p->began && unsent(p) > WEB_BUFFER_BYTES) {
		p->paused = true;
		return UPCALL_PAUSE;
	}
	if (evbuffer_add(p->body, bytes, len) < 0)
		abort();
	if (p->began)
		evhttp_send_reply_chunk_with_cb(p->http, p->body, drained, p);
	else if (evbuffer_get_length(p->body) > WHOLE_BYTES && p->kind == PASSAGE_PLAIN)
		begin(p, head);
	else if (evbuffer_get_length(p->body) > 2 * WHOLE_BYTES)
		return UPCALL_ENOUGH;
	return UPCALL_TAKEN;
}

/* ---- in and out ---- */

static void set_cookie(struct passage *p, const char *token, const char *age)
{
	bool tls = p->web->certs != NULL;
	struct str_buf cookie _cleanup_str_buf_ = { 0 };

	str_buf_printf(&cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", tls ? CRUMB_SECURE : CRUMB_PLAIN, token,
		       tls ? "; Secure" : "", age);
	respond_add(p->http, "Set-Cookie", cookie.text);
	explicit_bzero(cookie.text, cookie.len);
}

/* The token goes into the cookie, and nowhere else: no script can read it. False: there is none in the answer. */
static bool keep_token(struct passage *p)
{
	size_t len = evbuffer_get_length(p->body);
	json_t *answer = json_loadb((const char *)evbuffer_pullup(p->body, -1), len, 0, NULL);
	const char *token = json_string_value(json_object_get(answer, "session"));
	bool good = token && crumb_is_token(token);
	char *text = NULL;

	if (good) {
		set_cookie(p, token, p->wall ? WALL_AGE : "");
		json_object_del(answer, "session");
		text = json_dumps(answer, JSON_COMPACT);
		evbuffer_drain(p->body, len);
		evbuffer_add_printf(p->body, "%s\n", text);
		free(text);
	}
	json_decref(answer);
	return good;
}

static void answer_whole(struct passage *p, const struct upcall_head *head)
{
	bool fine = head->status >= 200 && head->status < 300;

	if (p->kind == PASSAGE_LOGIN && fine && !keep_token(p)) {
		respond_error(p->http, (struct respond_problem){ 502, NULL },
			      "the daemon's answer to the login has no session");
		return;
	}
	if (p->kind == PASSAGE_LOGOUT && (fine || head->status == 401))
		set_cookie(p, "", "; Max-Age=0");
	copy_headers(p, head);
	respond_send(p->http, (int)head->status, evbuffer_pullup(p->body, -1), evbuffer_get_length(p->body));
	if (*p->token && (head->status == 401 || (p->kind == PASSAGE_LOGOUT && fine)))
		relay_end_session(p->web->relays, p->token);
}

static void answer_failed(struct passage *p, int error)
{
	const char *who = p->kind == PASSAGE_HOOK ? "http-source" : "estated";

	respond_add(p->http, "Retry-After", "2");
	if (error == -ETIMEDOUT)
		respond_error(p->http, (struct respond_problem){ 504, NULL }, "%s has not answered in time", who);
	else if (error == -EIO)
		respond_error(p->http, (struct respond_problem){ 502, NULL }, "%s has broken off its answer", who);
	else
		respond_error(p->http, (struct respond_problem){ 503, NULL },
			      "%s does not run, or does not listen; alarms are not told on this page", who);
}

static void note_daemon(struct passage *p, int error)
{
	struct web *w = p->web;

	if (p->kind == PASSAGE_HOOK)
		return;
	if (error == -ENOTCONN)
		complain(&w->daemon_trouble, "web: nobody listens on %s: is estated running? Pages say so",
			 w->setup.socket_path);
	else if (error == 0)
		complain_resolved(&w->daemon_trouble, "web: estated answers again");
}

static void done(void *context, const struct upcall_head *head, int error)
{
	struct passage *p = context;
	struct evhttp_connection *connection = evhttp_request_get_connection(p->http);

	note_daemon(p, error);
	if (connection)
		evhttp_connection_set_closecb(connection, NULL, NULL);
	if (!p->began && (error < 0 || head->status < 200 || head->status > 599))
		answer_failed(p, error < 0 ? error : -EIO);
	else if (!p->began)
		answer_whole(p, head);
	else if (error == 0)
		evhttp_send_reply_end(p->http);
	else if (connection)
		evhttp_connection_free(
			connection); /* with its request: half an answer does not look like a whole one */
	passage_free(p);
}

/* ---- the request ---- */

bool passage_token(const struct web *w, struct evhttp_request *request, char *ret_token)
{
	const char *cookies = evhttp_find_header(evhttp_request_get_input_headers(request), "Cookie");

	return crumb_token(cookies, w->certs ? CRUMB_SECURE : CRUMB_PLAIN, ret_token);
}

/* Another page may not ask in the name of who looks at it. */
static bool is_of_our_page(const struct web_call *c)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(c->http);
	const char *origin = evhttp_find_header(headers, "Origin"), *host = evhttp_find_header(headers, "Host");
	const char *site = evhttp_find_header(headers, "Sec-Fetch-Site");

	if (site && !str_equal(site, "same-origin") && !str_equal(site, "none"))
		return false;
	return !origin || crumb_is_ours(origin, c->web->certs ? "https" : "http", host ? host : "");
}

/* Asks of the body only whether a wall logs in; all else is the daemon's. */
static bool says_wall(const char *body, size_t len)
{
	json_t *asked = json_loadb(body, len, 0, NULL);
	bool wall = json_is_true(json_object_get(asked, "wall"));

	json_decref(asked);
	return wall;
}

/* As it came, with its query. */
static bool whole_path(const struct web_call *c, struct str_buf *ret_path)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(c->http));

	str_buf_printf(ret_path, "%s%s%s", c->path, query ? "?" : "", query ? query : "");
	if (crumb_is_path(ret_path->text))
		return true;
	respond_error(c->http, (struct respond_problem){ 400, NULL },
		      "the address has bytes that must be written as %%XX");
	return false;
}

static void start(struct web_call *c, struct passage *p, struct upcall_setup *setup)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };
	struct evbuffer *body = evhttp_request_get_input_buffer(c->http);

	if (!whole_path(c, &path)) {
		passage_free(p);
		return;
	}
	p->web = c->web;
	p->http = c->http;
	setup->method = respond_method(c->http);
	setup->path = path.text;
	setup->body_len = evbuffer_get_length(body);
	setup->body = evbuffer_pullup(body, -1);
	setup->handler = (struct upcall_handler){ p, take_bytes, done };
	if (p->kind == PASSAGE_LOGIN && setup->body_len)
		p->wall = says_wall(setup->body, setup->body_len);
	evhttp_connection_set_closecb(evhttp_request_get_connection(c->http), gone, p);
	p->upcall = upcall_start(c->web->upcalls, setup);
}

static struct passage *passage_new(enum passage_kind kind)
{
	struct passage *p = MEM_NEW(struct passage);

	p->kind = kind;
	p->body = evbuffer_new();
	if (!p->body)
		abort();
	return p;
}

void passage_api(struct web_call *c)
{
	bool post = evhttp_request_get_command(c->http) == EVHTTP_REQ_POST;
	enum passage_kind kind = post && str_equal(c->path, "/v1/login")    ? PASSAGE_LOGIN
				 : post && str_equal(c->path, "/v1/logout") ? PASSAGE_LOGOUT
									    : PASSAGE_PLAIN;
	char token[CRUMB_TOKEN_MAX] = "";
	struct passage *p;

	if (!is_of_our_page(c)) {
		respond_error(c->http, (struct respond_problem){ 403, "Origin" },
			      "the request comes from another page than ours: refused");
		return;
	}
	if (!passage_token(c->web, c->http, token) && kind != PASSAGE_LOGIN) {
		respond_error(c->http, (struct respond_problem){ 401, NULL },
			      "nobody is logged in: POST /v1/login first");
		return;
	}
	if (str_equal(c->path, "/v1/stream") && evhttp_request_get_command(c->http) == EVHTTP_REQ_GET) {
		relay_join(c->web->relays, c, token);
		return;
	}
	p = passage_new(kind);
	memcpy(p->token, token, sizeof(token));
	/* clang-format off */
	start(c, p, &(struct upcall_setup){ .headers = (const char *const[]){
		"X-Estate-Client",  c->visitor->address,
		"X-Estate-Session", kind == PASSAGE_LOGIN ? NULL : token,
		"X-CSRF-Token",     respond_asked(c->http, "X-CSRF-Token"),
		"Content-Type",     respond_asked(c->http, "Content-Type"),
		"Accept-Encoding",  respond_asked(c->http, "Accept-Encoding"),
		"Accept-Language",  respond_asked(c->http, "Accept-Language"),
		"If-None-Match",    respond_asked(c->http, "If-None-Match"),
		NULL } });
	/* clang-format on */
	explicit_bzero(token, sizeof(token));
}

void passage_hook(struct web_call *c)
{
	const char *name = c->path + strlen("/hook/");
	size_t len = strcspn(name, "/");
	const struct web_setup *s = &c->web->setup;

	for (size_t i = 0; i < s->hook_count; i++) {
		const struct web_hook *h = &s->hooks[i];
		bool local = *h->to == '/';

		if (strlen(h->instance) != len || strncmp(h->instance, name, len) != 0)
			continue;
		/* clang-format off */
		start(c, passage_new(PASSAGE_HOOK), &(struct upcall_setup){
			.socket = local ? h->to : NULL, .host = local ? NULL : h->to, .headers = (const char *const[]){
			"Content-Type",  respond_asked(c->http, "Content-Type"),
			"Authorization", respond_asked(c->http, "Authorization"),
			"Estate-Token",  respond_asked(c->http, "Estate-Token"),
			NULL } });
		/* clang-format on */
		return;
	}
	respond_error(c->http, (struct respond_problem){ 404, NULL }, "no web hook of that name is passed on here");
}
