#include "app/outflow.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "app/discretion.h"
#include "app/early.h"
#include "app/happening.h"
#include "app/live.h"
#include "app/receiver.h"
#include "app/uplinks.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "upstream/alarm_json.h"

#define KEPT_MAX   20000 /* happenings kept in memory while the store cannot take them */
#define YIELDS_MAX 2000  /* of those that are samples and data only: they must not take the room of alarms */

/* Who waits for a token. In order of tokens; completions come nearly in that order. */
struct waiter {
	struct waiter *next;
	uint64_t token;
	struct supervisor *source;
	char *id;
	struct api_pending *pending;
	void (*done)(void *context, int error); /* NULL: none of ours waits */
	void *context;
};

struct outflow {
	struct live *live;
	struct early *early;
	struct uplinks uplinks;
	struct happening *kept, **kept_tail;
	size_t kept_count, kept_yields;
	struct waiter *waiters, **waiters_tail;
	uint64_t next_token;
	struct complaint store_full, no_room;
	struct outflow_counters counters;
};

struct outflow *outflow_new(struct live *l)
{
	struct outflow *o = MEM_NEW(struct outflow);

	o->live = l;
	o->early = early_new();
	for (size_t i = 0; i < l->conf->plugin_count; i++)
		early_expect(o->early, l->conf->plugins[i].id);
	o->kept_tail = &o->kept;
	o->waiters_tail = &o->waiters;
	o->next_token = 1;
	return o;
}

static void waiter_free(struct waiter *w)
{
	free(w->id);
	free(w);
}

void outflow_free(struct outflow *o)
{
	if (!o)
		return;
	early_free(o->early);
	while (o->kept) {
		struct happening *next = o->kept->next;

		happening_free(o->kept);
		o->kept = next;
	}
	while (o->waiters) {
		struct waiter *next = o->waiters->next;

		if (o->waiters->pending)
			api_finish(o->waiters->pending, -ECANCELED, "estated ended before it was stored");
		waiter_free(o->waiters);
		o->waiters = next;
	}
	uplinks_fini(&o->uplinks);
	free(o);
}

/* ---- uplinks ---- */

bool outflow_is_uplink(const struct outflow *o, const char *instance)
{
	return uplinks_find(&o->uplinks, instance);
}

bool outflow_wants(const struct outflow *o, enum envelope_lane lane, const char *kind)
{
	for (size_t i = 0; i < o->uplinks.count; i++)
		if (uplinks_wants(&o->uplinks.all[i], lane, kind))
			return true;
	return early_waits(o->early);
}

static void submit_or_keep(struct outflow *o, struct happening *h);

/* To that uplink goes what is for it; h has room for one more, and owns the payload. */
static void address(struct outflow *o, struct happening *h, const struct uplink *u, struct store_message m)
{
	_cleanup_(freep) char *detail = NULL;
	char *payload = NULL;

	switch (discretion_judge(o->live->discretion, u, &m, &payload, &detail)) {
	case DISCRETION_WITHHELD: return;
	case DISCRETION_CHANGED: m.payload = happening_own(h, payload); break;
	case DISCRETION_AS_IS: break;
	}
	h->messages[h->message_count++] = m;
	if (detail)
		happening_audit(h, &(struct store_audit){ .kind = "release", .what = u->id, .detail = detail });
}

/* What happened before this uplink said that it is one. */
static void catch_up(struct outflow *o, const struct uplink *u)
{
	struct happening *h = MEM_NEW(struct happening);
	const char *uplink = happening_own(h, mem_strdup(u->id));

	h->messages = mem_array(early_count(o->early), sizeof(*h->messages));
	for (const struct store_message *m = NULL; (m = early_next(o->early, m));) {
		struct store_message copy = *m;

		if (!uplinks_wants(u, m->lane, m->kind))
			continue;
		copy.uplink = uplink;
		copy.payload = happening_own(h, mem_strdup(m->payload));
		address(o, h, u, copy);
	}
	if (h->message_count)
		submit_or_keep(o, h);
	else
		happening_free(h);
}

void outflow_role_known(struct outflow *o, const char *instance)
{
	early_known(o->early, instance);
}

bool outflow_waits(const struct outflow *o)
{
	return early_waits(o->early);
}

void outflow_role_unknown(struct outflow *o, const char *instance)
{
	early_expect(o->early, instance);
}

void outflow_add_uplink(struct outflow *o, const struct plugin *p)
{
	const struct uplink *u;

	if (outflow_is_uplink(o, p->id))
		return;
	u = uplinks_add(&o->uplinks, p);
	delivery_add_uplink(o->live->delivery, p->id);
	if (early_count(o->early))
		catch_up(o, u);
	outflow_role_known(o, p->id);
	stock_asked(o->live->stock);
}

