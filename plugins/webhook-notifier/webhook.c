#include "webhook-notifier/webhook.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_log.h"
#include "sdk/sdk_signature.h"
#include "webhook-notifier/pace.h"
#include "webhook-notifier/robot_answer.h"

#define HOLD_US     (5 * SDK_CLOCK_S) /* others wait, when the robot says that it was too many */
#define CHECK_FIRST (2 * SDK_CLOCK_S)
#define CHECK_LAST  (60 * SDK_CLOCK_S)
#define LOOK_LIMIT  (6 * SDK_CLOCK_S)
#define MORE        "…"
#define TROUBLE_MAX 600
#define HEADERS_MAX 5

/* One POST under way. */
struct posting {
	struct webhook *hook;
	struct posting *next;
	struct sdk_notice *notices; /* that it tells of */
	bool urgent;
	char *body;
	char shown[128];
};

struct webhook {
	const struct webhook_setup *setup;
	char *hook_file, *hook_credential, *secret_file, *secret_credential;
	struct robot_limits limits;
	struct pace pace;
	struct sdk_notice *urgent, *others; /* as they came */
	struct posting *postings;
	unsigned urgent_posts, other_posts;
	struct sdk_timer due, check;
	int64_t check_us;
	bool troubled, checking, stopping, pumping;
	char trouble[TROUBLE_MAX];
};

static void pump(struct webhook *h);

/* ---- lists of notices ---- */

static void append(struct sdk_notice **list, struct sdk_notice *notice)
{
	while (*list)
		list = &(*list)->next;
	*list = notice;
}

static struct sdk_notice *take_first(struct sdk_notice **list)
{
	struct sdk_notice *notice = *list;

	*list = notice->next;
	notice->next = NULL;
	return notice;
}

static void drop_all(struct sdk_notice **list)
{
	while (*list)
		sdk_notifier_drop(take_first(list));
}

static void tell_all(struct sdk_notice **list)
{
	while (*list)
		sdk_notifier_told(take_first(list));
}

static void fail_all(struct sdk_notice **list, const char *why)
{
	while (*list)
		sdk_notifier_failed(take_first(list), "%s", why);
}

/* ---- whether it can be reached ---- */

const char *webhook_trouble(const struct webhook *h)
{
	return h->troubled ? h->trouble : NULL;
}

static void look_later(struct webhook *h)
{
	h->check_us = h->check_us ? h->check_us * 2 : CHECK_FIRST;
	if (h->check_us > CHECK_LAST)
		h->check_us = CHECK_LAST;
	sdk_loop_arm(sdk_host_loop(h->setup->host), &h->check, sdk_loop_jitter(h->check_us));
}

static void be_troubled(struct webhook *h, const char *why)
{
	if (h->stopping)
		return;
	snprintf(h->trouble, sizeof(h->trouble), "%s", why);
	h->troubled = true;
	h->setup->changed(h->setup->user);
	if (!h->checking && !h->check.armed)
		look_later(h);
}

static void recovered(struct webhook *h)
{
	h->troubled = false;
	h->check_us = 0;
	sdk_loop_disarm(sdk_host_loop(h->setup->host), &h->check);
	h->setup->changed(h->setup->user);
}

static void checked(void *user, const struct sdk_http_answer *a)
{
	struct webhook *h = user;

	h->checking = false;
	if (a->result == SDK_HTTP_ANSWERED) {
		recovered(h);
		return;
	}
	if (!h->troubled) {
		char why[TROUBLE_MAX];

		snprintf(why, sizeof(why), "no answer from %s: %s", robot_name(h->setup->dialect), a->why);
		be_troubled(h, why);
		return;
	}
	look_later(h);
}

int webhook_look(const struct webhook *h, void (*done)(void *user, const struct sdk_http_answer *answer), void *user,
		 char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct webhook_access access;
	int r = webhook_read(h, &access, ret_why);

	if (r < 0)
		return r;
	sdk_http_start(h->setup->http, &(struct sdk_http_request){
					       .method = SDK_HTTP_LOOK,
					       .url = access.url,
					       .tls = &access.tls,
					       .timeout_us = LOOK_LIMIT,
					       .done = done,
					       .user = user,
				       });
	webhook_forget(&access);
	return 0;
}

void webhook_check(struct webhook *h)
{
	char why[SDK_SECRET_WHY_MAX];

	if (h->checking || h->stopping)
		return;
	h->checking = webhook_look(h, checked, h, why) == 0;
	if (!h->checking && h->troubled)
		look_later(h);
	else if (!h->checking)
		be_troubled(h, why);
}

