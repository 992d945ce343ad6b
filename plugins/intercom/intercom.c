/* intercom.c: the plugin intercom: speaks to a home, calls back, releases a door, through the web server of the building's
 * intercom. One thread.
 *
 *   command, notify --checked--> under way: POST URL/VERB --answer--> result, notified
 *                    '--wrong, too many--> result: ok false, why
 *
 * Nothing is ever tried twice: a door that opens a minute late opens for a stranger. Where there was no answer it is not known
 * what happened, and that is what is said. Each order says until when it counts. Between orders it is asked now and then
 * whether it is there: who finds out only when somebody lies on the floor finds out too late. */
#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intercom/station_answer.h"
#include "intercom/station_order.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_http.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_login.h"
#include "sdk/sdk_notifier.h"
#include "sdk/sdk_signature.h"

#define ORDERS_MAX     16 /* under way at a time */
#define NOTICES_MAX    4
#define URGENT_MAX     8
#define PROBE_LIMIT_US (6 * SDK_CLOCK_S)
#define TEXT_MAX       STATION_ORDER_WHY_MAX
#define URL_MAX        1024

struct settings {
	char *url;
	struct sdk_login_options login;
	int auth;
	int64_t timeout_us, talk_us, check_us;
};

struct intercom;

/* One that the server has not answered yet. */
struct order {
	struct order *next;
	struct intercom *intercom;
	struct sdk_http_exchange *exchange;
	json_t *id;                /* of a command; NULL: of a notice */
	struct sdk_notice *notice; /* NULL: of a command */
	const char *verb;
	char *body;
};

struct intercom {
	struct settings settings;
	struct sdk_host *host;
	struct sdk_http *http;
	struct sdk_notifier *notifier;
	struct order *orders;
	unsigned order_count;
	struct sdk_http_exchange *asked; /* is it there? */
	struct sdk_timer check;
	char *shown; /* the URL for people */
	char run[12];
	bool stopping;
	uint64_t sequence, done, refused, unknown;
};

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url),
	  .check = sdk_http_check_url, .help = "of the intercom's server; orders are POSTed to URL/VERB" },
	{ "auth", SDK_OPTION_WORD, .fallback = "basic", .offset = offsetof(struct settings, auth),
	  .words = "basic digest", .help = "how the password is said" },
	SDK_LOGIN_OPTIONS(struct settings, login),
	{ "timeout", SDK_OPTION_DURATION, .fallback = "10s", .offset = offsetof(struct settings, timeout_us),
	  .min = 500 * SDK_CLOCK_MS, .max = 60 * SDK_CLOCK_S, .help = "longest wait for the answer to a door release" },
	{ "talk_timeout", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, talk_us),
	  .min = 500 * SDK_CLOCK_MS, .max = 600 * SDK_CLOCK_S,
	  .help = "longest wait for somebody to answer a prompt or a call" },
	{ "check", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, check_us),
	  .min = 1 * SDK_CLOCK_S, .max = 3600 * SDK_CLOCK_S,
	  .help = "how often the server is asked whether it is there" },
	{ 0 },
};

/* ---- what came of it ---- */

static void send_result(struct intercom *c, json_t *id, const struct station_answer *a)
{
	json_t *m = json_pack("{s:s, s:O, s:b}", "type", "result", "id", id, "ok", a->ok);

	if (!a->ok)
		json_object_set_new(m, "text", json_string(a->text));
	if (a->members)
		json_object_update_missing(m, a->members);
	sdk_host_send(c->host, m);
}

static void fail_command(struct intercom *c, json_t *id, const char *text)
{
	struct station_answer a = { .ok = false };

	snprintf(a.text, sizeof(a.text), "%.255s", text);
	c->refused++;
	send_result(c, id, &a);
}

static void order_free(struct order *o)
{
	struct order **at = &o->intercom->orders;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	o->intercom->order_count--;
	json_decref(o->id);
	free(o->body);
	free(o);
}

/* The end of an order, known or not. */
static void end_order(struct order *o, const struct station_answer *a)
{
	struct intercom *c = o->intercom;

	if (o->id)
		send_result(c, o->id, a);
	else if (a->ok)
		sdk_notifier_told(o->notice);
	else
		sdk_notifier_failed(o->notice, "%s", a->text);
	order_free(o);
	if (c->stopping && !c->orders)
		sdk_notifier_stop(c->notifier);
}

