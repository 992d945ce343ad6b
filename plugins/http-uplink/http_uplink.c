/* http_uplink.c: the plugin http-uplink: what leaves the estate, POSTed in batches to a web server. One thread.
 *
 * The daemon keeps every message on disk until "delivered" names its batch. Each lane has one POST under way at a time, so
 * its order is kept and alarms wait for no telemetry:
 *
 *   idle --messages--> posted --2xx (ack = application: as far as the answer says)--> done, idle
 *     ^                  |--5xx, no answer, not let in--> waiting (1 s … 60 s, or Retry-After) --> idle
 *     '---- narrower ----'--4xx: half as many, until one alone is refused: that one is set aside */
#include "config.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http-uplink/answered.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_http.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_login.h"
#include "sdk/sdk_signature.h"
#include "sdk/sdk_uplink_talk.h"

#define POST_BYTES  ((size_t)256 * 1024)
#define ASIDE_MAX   16 /* in a row: a receiver that refuses everything is wrong itself */
#define PROBE_LIMIT (6 * SDK_CLOCK_S)
#define HEADERS_MAX 8
#define TEXT_MAX    600

enum format { FORMAT_ARRAY, FORMAT_NDJSON };

struct settings {
	struct sdk_uplink_daemon daemon;
	char *url;
	struct sdk_login_options login;
	int ack, format;
	int64_t batch, timeout_us, retry_first_us, retry_last_us;
};

struct http_uplink;

struct lane {
	struct http_uplink *uplink;
	unsigned index;
	struct sdk_http_exchange *exchange;
	char *body;
	size_t count;   /* messages in it */
	int number;     /* of the POST */
	size_t suspect; /* one of so many messages from the first on was refused; 0: none */
	unsigned aside; /* in a row */
	int64_t backoff_us;
	bool troubled;
	struct sdk_timer retry;
};

struct http_uplink {
	struct settings settings;
	struct sdk_uplink_talk talk;
	struct sdk_http *http;
	char *shown; /* the URL for people */
	struct lane lanes[SDK_UPLINK_LANES_MAX];
	struct sdk_timer begun;
	bool stopping;
	int posts;
	uint64_t retries;
};

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url),
	  .check = sdk_http_check_url, .help = "where to POST, https://host[:port]/path" },
	{ "ack", SDK_OPTION_WORD, .fallback = "status", .offset = offsetof(struct settings, ack),
	  .words = "status application",
	  .help = "what counts as delivered: a 2xx, or what the answer itself acknowledges" },
	{ "format", SDK_OPTION_WORD, .fallback = "array", .offset = offsetof(struct settings, format),
	  .words = "array ndjson", .help = "a JSON array, or one JSON object a line" },
	{ "batch", SDK_OPTION_INTEGER, .fallback = "100", .offset = offsetof(struct settings, batch), .min = 1,
	  .max = 1000, .help = "most messages in one POST" },
	SDK_LOGIN_OPTIONS(struct settings, login),
	SDK_UPLINK_OPTIONS,
	{ "timeout", SDK_OPTION_DURATION, .fallback = "30s", .offset = offsetof(struct settings, timeout_us),
	  .min = 1 * SDK_CLOCK_S, .max = 600 * SDK_CLOCK_S, .help = "longest wait for a whole answer" },
	{ "retry_first", SDK_OPTION_DURATION, .fallback = "1s", .offset = offsetof(struct settings, retry_first_us),
	  .min = 10 * SDK_CLOCK_MS, .max = 600 * SDK_CLOCK_S,
	  .help = "the wait after the first failure, then doubled" },
	{ "retry_last", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, retry_last_us),
	  .min = 10 * SDK_CLOCK_MS, .max = 3600 * SDK_CLOCK_S, .help = "the longest wait" },
	{ 0 },
};

/* ---- one POST ---- */

struct headers {
	const char *list[HEADERS_MAX];
	size_t count;
	struct sdk_signature signature;
	char token[SDK_SECRET_MAX + 32], lane[64];
};

static void add_header(struct headers *h, const char *header)
{
	h->list[h->count++] = header;
}

static void make_headers(const struct lane *lane, const struct sdk_login *s, struct headers *h)
{
	const struct http_uplink *u = lane->uplink;

	add_header(h, "User-Agent: estated-http-uplink/" PACKAGE_VERSION);
	add_header(h, u->settings.format == FORMAT_ARRAY ? "Content-Type: application/json"
							 : "Content-Type: application/x-ndjson");
	snprintf(h->lane, sizeof(h->lane), "Estate-Lane: %s", sdk_uplink_lane_name(u->talk.queue, lane->index));
	add_header(h, h->lane);
	if (s->token[0]) {
		snprintf(h->token, sizeof(h->token), "Authorization: Bearer %s", s->token);
		add_header(h, h->token);
	}
	if (!s->hmac_len)
		return;
	sdk_signature_make(&(struct sdk_signature_key){ s->hmac, s->hmac_len }, sdk_clock_wall_us(), lane->body,
			   &h->signature);
	add_header(h, h->signature.timestamp);
	add_header(h, h->signature.signature);
}