static void check_due(struct sdk_timer *t)
{
	webhook_check(t->user);
}

/* ---- secrets ---- */

/* Scheme, host and port: a name and a password may stand before the host, a key behind it. */
static void show(const char *url, char *ret_shown, size_t room)
{
	const char *host = strstr(url, "://") + 3;
	int scheme = (int)(host - url), len = (int)strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)len);

	if (at) {
		len -= (int)(at + 1 - host);
		host = at + 1;
	}
	snprintf(ret_shown, room, "%.*s%.*s", scheme, url, len, host);
}

int webhook_read(const struct webhook *h, struct webhook_access *a, char why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_secret hook = { .option = "hook", .file = h->hook_file, .credential = h->hook_credential };
	struct sdk_secret secret = { .option = "secret", .file = h->secret_file, .credential = h->secret_credential };
	int r;

	*a = (struct webhook_access){ .url = NULL };
	r = sdk_secret_read(&hook, a->hook, why);
	if (r >= 0)
		r = sdk_secret_read(&secret, a->secret, why);
	if (r >= 0)
		r = sdk_tls_find(h->setup->tls, &a->tls, why);
	a->keys = (struct robot_secret){ .hook = a->hook[0] ? a->hook : NULL,
					 .bytes = a->secret[0] ? a->secret : NULL,
					 .wall_us = sdk_clock_wall_us() };
	if (r >= 0) {
		r = robot_url(h->setup->dialect, h->setup->base, &a->keys, &a->url);
		if (r < 0)
			snprintf(why, SDK_SECRET_WHY_MAX,
				 "the hook '%.80s' is neither an address (https://…) nor a key",
				 h->hook_credential ? h->hook_credential
				 : h->hook_file     ? h->hook_file
						    : "");
	}
	if (r < 0)
		webhook_forget(a);
	else
		show(a->url, a->shown, sizeof(a->shown));
	return r < 0 ? r : 0;
}

void webhook_forget(struct webhook_access *a)
{
	if (a->url)
		explicit_bzero(a->url, strlen(a->url));
	free(a->url);
	explicit_bzero(a, sizeof(*a));
}

/* ---- one POST ---- */

static size_t room_of(const struct webhook *h)
{
	return h->limits.text_max ? h->limits.text_max : SIZE_MAX;
}

/* The first of the list, and where it may, as many more as fit. */
static void gather(struct posting *p, struct sdk_notice **list, bool merge)
{
	const struct webhook *h = p->hook;
	size_t len = (h->setup->prefix ? strlen(h->setup->prefix) : 0) + 1;

	do {
		len += strlen((*list)->text) + 1;
		append(&p->notices, take_first(list));
	} while (merge && h->limits.merges && *list && len + strlen((*list)->text) + 1 <= room_of(h));
}