/* What is known to have been said to the server, and what not. */
static void explain(const struct order *o, const struct sdk_http_answer *x, struct station_answer *a)
{
	if (x->result == SDK_HTTP_SILENT || x->result == SDK_HTTP_FAILED)
		snprintf(a->text, sizeof(a->text), "%.80s: whether %s was done is not known", x->why, o->verb);
	else
		snprintf(a->text, sizeof(a->text), "the intercom's server cannot be reached: %.80s", x->why);
}

static void tell_state(struct intercom *c, const struct sdk_http_answer *x)
{
	char text[TEXT_MAX];

	if (x->result == SDK_HTTP_ANSWERED && x->status != 401 && x->status != 403) {
		sdk_host_fault(c->host, NULL);
		return;
	}
	if (x->result == SDK_HTTP_ANSWERED)
		snprintf(text, sizeof(text), "%.300s does not let us in (%d): is the password or the token right?",
			 c->shown, x->status);
	else
		snprintf(text, sizeof(text), "no intercom at %.200s: %.200s", c->shown, x->why);
	sdk_host_fault(c->host, text);
}

static void order_answered(void *user, const struct sdk_http_answer *x)
{
	struct order *o = user;
	struct intercom *c = o->intercom;
	struct station_answer a = { .ok = false };

	o->exchange = NULL;
	if (x->result == SDK_HTTP_ANSWERED) {
		station_answer_read(x->status, x->body, x->len, &a);
	} else {
		explain(o, x, &a);
		c->unknown++;
	}
	/* Nobody at home is no fault of the server. */
	if (x->result != SDK_HTTP_SILENT)
		tell_state(c, x);
	if (a.ok)
		c->done++;
	else
		c->refused++;
	end_order(o, &a);
	json_decref(a.members);
}

/* ---- requests ---- */

struct call {
	const char *method, *verb, *body;
	int64_t timeout_us;
	void (*done)(void *user, const struct sdk_http_answer *answer);
	void *user;
};

/* NULL with why: a secret or a file of TLS cannot be read. */
static struct sdk_http_exchange *start_call(struct intercom *c, const struct call *call,
					    char why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_login secrets = { .hmac_len = 0 };
	char token[SDK_SECRET_MAX + 32], url[URL_MAX];
	const char *headers[5];
	struct sdk_signature signature;
	struct sdk_http_exchange *x = NULL;
	size_t count = 0;

	if (sdk_login_read(&c->settings.login, &secrets, why) >= 0) {
		snprintf(url, sizeof(url), "%s%s%s", c->shown, call->verb ? "/" : "", call->verb ? call->verb : "");
		snprintf(token, sizeof(token), "Authorization: Bearer %s", secrets.token);
		if (call->body)
			headers[count++] = "Content-Type: application/json";
		if (secrets.token[0])
			headers[count++] = token;
		if (secrets.hmac_len) {
			sdk_signature_make(&(struct sdk_signature_key){ secrets.hmac, secrets.hmac_len },
					   sdk_clock_wall_us(), call->body ? call->body : "", &signature);
			headers[count++] = signature.timestamp;
			headers[count++] = signature.signature;
		}
		headers[count] = NULL;
		x = sdk_http_start(c->http, &(struct sdk_http_request){
						    .method = call->method,
						    .url = url,
						    .body = call->body,
						    .len = call->body ? strlen(call->body) : 0,
						    .headers = headers,
						    .tls = &secrets.tls,
						    .username = c->settings.login.username,
						    .password = secrets.password,
						    .auth = (enum sdk_http_auth)c->settings.auth,
						    .timeout_us = call->timeout_us,
						    .once = call->body != NULL,
						    .done = call->done,
						    .user = call->user,
					    });
	}
	explicit_bzero(&secrets, sizeof(secrets));
	explicit_bzero(token, sizeof(token));
	return x;
}