static size_t most_messages(const struct lane *lane)
{
	if (lane->suspect)
		return lane->suspect > 1 ? lane->suspect / 2 : 1;
	return (size_t)lane->uplink->settings.batch;
}

/* Takes as many messages as one POST may have: false, there is none. */
static bool make_body(struct lane *lane)
{
	struct http_uplink *u = lane->uplink;
	bool array = u->settings.format == FORMAT_ARRAY;
	struct sdk_uplink_message *m;
	size_t len = 0;
	FILE *out;

	lane->count = 0;
	if (!sdk_uplink_next_of(u->talk.queue, lane->index))
		return false;
	out = open_memstream(&lane->body, &len);
	if (!out)
		abort();
	lane->number = ++u->posts;
	for (size_t bytes = 0; lane->count < most_messages(lane); lane->count++) {
		m = sdk_uplink_next_of(u->talk.queue, lane->index);
		bytes += m ? strlen(m->text) + 1 : 0;
		if (!m || (lane->count && bytes > POST_BYTES))
			break;
		fputs(lane->count ? (array ? "," : "\n") : array ? "[" : "", out);
		fputs(m->text, out);
		sdk_uplink_published(u->talk.queue, m, lane->number, sdk_clock_now_us());
	}
	fputs(array ? "]" : "\n", out);
	if (fclose(out) != 0)
		abort();
	return true;
}

static void later(struct lane *lane, const char *text, int64_t retry_after_us);
static void posted(void *user, const struct sdk_http_answer *answer);

static void post(struct lane *lane)
{
	struct http_uplink *u = lane->uplink;
	struct sdk_login secrets = { .hmac_len = 0 };
	struct headers headers = { .count = 0 };
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_login_read(&u->settings.login, &secrets, why);

	if (r == 0) {
		make_headers(lane, &secrets, &headers);
		lane->exchange = sdk_http_start(u->http, &(struct sdk_http_request){
								 .url = u->settings.url,
								 .body = lane->body,
								 .len = strlen(lane->body),
								 .headers = headers.list,
								 .tls = &secrets.tls,
								 .username = u->settings.login.username,
								 .password = secrets.password,
								 .timeout_us = u->settings.timeout_us,
								 .done = posted,
								 .user = lane,
							 });
	}
	explicit_bzero(&secrets, sizeof(secrets));
	explicit_bzero(&headers, sizeof(headers));
	if (r < 0)
		later(lane, why, 0);
}

static void pump(struct lane *lane)
{
	if (!lane->exchange && !lane->retry.armed && !lane->uplink->stopping && make_body(lane))
		post(lane);
}

/* ---- what came of it ---- */

static void end_if_idle(struct http_uplink *u)
{
	for (unsigned i = 0; i < SDK_UPLINK_LANES_MAX; i++)
		if (u->lanes[i].exchange)
			return;
	if (u->stopping)
		sdk_host_done(u->talk.host);
}

static void recovered(struct lane *lane)
{
	struct http_uplink *u = lane->uplink;
	bool troubled = false;

	lane->backoff_us = 0;
	lane->troubled = false;
	for (unsigned i = 0; i < SDK_UPLINK_LANES_MAX; i++)
		troubled = troubled || u->lanes[i].troubled;
	if (!troubled)
		sdk_host_fault(u->talk.host, NULL);
}

/* The same messages again, after a while. */
static void later(struct lane *lane, const char *text, int64_t retry_after_us)
{
	struct http_uplink *u = lane->uplink;
	const struct settings *o = &u->settings;

	free(lane->body);
	lane->body = NULL;
	sdk_uplink_rewind_lane(u->talk.queue, lane->index);
	lane->backoff_us = lane->backoff_us ? lane->backoff_us * 2 : o->retry_first_us;
	if (lane->backoff_us > o->retry_last_us)
		lane->backoff_us = o->retry_last_us;
	lane->troubled = true;
	u->retries++;
	if (u->stopping)
		return;
	sdk_host_fault(u->talk.host, text);
	sdk_loop_arm(sdk_host_loop(u->talk.host), &lane->retry,
		     sdk_loop_jitter(retry_after_us ? retry_after_us : lane->backoff_us));
}

