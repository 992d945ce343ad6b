#include "field/split.h"

#include <assert.h>
#include <string.h>

static struct plan_group *group_of(struct plan *p, const struct plan_request *r)
{
	return &p->groups[r->group];
}

static void remember(struct plan *p, const struct plan_request *r, int64_t now_us)
{
	struct plan_group *g = group_of(p, r);

	if (g->renew_us == 0)
		g->renew_us = now_us + SPLIT_KEEP_US;
}

/* The next step of the search: the middle between what is known good and what is known bad. */
static void ask_middle(struct plan_request *r)
{
	r->asked_end = r->good_end + (r->bad_end - r->good_end) / 2;
}

/* Cuts r before the cell at: r keeps the beginning, the rest becomes the request behind it and is asked at once. */
static void cut(struct plan *p, struct plan_request *r, uint32_t at, int64_t now_us)
{
	struct plan_group *g = group_of(p, r);
	size_t behind = g->request_count - (size_t)(r - plan_first_request(p, g)) - 1;

	assert(at > r->first && at < r->end && g->request_count < g->cell_count);
	memmove(r + 2, r + 1, behind * sizeof(*r));
	r[1] = (struct plan_request){ .group = r->group,
				      .first = at,
				      .end = r->end,
				      .asked_end = r->end,
				      .after_split = true,
				      .asked = r->asked,
				      .lost = r->lost,
				      .due_us = now_us };
	g->request_count++;
	r->end = r->asked_end = at;
	r->searching = r->after_split = false;
	r->class = 0; /* what made it urgent may be in the other part now */
}

static void refuse(struct plan *p, struct plan_request *r, int64_t now_us)
{
	if (r->end > r->first + 1)
		cut(p, r, r->first + 1, now_us);
	r->searching = r->after_split = false;
	r->asked_end = r->end;
	r->refused = true;
}

bool split_refused(struct plan *p, struct plan_request *r, int64_t now_us)
{
	remember(p, r, now_us);
	if (r->asked_end == r->first + 1) {
		refuse(p, r, now_us);
		return true;
	}
	if (!r->searching) {
		r->searching = true;
		r->good_end = r->first;
	}
	r->bad_end = r->asked_end;
	if (r->bad_end == r->good_end + 1) {
		cut(p, r, r->good_end, now_us);
		return false;
	}
	ask_middle(r);
	/* Where the last search ended, the first value is the likeliest to be the illegal one. */
	if (r->after_split)
		r->asked_end = r->first + 1;
	r->after_split = false;
	return false;
}

bool split_answered(struct plan *p, struct plan_request *r, int64_t now_us)
{
	struct plan_group *g = group_of(p, r);

	if (r->refused) {
		r->refused = false;
		g->renew_us = now_us + SPLIT_AGAIN_US;
	}
	r->after_split = false;
	if (!r->searching)
		return false;
	r->good_end = r->asked_end;
	if (r->bad_end == r->good_end + 1 && r->good_end < r->end) {
		cut(p, r, r->good_end, now_us);
		return false;
	}
	ask_middle(r);
	return true;
}

int64_t split_renew(struct plan *p, int64_t now_us)
{
	int64_t next_us = INT64_MAX;

	for (size_t i = 0; i < p->group_count; i++) {
		struct plan_group *g = &p->groups[i];

		if (g->renew_us == 0)
			continue;
		if (g->renew_us <= now_us)
			plan_group_requests(p, g, now_us);
		else
			next_us = MIN(next_us, g->renew_us);
	}
	return next_us;
}