void outflow_rebind(struct outflow *o)
{
	uplinks_rebind(&o->uplinks, o->live->conf->plugins, o->live->conf->plugin_count);
	for (size_t i = 0; i < o->uplinks.count; i++)
		delivery_add_uplink(o->live->delivery, o->uplinks.all[i].id);
}

size_t outflow_name_lanes(const struct outflow *o, struct status_outbox *rows, size_t count, size_t max)
{
	return uplinks_name_lanes(&o->uplinks, rows, count, max);
}

/* Takes payload. */
static void add_message(struct outflow *o, struct happening *h, const struct store_message *pattern, char *payload)
{
	early_keep(o->early, pattern, payload);
	happening_own(h, payload);
	h->messages = mem_realloc(h->messages, h->message_count + o->uplinks.count, sizeof(*h->messages));
	for (size_t i = 0; i < o->uplinks.count; i++) {
		const struct uplink *u = &o->uplinks.all[i];
		struct store_message m = *pattern;

		if (!uplinks_wants(u, pattern->lane, pattern->kind))
			continue;
		m.uplink = happening_own(h, mem_strdup(u->id)); /* a reload may come before it is stored */
		m.payload = payload;
		address(o, h, u, m);
	}
}

static char *alarm_payload(const struct alarm *a)
{
	json_t *object = alarm_json_new(a);
	char *text = alarm_json_text(object);

	json_decref(object);
	return text;
}

/* ---- commits ---- */

static struct waiter *add_waiter(struct outflow *o, const struct outflow_waiter *who, uint64_t token)
{
	struct waiter *w = MEM_NEW(struct waiter);

	*w = (struct waiter){
		.token = token, .source = who->source, .id = mem_strdup(who->id), .pending = who->pending
	};
	*o->waiters_tail = w;
	o->waiters_tail = &w->next;
	return w;
}

static void copy_values(struct outflow *o, struct happening *h, const struct outflow_happening *from)
{
	const struct point_table *table = engine_points(o->live->engine);

	if (!from->value_count)
		return;
	h->values = mem_dup(from->values, from->value_count * sizeof(*from->values));
	h->value_names = mem_array(from->value_count, sizeof(*h->value_names));
	h->value_count = from->value_count;
	for (size_t i = 0; i < h->value_count; i++)
		h->value_names[i] = mem_strdup(table->points[h->values[i].point].name);
}

static int submit(struct outflow *o, const struct happening *h)
{
	struct store_commit commit = {
		.transitions = h->effects.transitions,
		.transition_count = h->effects.count,
		.messages = h->messages,
		.message_count = h->message_count,
		.values = h->values,
		.value_names = (const char *const *)h->value_names,
		.value_count = h->value_count,
		.modes = h->effects.modes,
		.mode_count = h->effects.mode_count,
		.audits = h->audits,
		.audit_count = h->audit_count,
		.visits = &h->visit,
		.visit_count = h->visit.place != NULL,
		.summaries = h->summaries,
		.summary_count = h->summary_count,
		.accounts = h->accounts,
		.account_count = h->account_count,
		.now = h->now,
		.token = h->token,
		.clock = h->clock,
	};

	return store_submit(o->live->store, &commit);
}

static void finish_waiter(struct outflow *o, uint64_t token, int error);

/* Takes h. */
static void lose(struct outflow *o, struct happening *h, int error)
{
	if (happening_yields(h)) {
		o->counters.lost_samples++;
	} else {
		o->counters.lost++;
		complain_as(&o->no_room, LOGID_CHANGES_LOST, NULL, "store: an alarm transition could not be kept: %s",
			    strerror(-error));
	}
	finish_waiter(o, h->token, error); /* a plugin gets no "stored": it says it again */
	happening_free(h);
}

/* Takes h. What is kept goes first, so that order stays. */
static void submit_or_keep(struct outflow *o, struct happening *h)
{
	int r = o->kept ? -ENOSPC : submit(o, h);

	if (r == 0) {
		happening_free(h);
		return;
	}
	if (r != -ENOSPC || o->kept_count == KEPT_MAX || (happening_yields(h) && o->kept_yields == YIELDS_MAX)) {
		lose(o, h, r);
		return;
	}
	complain_as(&o->store_full, LOGID_STORE_QUEUE_FULL, NULL,
		    "store: its queue is full: changes wait in memory (check the disk); people are still told");
	*o->kept_tail = h;
	o->kept_tail = &h->next;
	o->kept_count++;
	o->kept_yields += happening_yields(h);
	o->counters.kept++;
}