/* Takes o->id or o->notice; the order ends by itself. */
static void give_order(struct intercom *c, struct order *filled, const struct station_order_verb *verb,
		       const json_t *args)
{
	int64_t timeout_us = verb->talk ? c->settings.talk_us : c->settings.timeout_us;
	struct order *o = malloc(sizeof(*o));
	char request[64], why[SDK_SECRET_WHY_MAX];
	json_t *body;

	if (!o)
		abort();
	*o = *filled;
	o->intercom = c;
	o->verb = verb->name;
	if (o->notice) /* it must be answered before the daemon tells the next contact */
		timeout_us = o->notice->by_us - sdk_clock_now_us();
	snprintf(request, sizeof(request), "%s-%llu", c->run, (unsigned long long)++c->sequence);
	body = json_pack("{s:s, s:s*, s:s, s:O, s:I}", "request", request, "estate", sdk_host_estate(c->host), "verb",
			 verb->name, "args", args, "expires",
			 (json_int_t)((sdk_clock_wall_us() + timeout_us) / SDK_CLOCK_S + 1));
	o->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (!o->body)
		abort(); /* texts that the daemon has sent are texts */
	o->next = c->orders;
	c->orders = o;
	c->order_count++;
	o->exchange = start_call(c,
				 &(struct call){ .method = "POST",
						 .verb = verb->name,
						 .body = o->body,
						 .timeout_us = timeout_us > SDK_CLOCK_S ? timeout_us : SDK_CLOCK_S,
						 .done = order_answered,
						 .user = o },
				 why);
	if (!o->exchange) {
		struct station_answer a = { .ok = false };

		snprintf(a.text, sizeof(a.text), "%.250s", why);
		sdk_host_fault(c->host, why);
		end_order(o, &a);
	}
}

/* ---- from the daemon ---- */

static void take_command(void *user, const json_t *message)
{
	struct intercom *c = user;
	json_t *id = json_object_get(message, "id"), *args = json_object_get(message, "args");
	const char *name = json_string_value(json_object_get(message, "verb"));
	const struct station_order_verb *verb = station_order_verb(name);
	char why[TEXT_MAX];

	if (!id)
		return;
	if (!verb) {
		snprintf(why, sizeof(why), "'%.40s' is no order: expected prompt, call or unlock", name ? name : "");
		fail_command(c, id, why);
	} else if (station_order_check(verb, args, why) < 0) {
		fail_command(c, id, why);
	} else if (c->stopping || c->order_count >= ORDERS_MAX) {
		fail_command(c, id, c->stopping ? "it is about to end" : "16 orders are under way already");
	} else {
		give_order(c, &(struct order){ .id = json_incref(id) }, verb, args);
	}
}

static void begin_notice(void *user, struct sdk_notice *notice)
{
	struct intercom *c = user;
	const struct station_order_verb *prompt = station_order_verb("prompt");
	const char *station = sdk_notifier_to(notice, "station");
	json_t *args = json_pack("{s:s*, s:s}", "station", station, "text", notice->text);
	char why[TEXT_MAX];

	if (station_order_check(prompt, args, why) < 0)
		sdk_notifier_failed(notice, "%s", why);
	else
		give_order(c, &(struct order){ .notice = notice }, prompt, args);
	json_decref(args);
}

static void take_notify(void *user, const json_t *message)
{
	struct intercom *c = user;

	sdk_notifier_take(c->notifier, message);
}

static const struct sdk_handler handlers[] = { { "command", take_command }, { "notify", take_notify }, { 0 } };

static void add_counters(void *user, json_t *counters)
{
	const struct intercom *c = user;

	json_object_set_new(counters, "orders", json_integer((json_int_t)c->sequence));
	json_object_set_new(counters, "done", json_integer((json_int_t)c->done));
	json_object_set_new(counters, "refused", json_integer((json_int_t)c->refused));
	json_object_set_new(counters, "not_known", json_integer((json_int_t)c->unknown));
	sdk_notifier_counters(c->notifier, counters);
}

/* ---- is it there? ---- */

static void check_answered(void *user, const struct sdk_http_answer *x)
{
	struct intercom *c = user;

	c->asked = NULL;
	tell_state(c, x);
}

static void check_due(struct sdk_timer *t)
{
	struct intercom *c = t->user;
	char why[SDK_SECRET_WHY_MAX];

	if (!c->asked)
		c->asked = start_call(
			c,
			&(struct call){
				.method = "OPTIONS", .timeout_us = PROBE_LIMIT_US, .done = check_answered, .user = c },
			why);
	if (!c->asked)
		sdk_host_fault(c->host, why);
	sdk_loop_arm(sdk_host_loop(c->host), &c->check, sdk_loop_jitter(c->settings.check_us));
}