static void answered_later(struct lane *lane, const struct sdk_http_answer *a)
{
	const struct http_uplink *u = lane->uplink;
	char text[TEXT_MAX];

	if (a->result == SDK_HTTP_ANSWERED)
		snprintf(text, sizeof(text), "%.200s answers %d: %s; nothing is lost, it is sent again", u->shown,
			 a->status, answered_text(a->status));
	else
		snprintf(text, sizeof(text), "no answer from %.200s: %s", u->shown, a->why);
	later(lane, text, a->retry_after_us);
}

/* False: the receiver has acknowledged none of it. */
static bool confirm(struct lane *lane, const struct sdk_http_answer *a)
{
	struct http_uplink *u = lane->uplink;
	const char *name = sdk_uplink_lane_name(u->talk.queue, lane->index);
	bool any;
	int64_t seq;

	if (u->settings.ack == SDK_UPLINK_ACK_BROKER) {
		while (sdk_uplink_acknowledged(u->talk.queue, lane->number))
			;
		return true;
	}
	any = answered_seq(a->body, a->len, name, &seq) == 0 && sdk_uplink_confirmed(u->talk.queue, name, seq);
	if (any)
		sdk_uplink_rewind_lane(u->talk.queue, lane->index); /* the rest of it, if it did not take all */
	return any;
}

static void taken(struct lane *lane, const struct sdk_http_answer *a)
{
	struct http_uplink *u = lane->uplink;
	char text[TEXT_MAX];

	if (!confirm(lane, a)) {
		snprintf(text, sizeof(text),
			 "%.200s answers %d without {\"lane\":…,\"seq\":N} in its answer; nothing is lost, it is sent "
			 "again",
			 u->shown, a->status);
		later(lane, text, a->retry_after_us);
		return;
	}
	lane->suspect = lane->suspect > lane->count ? lane->suspect - lane->count : 0;
	lane->aside = 0;
	recovered(lane);
	sdk_uplink_talk_delivered(&u->talk);
}

/* One of the messages is wrong, or the receiver is. */
static void wrong(struct lane *lane, const struct sdk_http_answer *a)
{
	struct http_uplink *u = lane->uplink;
	char text[TEXT_MAX];

	if (lane->count > 1) {
		lane->suspect = lane->count;
		sdk_uplink_rewind_lane(u->talk.queue, lane->index);
		return;
	}
	if (lane->aside == ASIDE_MAX) {
		answered_later(lane, a);
		return;
	}
	snprintf(text, sizeof(text), "%.200s answers %d: %.*s", u->shown, a->status, (int)(a->len > 200 ? 200 : a->len),
		 a->body ? a->body : "");
	lane->aside++;
	lane->suspect = 0;
	sdk_uplink_set_aside(u->talk.queue, sdk_uplink_find(u->talk.queue, lane->number), text);
	sdk_uplink_talk_delivered(&u->talk);
}

static void posted(void *user, const struct sdk_http_answer *a)
{
	struct lane *lane = user;

	lane->exchange = NULL;
	free(lane->body);
	lane->body = NULL;
	if (a->result != SDK_HTTP_ANSWERED)
		answered_later(lane, a);
	else
		switch (answered_status(a->status)) {
		case ANSWERED_TAKEN: taken(lane, a); break;
		case ANSWERED_WRONG: wrong(lane, a); break;
		case ANSWERED_LATER:
		case ANSWERED_CLOSED: answered_later(lane, a); break;
		}
	end_if_idle(lane->uplink);
	pump(lane);
}

static void retry_due(struct sdk_timer *t)
{
	pump(t->user);
}

/* ---- from the daemon ---- */

static void take_deliver(void *user, const json_t *message)
{
	struct http_uplink *u = user;

	sdk_uplink_talk_take(&u->talk, message);
	for (unsigned i = 0; i < sdk_uplink_lanes(u->talk.queue); i++)
		pump(&u->lanes[i]);
}

static const struct sdk_handler handlers[] = { { "deliver", take_deliver }, { 0 } };

static void have_room(void *user)
{
	struct http_uplink *u = user;

	sdk_uplink_talk_delivered(&u->talk);
}

static void add_counters(void *user, json_t *counters)
{
	const struct http_uplink *u = user;

	sdk_uplink_talk_counters(&u->talk, counters);
	json_object_set_new(counters, "posts", json_integer(u->posts));
	json_object_set_new(counters, "retries", json_integer((json_int_t)u->retries));
}

/* ---- life ---- */

