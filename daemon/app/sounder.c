#include "app/sounder.h"

#include <errno.h>

#include "app/live.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"

#define TRIES       3 /* then a call has failed, and the next contact of the duty has it */
#define ON_AGAIN    S
#define OFF_AGAIN   (5 * S)
#define OFF_AT_MOST MINUTE
#define BUSY_MAX    (10 * S)
#define ANEW        MINUTE /* a relay that drops by itself is switched on again, but not all the time */

enum level { UNKNOWN, OFF, ON };

/* A message that waits for what comes of it. */
struct asked {
	uint64_t message;
	bool clear;
};

/* One point; several contacts may share it. */
struct output {
	char *point;
	enum level level, under_way; /* under_way UNKNOWN: nothing is */
	bool gone;                   /* not configured any more */
	int64_t next_us;             /* monotonic: not before */
	int64_t on_us;               /* monotonic: when it was switched on last */
	int64_t busy_us;             /* monotonic: since then its bus has no room for it; 0: it has */
	unsigned failures;           /* since it was as it should be */
	char *why;                   /* of the last one */
	struct asked *asked;
	size_t asked_count;
	struct complaint complaint;
};

struct sounder {
	struct live *live;
	struct sounder_calls calls;
	struct output **outputs;
	size_t count;
	bool waits; /* sounder_go has something new to see */
};

static struct output *find(const struct sounder *s, const char *point)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_equal(s->outputs[i]->point, point))
			return s->outputs[i];
	return NULL;
}

static void add(struct sounder *s, const char *point)
{
	struct output *o = MEM_NEW(struct output);

	o->point = mem_strdup(point);
	s->outputs = mem_realloc(s->outputs, s->count + 1, sizeof(struct output *));
	s->outputs[s->count++] = o;
}

void sounder_rebind(struct sounder *s)
{
	const struct conf *c = s->live->conf;

	for (size_t i = 0; i < s->count; i++)
		s->outputs[i]->gone = true;
	for (size_t i = 0; i < c->contact_count; i++) {
		const char *point = c->contacts[i].output;

		if (!point)
			continue;
		if (!find(s, point))
			add(s, point);
		find(s, point)->gone = false;
	}
}

struct sounder *sounder_new(struct live *l, const struct sounder_calls *calls)
{
	struct sounder *s = MEM_NEW(struct sounder);

	s->live = l;
	s->calls = *calls;
	sounder_rebind(s);
	return s;
}

static void output_free(struct output *o)
{
	free(o->point);
	free(o->why);
	free(o->asked);
	free(o);
}

void sounder_free(struct sounder *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		output_free(s->outputs[i]);
	free(s->outputs);
	free(s);
}

/* ---- what it should be ---- */

static bool needs(const struct ladder_run *r, const struct contact *c)
{
	if (r->state != LADDER_RUN_CLIMBING && !(r->state == LADDER_RUN_STOPPED && c->output_stays))
		return false;
	for (size_t i = 0; i < r->call_count; i++) {
		const struct ladder_call *call = &r->calls[i];

		if (!call->clear && call->made_us >= r->opened_us && str_equal(call->contact, c->id) &&
		    (call->state == LADDER_CALL_SENT || call->state == LADDER_CALL_DELIVERED))
			return true;
	}
	return false;
}

static bool mentions(const struct ladder_run *r, const struct contact *c)
{
	for (size_t i = 0; i < r->call_count; i++)
		if (str_equal(r->calls[i].contact, c->id))
			return true;
	return false;
}

/* UNKNOWN: as it is. What no alarm has to do with is not ours to switch: somebody may try it by hand. */
static enum level wanted(const struct sounder *s, const struct output *o, const struct ladder_book *b)
{
	const struct conf *conf = s->live->conf;
	bool mentioned = o->level == ON || o->failures || o->asked_count;
	const struct ladder_run *r;

	for (size_t i = 0; i < conf->contact_count; i++) {
		const struct contact *c = &conf->contacts[i];

		if (!str_equal(c->output, o->point))
			continue;
		for (size_t position = 0; (r = ladder_book_next(b, &position));) {
			if (needs(r, c))
				return ON;
			mentioned = mentioned || mentions(r, c);
		}
	}
	return mentioned ? OFF : UNKNOWN;
}

/* ---- answers ---- */

/* A call is answered when it is on, or cannot be; an all-clear when all is as it should be. */
static void answer_all(struct sounder *s, struct output *o, const struct ladder_answer *pattern)
{
	struct asked *asked = steal(&o->asked);
	size_t count = o->asked_count;

	o->asked_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct ladder_answer a = *pattern;

		a.message = asked[i].message;
		a.ok = a.ok && (asked[i].clear || o->level == ON);
		if (!a.ok && !a.text)
			a.text = "it was looked after before it could be switched on";
		s->calls.answer(s->calls.context, &a);
	}
	free(asked);
}

