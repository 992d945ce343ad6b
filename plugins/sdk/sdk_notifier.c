#include "sdk/sdk_notifier.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define WAITING_MAX 256
#define WHY_MAX     512

struct sdk_notifier {
	struct sdk_notifier_setup setup;
	struct sdk_notice *waiting; /* the most urgent first, then as they came */
	unsigned waiting_count, under_way;
	struct sdk_timer overdue;
	bool stopping, pumping;
	uint64_t told, failed;
};

/* ---- what is asked for ---- */

static void read_alarm(struct sdk_notice *notice, const json_t *alarm)
{
	const json_t *priority = json_object_get(alarm, "priority");

	notice->priority = json_is_integer(priority) ? (int)json_integer_value(priority) : 1;
	notice->urgent = notice->priority <= 1 || json_is_true(json_object_get(alarm, "life_safety"));
}

static struct sdk_notice *notice_new(struct sdk_notifier *n, const json_t *message)
{
	struct sdk_notice *notice = calloc(1, sizeof(*notice));
	const char *text = json_string_value(json_object_get(message, "text"));

	if (!notice)
		abort();
	*notice = (struct sdk_notice){
		.text = text ? text : "",
		.to = json_object_get(message, "to"),
		.message = json_incref((json_t *)message),
		.clear = json_is_true(json_object_get(message, "clear")),
		.test = json_is_true(json_object_get(message, "test")),
		.taken_us = sdk_clock_now_us(),
		.notifier = n,
		.id = json_integer_value(json_object_get(message, "id")),
	};
	read_alarm(notice, json_object_get(message, "alarm"));
	notice->by_us = notice->taken_us + (notice->urgent ? SDK_NOTIFIER_URGENT_US : SDK_NOTIFIER_OTHER_US);
	return notice;
}

const char *sdk_notifier_to(const struct sdk_notice *notice, const char *key)
{
	return json_string_value(json_object_get(notice->to, key));
}

/* ---- who is next ---- */

static bool goes_before(const struct sdk_notice *a, const struct sdk_notice *b)
{
	return a->urgent != b->urgent ? a->urgent : a->priority < b->priority;
}

static void insert(struct sdk_notifier *n, struct sdk_notice *notice)
{
	struct sdk_notice **at = &n->waiting;

	while (*at && !goes_before(notice, *at))
		at = &(*at)->next;
	notice->next = *at;
	*at = notice;
	n->waiting_count++;
}

static struct sdk_notice *take_out(struct sdk_notifier *n, struct sdk_notice **at)
{
	struct sdk_notice *notice = *at;

	*at = notice->next;
	notice->next = NULL;
	n->waiting_count--;
	return notice;
}

static bool has_slot(const struct sdk_notifier *n)
{
	return n->under_way < n->setup.slots + (n->waiting->urgent ? n->setup.urgent_slots : 0);
}

/* An answer within begin comes back to here: the loop outside goes on. */
static void pump(struct sdk_notifier *n)
{
	if (n->pumping)
		return;
	n->pumping = true;
	while (n->waiting && !n->stopping && has_slot(n)) {
		struct sdk_notice *notice = take_out(n, &n->waiting);

		notice->begun = true;
		n->under_way++;
		n->setup.begin(n->setup.user, notice);
	}
	n->pumping = false;
}

/* The first one that becomes overdue. */
static void arm_overdue(struct sdk_notifier *n)
{
	int64_t first_us = INT64_MAX;

	for (const struct sdk_notice *w = n->waiting; w; w = w->next)
		first_us = w->by_us < first_us ? w->by_us : first_us;
	if (n->waiting)
		sdk_loop_arm(sdk_host_loop(n->setup.host), &n->overdue, first_us - sdk_clock_now_us());
	else
		sdk_loop_disarm(sdk_host_loop(n->setup.host), &n->overdue);
}

static void overdue_due(struct sdk_timer *t)
{
	struct sdk_notifier *n = t->user;
	int64_t now_us = sdk_clock_now_us();

	for (struct sdk_notice **at = &n->waiting; *at;)
		if ((*at)->by_us <= now_us)
			sdk_notifier_failed(take_out(n, at), "%u other messages kept it waiting for too long",
					    n->under_way);
		else
			at = &(*at)->next;
	arm_overdue(n);
}

/* The last one is the least urgent. */
static void drop_last(struct sdk_notifier *n)
{
	struct sdk_notice **at = &n->waiting;

	while ((*at)->next)
		at = &(*at)->next;
	sdk_notifier_failed(take_out(n, at), "%d messages wait already", WAITING_MAX);
}