static void probed(void *user, const struct sdk_http_answer *x)
{
	struct intercom *c = user;
	struct sdk_host_verdict v = { "reached", c->shown, "" };
	char text[TEXT_MAX];

	c->asked = NULL;
	if (x->result != SDK_HTTP_ANSWERED) {
		v.result = sdk_curl_word((enum sdk_curl_result)x->result);
		v.text = x->why;
	} else if (x->status == 401 || x->status == 403 || x->status >= 500) {
		snprintf(text, sizeof(text), "it answers %d", x->status);
		v.result = x->status >= 500 ? "failed" : "denied";
		v.text = text;
	}
	sdk_host_probed(c->host, &v);
}

/* ---- life ---- */

static int prepare(struct intercom *c, struct sdk_host *host)
{
	struct sdk_login secrets = { .hmac_len = 0 };
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_login_read(&c->settings.login, &secrets, why);

	explicit_bzero(&secrets, sizeof(secrets));
	c->host = host;
	if (r >= 0 && strlen(c->settings.url) > URL_MAX / 2) {
		snprintf(why, sizeof(why), "option 'url': expected at most %d bytes", URL_MAX / 2);
		r = -EINVAL;
	}
	if (r < 0) {
		sdk_host_fail(host, "%s", why);
		return r;
	}
	if (sodium_init() < 0)
		abort();
	c->shown = sdk_http_shown(c->settings.url);
	for (size_t len = strlen(c->shown); len > 0 && c->shown[len - 1] == '/'; len--)
		c->shown[len - 1] = '\0';
	snprintf(c->run, sizeof(c->run), "%08x", randombytes_random());
	c->http = sdk_http_new(sdk_host_loop(host));
	return 0;
}

static int start(void *user, struct sdk_host *host)
{
	struct intercom *c = user;
	int r = prepare(c, host);

	if (r < 0)
		return r;
	if (strncmp(c->settings.url, "http://", 7) == 0 &&
	    (c->settings.login.username || c->settings.login.token_file || c->settings.login.token_credential))
		sdk_log_warning("%s has no TLS: whoever listens on the way can read what lets us in", c->shown);
	c->notifier = sdk_notifier_new(&(struct sdk_notifier_setup){
		.host = host, .slots = NOTICES_MAX, .urgent_slots = URGENT_MAX, .begin = begin_notice, .user = c });
	c->check = (struct sdk_timer){ .due = check_due, .user = c };
	sdk_loop_arm(sdk_host_loop(host), &c->check, 0);
	return 0;
}

static int probe(void *user, struct sdk_host *host)
{
	struct intercom *c = user;
	char why[SDK_SECRET_WHY_MAX];
	int r = prepare(c, host);

	if (r < 0)
		return r;
	c->asked = start_call(
		c, &(struct call){ .method = "OPTIONS", .timeout_us = PROBE_LIMIT_US, .done = probed, .user = c }, why);
	if (!c->asked)
		sdk_host_fail(host, "%s", why);
	return c->asked ? 0 : -EINVAL;
}

static void stop(void *user)
{
	struct intercom *c = user;

	c->stopping = true;
	if (!c->orders)
		sdk_notifier_stop(c->notifier);
}

static void fini(void *user)
{
	struct intercom *c = user;

	if (c->host)
		sdk_loop_disarm(sdk_host_loop(c->host), &c->check);
	while (c->orders) {
		struct order *o = c->orders;

		sdk_http_cancel(o->exchange);
		if (o->notice)
			sdk_notifier_drop(o->notice);
		order_free(o);
	}
	sdk_http_cancel(c->asked);
	sdk_http_free(c->http);
	sdk_notifier_free(c->notifier);
	free(c->shown);
}

int main(int argc, char **argv)
{
	struct intercom intercom = { 0 };

	return sdk_host_main(
		argc, argv,
		&(struct sdk_plugin){
			.name = "intercom",
			.about = "speaks to homes, calls back and releases doors through the intercom's web server",
			.roles = { "command", "notifier" },
			.options = options,
			.settings = &intercom.settings,
			.user = &intercom,
			.handlers = handlers,
			.start = start,
			.probe = probe,
			.stop = stop,
			.fini = fini,
			.counters = add_counters,
		});
}