void sounder_tell(struct sounder *s, const struct ladder_message *m)
{
	struct output *o = find(s, m->contact->output);

	o->asked = mem_realloc(o->asked, o->asked_count + 1, sizeof(*o->asked));
	o->asked[o->asked_count++] = (struct asked){ m->id, m->clear };
	o->next_us = 0;
	o->failures = m->clear ? o->failures : 0; /* each call has its tries */
}

/* ---- switching ---- */

static void failed(struct output *o, const char *text)
{
	int64_t wait_us;

	o->level = UNKNOWN; /* it may have been done all the same */
	o->failures++;
	free(o->why);
	o->why = mem_strdup(text);
	complain(&o->complaint, "%s: cannot be switched: %s", o->point, text);
	wait_us = OFF_AGAIN << MIN(o->failures - MIN(o->failures, (unsigned)TRIES), 4u);
	o->next_us = clock_mono_us() + (o->failures < TRIES ? ON_AGAIN : MIN(wait_us, OFF_AT_MOST));
}

static void on_done(void *context, const char *point, int error, const char *text)
{
	struct sounder *s = context;
	struct output *o = find(s, point);
	enum level level;

	if (!o)
		return;
	s->waits = true;
	level = o->under_way;
	o->under_way = UNKNOWN;
	if (error < 0) {
		failed(o, text);
		return;
	}
	o->level = level;
	o->on_us = level == ON ? clock_mono_us() : o->on_us;
	o->failures = 0;
	complain_resolved(&o->complaint, "%s: can be switched again", o->point);
}

static void begin(struct sounder *s, struct output *o, enum level level)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct orders_switch w = { .point = o->point,
				   .reason = level == ON ? "an alarm" : "acknowledged, or over",
				   .on = level == ON,
				   .own = { .done = on_done, .context = s, .again = o->failures > 0 } };
	int64_t now_us = clock_mono_us();
	int r;

	o->under_way = level;
	r = orders_switch(s->live->orders, &w, &why);
	if (r == -EBUSY && !o->busy_us)
		o->busy_us = now_us;
	if (r == 0 || r != -EBUSY || now_us - o->busy_us >= BUSY_MAX)
		o->busy_us = 0;
	if (r == 0)
		return;
	o->under_way = UNKNOWN;
	if (!o->busy_us) /* else it has its turn when something else is done */
		failed(o, str_buf_text(&why));
}

/* Somebody has switched it off by hand, or its relay has lost its supply. */
static bool has_dropped(const struct sounder *s, const struct output *o)
{
	const struct point *p = point_find(engine_points(s->live->engine), o->point);

	return p && p->quality == QUALITY_GOOD && p->value.type == VALUE_BOOL && !p->value.boolean;
}

static void drive(struct sounder *s, struct output *o, const struct ladder_book *b)
{
	enum level level;

	if (o->failures >= TRIES)
		answer_all(s, o, &(struct ladder_answer){ .text = o->why });
	level = wanted(s, o, b);
	if (o->under_way != UNKNOWN || level == UNKNOWN)
		return;
	if (level == ON && o->level == ON && has_dropped(s, o)) {
		o->level = UNKNOWN;
		o->next_us = o->asked_count ? 0 : o->on_us + ANEW;
	}
	if (level == OFF && !o->failures)
		o->next_us = 0;
	if (level == o->level)
		answer_all(s, o, &(struct ladder_answer){ .ok = true });
	else if (o->next_us <= clock_mono_us())
		begin(s, o, level);
}

/* It may be on as long as a write has failed; what is no point any more nobody can switch. */
static bool is_over(const struct sounder *s, const struct output *o)
{
	if (!o->gone || o->under_way != UNKNOWN || o->level == ON)
		return false;
	return !o->failures || !point_find(engine_points(s->live->engine), o->point);
}

bool sounder_waits(const struct sounder *s)
{
	return s->waits;
}

void sounder_go(struct sounder *s, const struct ladder_book *b)
{
	s->waits = false;
	if (s->live->stopping)
		return; /* the next start does it */
	for (size_t i = 0; i < s->count;) {
		struct output *o = s->outputs[i];

		drive(s, o, b);
		if (is_over(s, o)) {
			output_free(o);
			s->outputs[i] = s->outputs[--s->count];
		} else {
			i++;
		}
	}
}
