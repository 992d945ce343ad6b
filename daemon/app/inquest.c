#include "app/inquest.h"

#include <errno.h>
#include <event2/event.h>

#include "app/lookup.h"
#include "app/live.h"
#include "app/why.h"
#include "base/mem.h"
#include "field/insight.h"

#define QUESTIONS_MAX 32
#define AGAIN_US      (50 * MS) /* a bus that has not taken in the newest configuration is asked again so often */

/* One question that waits. */
struct question {
	struct question *next;
	struct inquest *inquest;
	uint64_t id;
	struct api_look look; /* subject is ours */
	char *subject;
	struct event *timer;
	int64_t until_us;
	bool again; /* it was answered by a plan before the newest: ask once more */
};

struct inquest {
	struct live *live;
	struct question *questions;
	size_t count;
	uint64_t last_id;
};

static void on_timer(evutil_socket_t fd, short events, void *context);

struct inquest *inquest_new(struct live *l)
{
	struct inquest *q = MEM_NEW(struct inquest);

	q->live = l;
	return q;
}

/* Out of the list and gone; its pending request is the caller's business. */
static void question_end(struct question *question)
{
	struct inquest *q = question->inquest;

	for (struct question **at = &q->questions; *at; at = &(*at)->next)
		if (*at == question) {
			*at = question->next;
			q->count--;
			break;
		}
	event_free(question->timer);
	free(question->subject);
	free(question);
}

void inquest_free(struct inquest *q)
{
	if (!q)
		return;
	while (q->questions) {
		api_finish_json(q->questions->look.pending, 503, NULL); /* the API has ended: it is only freed */
		question_end(q->questions);
	}
	free(q);
}

/* ---- answering ---- */

static const struct bus *bus_of(const struct question *question)
{
	const struct conf *c = question->inquest->live->conf;
	const struct point *p;

	if (question->look.at != API_LOOK_WHY)
		return conf_find_bus(c, question->subject);
	p = point_find(engine_points(question->inquest->live->engine), question->subject);
	return p ? p->device->bus : NULL;
}

static struct worker *worker_of(const struct question *question)
{
	const struct live *l = question->inquest->live;
	const struct bus *bus = bus_of(question);

	return bus ? links_worker(l->links, (uint32_t)(bus - l->conf->buses)) : NULL;
}

/* told: NULL where the thread did not answer. */
static void answer(struct question *question, const struct insight *told)
{
	struct live *l = question->inquest->live;
	struct api_pending *pending = question->look.pending;
	struct lookup at = { .live = l,
			     .subject = question->subject,
			     .from = question->look.from,
			     .told = told,
			     .worker = worker_of(question),
			     .now = clock_now() };
	struct live_turn turn = live_begin(l, "question answered");
	json_t *body = NULL;

	switch (question->look.at) {
	case API_LOOK_WHY: body = why_json(&at); break;
	case API_LOOK_FRAMES: body = lookup_frames(&at); break;
	case API_LOOK_SHEET: body = lookup_sheet(&at); break;
	}
	question_end(question);
	if (body)
		api_finish_json(pending, 200, body);
	else
		api_finish_json(
			pending, 503,
			json_pack("{s:{s:i, s:s}}", "error", "status", 503, "text",
				  "its bus's thread does not answer, or it is gone with a reload: try again, and "
				  "look at the log"));
	live_end(&turn);
}

/* ---- asking ---- */

static void arm(struct question *question, int64_t after_us)
{
	event_add(question->timer, &(struct timeval){ .tv_sec = after_us / S, .tv_usec = after_us % S });
}

/* 0; else nobody will answer: there is no thread, or it is stuck. */
static int ask(struct question *question)
{
	static const enum insight_kind kinds[] = {
		[API_LOOK_WHY] = INSIGHT_POINT, [API_LOOK_FRAMES] = INSIGHT_TAPE, [API_LOOK_SHEET] = INSIGHT_REGISTERS
	};
	struct worker *w = worker_of(question);
	struct insight *i;

	question->again = false;
	if (!w)
		return -ENOENT;
	i = insight_new(kinds[question->look.at], question->id);
	lookup_aim(question->inquest->live, question->subject, question->look.from, i);
	return worker_ask(w, i);
}

static void on_timer(evutil_socket_t fd, short events, void *context)
{
	struct question *question = context;

	(void)fd;
	(void)events;
	if (clock_mono_us() >= question->until_us || (question->again && ask(question) < 0))
		answer(question, NULL);
	else
		arm(question, question->again ? AGAIN_US : question->until_us - clock_mono_us());
}

int inquest_look(struct inquest *q, const struct api_look *look)
{
	struct question *question;

	if (q->count == QUESTIONS_MAX)
		return -EBUSY;
	question = MEM_NEW(struct question);
	*question = (struct question){ .next = q->questions,
				       .inquest = q,
				       .id = ++q->last_id,
				       .look = *look,
				       .subject = mem_strdup(look->subject),
				       .timer = evtimer_new(q->live->base, on_timer, question),
				       .until_us = clock_mono_us() + INQUEST_LIMIT };
	q->questions = question;
	q->count++;
	if (!question->timer)
		abort();
	/* Where there is no thread to ask, what is known is all there is. */
	if (ask(question) < 0)
		answer(question, NULL);
	else
		arm(question, INQUEST_LIMIT);
	return 0;
}

void inquest_told(struct inquest *q, struct insight *told)
{
	_cleanup_(insight_freep) struct insight *insight = told;
	struct question *question = q->questions;

	while (question && question->id != insight->id)
		question = question->next;
	if (!question)
		return; /* it came too late */
	/* Points have other numbers in another configuration. */
	if (insight->kind != INSIGHT_TAPE && insight->generation != links_generation(q->live->links)) {
		question->again = true;
		arm(question, AGAIN_US);
		return;
	}
	answer(question, insight);
}