void sdk_notifier_take(struct sdk_notifier *n, const json_t *message)
{
	struct sdk_notice *notice;

	if (!json_is_integer(json_object_get(message, "id"))) {
		sdk_log_warning("the daemon sent a notify without an id: it is ignored");
		return;
	}
	notice = notice_new(n, message);
	if (!notice->text[0]) {
		sdk_notifier_failed(notice, "it has no text");
		return;
	}
	insert(n, notice);
	pump(n);
	if (n->waiting_count > WAITING_MAX)
		drop_last(n);
	arm_overdue(n);
}

/* ---- the answer ---- */

static void answer(struct sdk_notice *notice, const char *why)
{
	json_t *message = json_pack("{s:s,s:I,s:b}", "type", "notified", "id", notice->id, "ok", why == NULL);

	if (why)
		json_object_set_new(message, "text", sdk_host_text(why));
	sdk_host_send(notice->notifier->setup.host, message);
	sdk_notifier_drop(notice);
}

void sdk_notifier_told(struct sdk_notice *notice)
{
	notice->notifier->told++;
	answer(notice, NULL);
}

void sdk_notifier_failed(struct sdk_notice *notice, const char *fmt, ...)
{
	char why[WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	notice->notifier->failed++;
	answer(notice, why);
}

void sdk_notifier_drop(struct sdk_notice *notice)
{
	struct sdk_notifier *n = notice->notifier;
	bool begun = notice->begun;

	json_decref((json_t *)notice->message);
	free(notice);
	if (!begun)
		return;
	n->under_way--;
	pump(n);
	if (n->stopping && n->under_way == 0)
		sdk_host_done(n->setup.host);
}

/* ---- life ---- */

struct sdk_notifier *sdk_notifier_new(const struct sdk_notifier_setup *setup)
{
	struct sdk_notifier *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->setup = *setup;
	n->overdue = (struct sdk_timer){ .due = overdue_due, .user = n };
	return n;
}

void sdk_notifier_free(struct sdk_notifier *n)
{
	if (!n)
		return;
	n->stopping = true;
	while (n->waiting)
		sdk_notifier_drop(take_out(n, &n->waiting));
	sdk_loop_disarm(sdk_host_loop(n->setup.host), &n->overdue);
	free(n);
}

void sdk_notifier_stop(struct sdk_notifier *n)
{
	n->stopping = true;
	if (n->under_way == 0)
		sdk_host_done(n->setup.host);
}

void sdk_notifier_counters(const struct sdk_notifier *n, json_t *counters)
{
	json_object_set_new(counters, "told", json_integer((json_int_t)n->told));
	json_object_set_new(counters, "failed", json_integer((json_int_t)n->failed));
	json_object_set_new(counters, "waiting", json_integer(n->waiting_count));
	json_object_set_new(counters, "under_way", json_integer(n->under_way));
}

/* ---- a program that is a notifier only ---- */

struct program {
	const struct sdk_plugin *own;
	struct sdk_notifier **notifier; /* the owner's; NULL there until start made it */
};

static void take_notify(void *user, const json_t *message)
{
	const struct program *p = user;

	sdk_notifier_take(*p->notifier, message);
}

static int start(void *user, struct sdk_host *host)
{
	const struct program *p = user;

	return p->own->start(p->own->user, host);
}

static int probe(void *user, struct sdk_host *host)
{
	const struct program *p = user;

	return p->own->probe(p->own->user, host);
}

static void stop(void *user)
{
	const struct program *p = user;

	sdk_notifier_stop(*p->notifier); /* first: what the owner drops makes room for nothing more */
	if (p->own->stop)
		p->own->stop(p->own->user);
}

static void fini(void *user)
{
	const struct program *p = user;

	if (*p->notifier)
		sdk_notifier_stop(*p->notifier); /* nothing takes the place of what is dropped */
	p->own->fini(p->own->user);
	sdk_notifier_free(*p->notifier);
}

static void add_counters(void *user, json_t *counters)
{
	const struct program *p = user;

	sdk_notifier_counters(*p->notifier, counters);
	if (p->own->counters)
		p->own->counters(p->own->user, counters);
}

int sdk_notifier_main(int argc, char **argv, const struct sdk_plugin *plugin, struct sdk_notifier **notifier)
{
	static const struct sdk_handler handlers[] = { { "notify", take_notify }, { 0 } };
	struct program program = { .own = plugin, .notifier = notifier };
	struct sdk_plugin whole = *plugin;

	whole.roles[0] = "notifier";
	whole.handlers = handlers;
	whole.user = &program;
	whole.start = start;
	whole.probe = plugin->probe ? probe : NULL;
	whole.stop = stop;
	whole.fini = fini;
	whole.counters = add_counters;
	return sdk_host_main(argc, argv, &whole);
}