static int prepare(struct http_uplink *u, struct sdk_host *host)
{
	struct sdk_login secrets = { .hmac_len = 0 };
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_login_read(&u->settings.login, &secrets, why);

	explicit_bzero(&secrets, sizeof(secrets));
	u->talk.host = host;
	if (r < 0) {
		sdk_host_fail(host, "%s", why);
		return r;
	}
	if (sodium_init() < 0)
		abort();
	u->shown = sdk_http_shown(u->settings.url);
	u->http = sdk_http_new(sdk_host_loop(host));
	return 0;
}

/* After "ready": as far as one knows before there is something to send. */
static void begun_due(struct sdk_timer *t)
{
	recovered(&((struct http_uplink *)t->user)->lanes[0]);
}

static int start(void *user, struct sdk_host *host)
{
	struct http_uplink *u = user;
	int r = prepare(u, host);

	if (r < 0)
		return r;
	u->talk.queue = sdk_uplink_new((enum sdk_uplink_ack)u->settings.ack);
	for (unsigned i = 0; i < SDK_UPLINK_LANES_MAX; i++)
		u->lanes[i] =
			(struct lane){ .uplink = u, .index = i, .retry = { .due = retry_due, .user = &u->lanes[i] } };
	if (strncmp(u->settings.url, "http://", 7) == 0 &&
	    (u->settings.login.username || u->settings.login.token_file || u->settings.login.token_credential))
		sdk_log_warning("%s has no TLS: whoever listens on the way reads the secret", u->shown);
	u->begun = (struct sdk_timer){ .due = begun_due, .user = u };
	sdk_loop_arm(sdk_host_loop(host), &u->begun, 0);
	return 0;
}

static void probed(void *user, const struct sdk_http_answer *a)
{
	struct http_uplink *u = user;
	struct sdk_host_verdict v = { "reached", u->shown, "" };
	char text[TEXT_MAX];

	if (a->result != SDK_HTTP_ANSWERED) {
		v.result = sdk_curl_word((enum sdk_curl_result)a->result);
		v.text = a->why;
	} else if (a->status == 401 || a->status == 403 || a->status == 407 || a->status >= 500) {
		snprintf(text, sizeof(text), "it answers %d: %s", a->status, answered_text(a->status));
		v.result = a->status >= 500 ? "failed" : "denied";
		v.text = text;
	}
	sdk_host_probed(u->talk.host, &v);
}

/* OPTIONS changes nothing; few answer it with more than "there is someone", which is what is asked. */
static int probe(void *user, struct sdk_host *host)
{
	struct http_uplink *u = user;
	struct sdk_login secrets = { .hmac_len = 0 };
	char why[SDK_SECRET_WHY_MAX], token[SDK_SECRET_MAX + 32];
	int r = prepare(u, host);

	if (r < 0 || sdk_login_read(&u->settings.login, &secrets, why) < 0)
		return r;
	snprintf(token, sizeof(token), "Authorization: Bearer %s", secrets.token);
	sdk_http_start(u->http, &(struct sdk_http_request){
					.method = "OPTIONS",
					.url = u->settings.url,
					.headers = (const char *const[]){ secrets.token[0] ? token : NULL, NULL },
					.tls = &secrets.tls,
					.username = u->settings.login.username,
					.password = secrets.password,
					.timeout_us = PROBE_LIMIT,
					.done = probed,
					.user = u,
				});
	explicit_bzero(&secrets, sizeof(secrets));
	explicit_bzero(token, sizeof(token));
	return 0;
}

static void stop(void *user)
{
	struct http_uplink *u = user;

	u->stopping = true;
	end_if_idle(u);
}

static void fini(void *user)
{
	struct http_uplink *u = user;
	struct sdk_loop *loop = u->talk.host ? sdk_host_loop(u->talk.host) : NULL;

	if (loop)
		sdk_loop_disarm(loop, &u->begun);
	sdk_http_free(u->http);
	for (unsigned i = 0; i < SDK_UPLINK_LANES_MAX; i++) {
		if (u->lanes[i].uplink)
			sdk_loop_disarm(loop, &u->lanes[i].retry);
		free(u->lanes[i].body);
	}
	sdk_uplink_free(u->talk.queue);
	free(u->shown);
}

int main(int argc, char **argv)
{
	struct http_uplink uplink = { 0 };

	return sdk_host_main(argc, argv,
			     &(struct sdk_plugin){
				     .name = "http-uplink",
				     .about = "POSTs what leaves the estate to a web server",
				     .roles = { "uplink" },
				     .options = options,
				     .settings = &uplink.settings,
				     .user = &uplink,
				     .handlers = handlers,
				     .start = start,
				     .probe = probe,
				     .room = have_room,
				     .stop = stop,
				     .fini = fini,
				     .counters = add_counters,
			     });
}