void outflow_retry(struct outflow *o)
{
	while (o->kept) {
		struct happening *first = o->kept;
		int r = submit(o, first);

		if (r == -ENOSPC)
			return;
		o->kept = first->next;
		if (!o->kept)
			o->kept_tail = &o->kept;
		o->kept_count--;
		o->kept_yields -= happening_yields(first);
		if (r == 0)
			happening_free(first);
		else /* it never will be taken: those after it must not wait for it */
			lose(o, first, r);
	}
	complain_resolved_as(&o->store_full, LOGID_STORE_QUEUE_TAKES, NULL, "store: takes changes again");
	complain_resolved(&o->no_room, "store: keeps all transitions again");
}

size_t outflow_kept(const struct outflow *o)
{
	return o->kept_count;
}

static void tell(struct outflow *o, const struct alarm_transition *t)
{
	const struct alarm *a = &t->alarm;

	o->counters.transitions++;
	if (t->input == ALARM_IN_RAISED)
		o->counters.raised++;
	if (burden_counts(t))
		burden_told(o->live->burden,
			    &(struct burden_told){ .alarm = a->id, .priority = a->priority, .at_us = t->at.mono_us });
	log_event(t->input != ALARM_IN_RAISED ? LOGID_ALARM_CHANGED
		  : a->life_safety            ? LOGID_LIFE_SAFETY
					      : LOGID_ALARM_RAISED,
		  LOG_ABOUT(.alarm = a->id, .rule = a->rule, .device = a->asset, .who = t->who),
		  "alarm %s: %s -> %s, priority %d%s%s: %s", a->id, alarm_state_name(t->from),
		  alarm_state_name(a->state), a->priority, t->who ? ", by " : "", t->who ? t->who : "",
		  a->text_en ? a->text_en : "");
	if (o->live->api) /* it is closed first when estated ends; alarms go on until the last plugin has gone */
		api_alarm_changed(o->live->api, t);
}

/* A message without uplink and payload. */
static struct store_message message_of(const struct outflow *o, enum envelope_lane lane, const char *kind,
				       struct clock_now at)
{
	return (struct store_message){
		.lane = lane,
		.kind = kind,
		.time_us = at.wall_us,
		.mono_us = at.mono_us,
		.clock = clockwork_quality_at(o->live->clockwork, at.mono_us),
	};
}

static void take_occurrences(struct outflow *o, struct happening *h)
{
	struct occurrence occurrence;

	while (occurrence_take(o->live->occurrences, &occurrence)) {
		struct store_message pattern = message_of(o, ENVELOPE_DATA, "event", occurrence.at);

		add_message(o, h, &pattern, occurrence.payload);
	}
}

void outflow_commit(struct outflow *o, const struct outflow_happening *from)
{
	struct live *l = o->live;
	bool waits = from->waiter.source || from->waiter.pending;
	struct store_message pattern;
	struct happening *h;

	if (!alarm_effects_any(&l->effects) && !from->value_count && !waits && !occurrence_any(l->occurrences))
		return;
	h = MEM_NEW(struct happening);
	h->effects = l->effects;
	h->now = clock_now();
	h->clock =
		clockwork_quality_at(l->clockwork, h->effects.count ? h->effects.transitions[0].at.mono_us : INT64_MAX);
	l->effects = (struct alarm_effects){ 0 };
	for (size_t i = 0; i < h->effects.count; i++) {
		const struct alarm_transition *t = &h->effects.transitions[i];

		if (!alarm_is_told(t))
			continue;
		tell(o, t);
		crier_note(l->crier, t->alarm.id);
		if (t->input == ALARM_IN_COMMENT)
			continue; /* a word among those who work here; nothing about the alarm has changed */
		pattern = message_of(o, ENVELOPE_ALARM, "alarm", t->at);
		pattern.quiet = receiver_is_about(&t->alarm);
		add_message(o, h, &pattern, alarm_payload(&t->alarm));
	}
	take_occurrences(o, h);
	copy_values(o, h, from);
	if (waits) {
		h->token = o->next_token++;
		add_waiter(o, &from->waiter, h->token);
	}
	submit_or_keep(o, h);
	crier_go(l->crier);
}

