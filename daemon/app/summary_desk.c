#include "app/summary_desk.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "app/staged.h"
#include "app/summary_job.h"
#include "base/mem.h"
#include "upstream/summary_range.h"

#define TOKENS     ((uint64_t)1 << 61) /* others wait for stagings too */
#define ASKING_MAX 2
#define BUDGET     (10 * S) /* then what is there is answered: whoever waits sees that it goes on */
#define NUMBERS    60000    /* the same: the loop prints an answer in one turn */

struct summary_desk {
	struct staged_desk desk;
};

struct ask {
	struct staged staged;
	struct summary_job *job; /* of the span in work */
	/* Of several days; columns NULL: it is of one span. */
	struct summary_range *columns;
	json_t *head;             /* the main thread's */
	char *scopes;             /* NULL: all */
	size_t days;              /* with the one in work */
	int64_t now_us, began_us; /* wall; monotonic */
	char next[CLOCK_ISO_MAX]; /* the day to go on with; "": that was all */
};

/* ---- on the reader thread ---- */

static void name_day(const struct summary_span *span, char day[CLOCK_ISO_MAX])
{
	clock_format_iso(span->from_us, day);
	day[strlen("2026-11-22")] = '\0';
}

/* A day is done. True: the next one is in work. */
static bool take_day(struct ask *a)
{
	_cleanup_(summary_job_freep) struct summary_job *done = steal(&a->job);
	struct summary_span next;
	char day[CLOCK_ISO_MAX];

	name_day(&done->span, day);
	summary_range_add(a->columns, day, done->rows, a->scopes);
	if (--a->days == 0)
		return false;
	next = summary_span_next(&done->span); /* it has begun: only the last one may not be over */
	if (clock_mono_us() - a->began_us > BUDGET || summary_range_numbers(a->columns) > NUMBERS) {
		name_day(&next, a->next);
		return false;
	}
	next.to_us = MIN(next.to_us, a->now_us);
	a->job = summary_job_next(done, &next);
	return true;
}

static void work(struct staged *s)
{
	struct ask *a = CONTAINER_OF(s, struct ask, staged);

	s->more = summary_job_step(a->job);
	s->error = a->job->error;
	if (!s->more && s->error < 0)
		str_buf_add(&s->why, str_buf_text(&a->job->why));
	else if (!s->more && a->columns)
		s->more = take_day(a);
}

/* ---- on the main thread ---- */

static json_t *answer(struct staged *s)
{
	struct ask *a = CONTAINER_OF(s, struct ask, staged);

	if (!a->columns)
		return steal(&a->job->rows);
	summary_range_show(a->columns, a->head);
	json_object_set_new(a->head, "next", a->next[0] ? json_string(a->next) : json_null());
	return steal(&a->head);
}

static void ask_free(struct staged *s)
{
	struct ask *a = CONTAINER_OF(s, struct ask, staged);

	summary_job_free(a->job);
	summary_range_free(a->columns);
	json_decref(a->head);
	free(a->scopes);
	free(a);
}

static const struct staged_kind kind = {
	.name = "summary answered",
	.max = ASKING_MAX,
	.first_token = TOKENS,
	.work = work,
	.answer = answer,
	.free = ask_free,
};

static void prepare_days(struct ask *a, const struct live *l, const struct api_summary *ask)
{
	a->job = summary_job_plain(l, &ask->span, ask->scope);
	a->columns = summary_range_new();
	a->head = json_incref(ask->head);
	a->scopes = mem_strdup(ask->scopes);
	a->days = ask->days;
	a->now_us = ask->now_us;
	a->began_us = clock_mono_us();
}

int summary_desk_ask(struct summary_desk *d, const struct api_summary *ask)
{
	struct live *l = d->desk.live;
	struct ask *a;

	if (staged_full(&d->desk))
		return -EBUSY;
	a = MEM_NEW(struct ask);
	if (ask->days)
		prepare_days(a, l, ask);
	else
		a->job = summary_job_new(l, &ask->span);
	staged_begin(&d->desk, &a->staged, ask->pending);
	staged_wait(&a->staged);
	return 0;
}

void summary_desk_staged(struct summary_desk *d, uint64_t token)
{
	staged_arrived(&d->desk, token);
}

struct summary_desk *summary_desk_new(struct live *l)
{
	struct summary_desk *d = MEM_NEW(struct summary_desk);

	staged_open(&d->desk, l, &kind);
	return d;
}

void summary_desk_free(struct summary_desk *d)
{
	if (!d)
		return;
	staged_close(&d->desk);
	free(d);
}