static char *text_of(const struct posting *p)
{
	const char *prefix = p->hook->setup->prefix;
	size_t len = 0, room = room_of(p->hook);
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	if (prefix)
		fprintf(out, "%s ", prefix);
	for (const struct sdk_notice *n = p->notices; n; n = n->next)
		fprintf(out, "%s%s", n->text, n->next ? "\n" : "");
	if (fclose(out) != 0)
		abort();
	if (len <= room)
		return text;
	for (len = room - strlen(MORE); len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		;
	snprintf(text + len, sizeof(MORE), MORE); /* there was more text */
	return text;
}

static void call_one(json_t *called, const json_t *name)
{
	for (size_t i = 0; i < json_array_size(called); i++)
		if (json_equal(json_array_get(called, i), name))
			return;
	json_array_append(called, (json_t *)name);
}

/* A name or a list of names, each once: messages that were merged may call different people. */
static void call(json_t *called, const json_t *mention)
{
	if (!json_is_array(mention))
		call_one(called, mention);
	for (size_t i = 0; i < json_array_size(mention); i++)
		call_one(called, json_array_get(mention, i));
}

static void make_body(struct posting *p, const struct webhook_access *access)
{
	const struct webhook_setup *s = p->hook->setup;
	const struct sdk_notice *first = p->notices;
	struct robot_message m = { .format = s->format, .priority = first->priority, .notify = first->message };
	json_t *called = json_array();
	char *text = text_of(p);

	m.text = text;
	m.mention = called;
	for (const struct sdk_notice *n = first; n; n = n->next) {
		m.priority = n->priority < m.priority ? n->priority : m.priority;
		if (n->urgent && !n->clear)
			call(called, json_object_get(n->to, "mention"));
	}
	p->body = robot_body(s->dialect, &m, &access->keys);
	json_decref(called);
	free(text);
}

static void posting_free(struct posting *p)
{
	struct posting **at = &p->hook->postings;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	*(p->urgent ? &p->hook->urgent_posts : &p->hook->other_posts) -= 1;
	free(p->body);
	free(p);
}

static void posted(void *user, const struct sdk_http_answer *a);

static void start_post(struct posting *p, const struct webhook_access *access)
{
	const struct webhook_setup *s = p->hook->setup;
	const char *headers[HEADERS_MAX] = { "User-Agent: estated-webhook-notifier/" PACKAGE_VERSION,
					     "Content-Type: application/json; charset=utf-8" };
	struct sdk_signature signature;

	if (s->dialect == ROBOT_JSON && access->keys.bytes) {
		sdk_signature_make(&(struct sdk_signature_key){ access->keys.bytes, strlen(access->keys.bytes) },
				   access->keys.wall_us, p->body, &signature);
		headers[2] = signature.timestamp;
		headers[3] = signature.signature;
	}
	sdk_http_start(s->http, &(struct sdk_http_request){
					.url = access->url,
					.body = p->body,
					.len = strlen(p->body),
					.headers = headers,
					.tls = &access->tls,
					.timeout_us = s->timeout_us,
					.done = posted,
					.user = p,
				});
}

static void post(struct webhook *h, struct sdk_notice **list, bool merge)
{
	struct posting *p = calloc(1, sizeof(*p));
	struct webhook_access access;
	char why[SDK_SECRET_WHY_MAX];

	if (!p)
		abort();
	*p = (struct posting){ .hook = h, .next = h->postings, .urgent = list == &h->urgent };
	h->postings = p;
	*(p->urgent ? &h->urgent_posts : &h->other_posts) += 1;
	gather(p, list, merge);
	if (webhook_read(h, &access, why) < 0) {
		fail_all(&p->notices, why);
		posting_free(p);
		be_troubled(h, why);
		return;
	}
	make_body(p, &access);
	snprintf(p->shown, sizeof(p->shown), "%s", access.shown);
	start_post(p, &access);
	webhook_forget(&access);
	pace_sent(&h->pace, sdk_clock_now_us());
}

/* ---- what came of it ---- */

/* The robot says that it was too many: urgent ones go on to the next contact, others wait where they still can. */
static void limited(struct posting *p, const char *why, int64_t retry_after_us)
{
	struct webhook *h = p->hook;
	int64_t hold_us = h->limits.shut_us > HOLD_US ? h->limits.shut_us : HOLD_US, until_us;
	struct sdk_notice *before = h->others;

	until_us = sdk_clock_now_us() + (retry_after_us > hold_us ? retry_after_us : hold_us);
	pace_hold(&h->pace, until_us);
	h->others = NULL;
	while (p->notices) {
		struct sdk_notice *notice = take_first(&p->notices);

		if (notice->urgent || notice->by_us <= until_us || h->stopping)
			sdk_notifier_failed(notice, "%s", why);
		else
			append(&h->others, notice);
	}
	append(&h->others, before);
}

static void answered(struct posting *p, const struct sdk_http_answer *a)
{
	char why[ROBOT_ANSWER_WHY];

	switch (robot_answer_read(p->hook->setup->dialect, &(struct robot_answer_http){ a->status, a->body, a->len },
				  why)) {
	case ROBOT_ANSWER_TAKEN: tell_all(&p->notices); break;
	case ROBOT_ANSWER_LIMITED: limited(p, why, a->retry_after_us); break;
	case ROBOT_ANSWER_REFUSED:
		sdk_log_warning("%s", why);
		fail_all(&p->notices, why);
		break;
	}
	if (a->status < 500)
		recovered(p->hook);
	else
		be_troubled(p->hook, why);
}

static void posted(void *user, const struct sdk_http_answer *a)
{
	struct posting *p = user;
	struct webhook *h = p->hook;
	char why[TROUBLE_MAX];

	if (a->result == SDK_HTTP_ANSWERED) {
		answered(p, a);
	} else {
		snprintf(why, sizeof(why), "no answer from %s: %s", p->shown, a->why);
		fail_all(&p->notices, why);
		be_troubled(h, why);
	}
	posting_free(p);
	pump(h);
}

/* ---- whose turn it is ---- */

/* What cannot be sent in time fails now: there is a next contact. */
static void fail_late(const struct webhook *h, struct sdk_notice *notice)
{
	const char *name = robot_name(h->setup->dialect);

	if (h->pace.per_minute)
		sdk_notifier_failed(notice, "%s takes %d messages a minute, and is full for too long", name,
				    h->pace.per_minute);
	else
		sdk_notifier_failed(notice, "%s answers too slowly: others are before it", name);
}

static void expire(struct webhook *h, struct sdk_notice **at, int64_t due_us)
{
	while (*at)
		if ((*at)->by_us <= due_us)
			fail_late(h, take_first(at));
		else
			at = &(*at)->next;
}

static void pump_urgent(struct webhook *h, int64_t now_us, int64_t *due_us)
{
	expire(h, &h->urgent, now_us);
	while (h->urgent) {
		enum pace_turn turn = pace_urgent(&h->pace, now_us, due_us);

		if (turn == PACE_WAIT || (turn == PACE_FULL && h->urgent_posts))
			return;
		post(h, &h->urgent, turn == PACE_FULL);
	}
}

static void pump_others(struct webhook *h, int64_t now_us, int64_t *due_us)
{
	int64_t turn_us = now_us;

	if (!h->others)
		return;
	if (pace_other(&h->pace, now_us, &turn_us) == PACE_GO && !h->other_posts)
		post(h, &h->others, true);
	else
		expire(h, &h->others, turn_us);
	for (const struct sdk_notice *n = h->others; n; n = n->next)
		*due_us = n->by_us < *due_us ? n->by_us : *due_us;
	if (h->others && turn_us > now_us && turn_us < *due_us)
		*due_us = turn_us;
}

static void pump(struct webhook *h)
{
	int64_t now_us = sdk_clock_now_us(), due_us = INT64_MAX;

	if (h->stopping || h->pumping)
		return;
	sdk_loop_disarm(sdk_host_loop(h->setup->host), &h->due);
	h->pumping = true; /* an answer makes room for the next notice, which comes back to here */
	pump_urgent(h, now_us, &due_us);
	pump_others(h, now_us, &due_us);
	h->pumping = false;
	if (due_us < INT64_MAX && !h->due.armed)
		sdk_loop_arm(sdk_host_loop(h->setup->host), &h->due, due_us - now_us);
}

static void turn_due(struct sdk_timer *t)
{
	pump(t->user);
}

void webhook_take(struct webhook *h, struct sdk_notice *notice)
{
	append(notice->urgent ? &h->urgent : &h->others, notice);
	if (h->pumping)
		sdk_loop_arm(sdk_host_loop(h->setup->host), &h->due, 0);
	else
		pump(h);
}

/* ---- life ---- */

static char *copy(const char *text)
{
	char *copied = text ? strdup(text) : NULL;

	if (text && !copied)
		abort();
	return copied;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

struct webhook *webhook_new(const struct webhook_setup *setup, const struct webhook_names *names)
{
	struct webhook *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	h->setup = setup;
	h->hook_file = copy(names->hook_file);
	h->hook_credential = copy(names->hook_credential);
	h->secret_file = copy(names->secret_file);
	h->secret_credential = copy(names->secret_credential);
	h->limits = robot_limits(setup->dialect, setup->format);
	h->pace.per_minute = setup->limit ? setup->limit : h->limits.per_minute;
	h->pace.per_second = h->limits.per_second;
	h->due = (struct sdk_timer){ .due = turn_due, .user = h };
	h->check = (struct sdk_timer){ .due = check_due, .user = h };
	return h;
}

bool webhook_is(const struct webhook *h, const struct webhook_names *names)
{
	return same(h->hook_file, names->hook_file) && same(h->hook_credential, names->hook_credential) &&
	       same(h->secret_file, names->secret_file) && same(h->secret_credential, names->secret_credential);
}

void webhook_stop(struct webhook *h)
{
	struct sdk_loop *loop = sdk_host_loop(h->setup->host);

	h->stopping = true;
	sdk_loop_disarm(loop, &h->due);
	sdk_loop_disarm(loop, &h->check);
	drop_all(&h->urgent);
	drop_all(&h->others);
}

void webhook_free(struct webhook *h)
{
	if (!h)
		return;
	webhook_stop(h);
	while (h->postings) {
		drop_all(&h->postings->notices);
		posting_free(h->postings);
	}
	free(h->hook_file);
	free(h->hook_credential);
	free(h->secret_file);
	free(h->secret_credential);
	free(h);
}