/* The head of the audit leaves the box with it: who cuts records off later is found out by whoever has kept it. */
static char *with_audit_head(const struct outflow *o, const char *payload)
{
	struct audit_head head = store_audit_head(o->live->store);
	struct str_buf text = { 0 };
	size_t len = strlen(payload);

	if (head.n == 0 || len < 3)
		return mem_strdup(payload);
	str_buf_add_len(&text, payload, len - 1);
	str_buf_printf(&text, ",\"audit\":{\"n\":%" PRIu64 ",\"hash\":\"%s\"}}", head.n, head.hash);
	return str_buf_take(&text);
}

void outflow_message(struct outflow *o, const char *kind, const char *payload)
{
	struct happening *h = MEM_NEW(struct happening);
	struct store_message pattern = message_of(o, ENVELOPE_DATA, kind, clock_now());
	bool carries = str_equal(kind, "health") || str_equal(kind, "summary");

	add_message(o, h, &pattern, carries ? with_audit_head(o, payload) : mem_strdup(payload));
	if (h->message_count)
		submit_or_keep(o, h);
	else
		happening_free(h);
}

void outflow_depart(struct outflow *o, const struct outflow_departure *d)
{
	struct happening *h = MEM_NEW(struct happening);
	struct store_message pattern = message_of(o, ENVELOPE_DATA, "summary", clock_now());
	struct waiter *w;

	for (size_t i = 0; i < d->payload_count; i++)
		add_message(o, h, &pattern, with_audit_head(o, d->payloads[i]));
	h->summaries = d->summary_count ? mem_dup(d->summaries, d->summary_count * sizeof(*d->summaries)) : NULL;
	h->summary_count = d->summary_count;
	for (size_t i = 0; i < h->summary_count; i++) {
		h->summaries[i].departed = happening_own_copy(h, d->summaries[i].departed);
		h->summaries[i].devices = happening_own_copy(h, d->summaries[i].devices);
	}
	h->now = clock_now();
	h->token = o->next_token++;
	w = add_waiter(o, &(struct outflow_waiter){ 0 }, h->token);
	w->done = d->done;
	w->context = d->context;
	submit_or_keep(o, h);
}

void outflow_audit(struct outflow *o, const struct store_audit *audit, struct api_pending *pending)
{
	outflow_visit(o, &(struct store_visit){ 0 }, &(struct outflow_record){ audit, pending });
}

static void submit_recorded(struct outflow *o, struct happening *h, const struct outflow_record *record)
{
	h->now = clock_now();
	h->clock = clockwork_quality_at(o->live->clockwork, h->now.mono_us);
	happening_audit(h, record->audit);
	if (record->pending) {
		h->token = o->next_token++;
		add_waiter(o, &(struct outflow_waiter){ .pending = record->pending }, h->token);
	}
	submit_or_keep(o, h);
}

void outflow_visit(struct outflow *o, const struct store_visit *visit, const struct outflow_record *record)
{
	struct happening *h = MEM_NEW(struct happening);

	happening_visit(h, visit);
	submit_recorded(o, h, record);
}

void outflow_accounts(struct outflow *o, const struct outflow_accounts *a, const struct outflow_record *record)
{
	struct happening *h = MEM_NEW(struct happening);

	h->accounts = mem_array(a->count, sizeof(*h->accounts));
	for (; h->account_count < a->count; h->account_count++)
		h->accounts[h->account_count] = (struct store_account){
			.kind = happening_own_copy(h, a->accounts[h->account_count].kind),
			.id = happening_own_copy(h, a->accounts[h->account_count].id),
			.body = happening_own_copy(h, a->accounts[h->account_count].body),
		};
	submit_recorded(o, h, record);
}

/* ---- answers ---- */

static void finish_waiter(struct outflow *o, uint64_t token, int error)
{
	for (struct waiter **at = &o->waiters; *at; at = &(*at)->next) {
		struct waiter *w = *at;

		if (w->token != token)
			continue;
		*at = w->next;
		if (!w->next)
			o->waiters_tail = at;
		if (w->pending)
			api_finish(w->pending, error,
				   error ? "the change is in force but could not be stored: check the disk" : NULL);
		if (w->source && w->id && error == 0)
			supervisor_stored(w->source, w->id);
		if (w->done)
			w->done(w->context, error);
		waiter_free(w);
		return;
	}
}

void outflow_committed(struct outflow *o, const struct store_done *done)
{
	if (done->token)
		finish_waiter(o, done->token, done->error);
}

void outflow_forget_source(struct outflow *o, const struct supervisor *s)
{
	for (struct waiter *w = o->waiters; w; w = w->next)
		if (w->source == s)
			w->source = NULL;
}

struct outflow_counters outflow_counters(const struct outflow *o)
{
	return o->counters;
}
