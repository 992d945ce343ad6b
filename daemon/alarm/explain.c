#include "alarm/explain.h"

#include <errno.h>

#include "alarm/watcher.h"
#include "base/str.h"

static void explain_delay(const struct watcher *w, int64_t now_us, struct explain *x)
{
	x->waiting = w->hold.state == HOLD_WAITING;
	if (!x->waiting)
		return;
	x->stopped = w->hold.stopped;
	x->wait_us = w->active ? w->rule->off_for_us : w->rule->for_us;
	x->left_us = MAX(x->wait_us - (now_us - hold_since(&w->hold, now_us)), (int64_t)0);
}

/* They have no hysteresis, and events are no part of them. */
static void explain_beside(const struct expr_binding *b, int64_t now_us, struct explain_beside *x)
{
	struct expr_moment m = { .event_point = UINT32_MAX, .now_us = now_us };

	x->bound = b != NULL;
	x->result = EXPR_FALSE;
	x->said_count = 0;
	if (!b)
		return;
	x->result = expr_evaluate(b, &m);
	x->said_count = expr_explain(b, &m, x->said);
}

static void explain_rises(const struct watcher *w, int64_t now_us, struct explain *x)
{
	bool open = w->alarm && w->alarm->state != ALARM_NORMAL;

	x->priority = open ? w->alarm->priority : w->rule->priority;
	for (size_t i = 0; i < w->rule->rise_count; i++) {
		const struct rule_rise *rise = &w->rule->rises[i];
		struct explain_step *step = &x->steps[i];

		*step = (struct explain_step){ EXPLAIN_RISE_IDLE, 0 };
		if (!watcher_rise_runs(w))
			continue;
		step->left_us = MAX(w->opened_us + rise->after_us - now_us, (int64_t)0);
		step->state = x->priority <= rise->priority ? EXPLAIN_RISE_REACHED
			      : watcher_rise_counts(w)      ? EXPLAIN_RISE_WAITING
							    : EXPLAIN_RISE_HELD;
	}
}

int explain_watch(const struct evaluator *e, const char *rule, const char *asset, int64_t now_us, struct explain *ret)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };
	const struct watcher *w;

	str_buf_printf(&id, "%s/%s", rule, asset);
	w = evaluator_watcher(e, str_buf_text(&id));
	if (!w)
		return -ENOENT;
	ret->rule = w->rule;
	ret->alarm = w->alarm;
	ret->active = w->active;
	ret->pending = w->pending;
	ret->inputs = w->inputs;
	ret->input_count = w->input_count;
	ret->said_count = 0;
	ret->result = w->active ? EXPR_TRUE : EXPR_FALSE;
	if (w->binding) {
		struct expr_moment m = { .event_point = UINT32_MAX,
					 .margin = w->active ? w->rule->hysteresis : 0,
					 .now_us = now_us };

		ret->result = expr_evaluate(w->binding, &m);
		ret->said_count = expr_explain(w->binding, &m, ret->said);
	}
	explain_delay(w, now_us, ret);
	explain_rises(w, now_us, ret);
	ret->suppressed.text = w->rule->suppressed_when;
	ret->suppressed.holds = w->excuse && w->quiet;
	explain_beside(w->excuse, now_us, &ret->suppressed);
	ret->acked.text = w->rule->acked_when;
	ret->acked.holds = w->mirrored == EXPR_TRUE;
	explain_beside(w->mirror, now_us, &ret->acked);
	return 0;
}

void explain_count(const struct evaluator *e, struct explain_tally *tallies)
{
	struct evaluator_rules rules = evaluator_rules(e);
	const struct watcher *w;

	for (size_t position = 0; (w = evaluator_next_watcher(e, &position));) {
		struct explain_tally *t = &tallies[w->rule - rules.rules];

		t->watched++;
		t->open += w->alarm && w->alarm->state != ALARM_NORMAL;
	}
}

const char *explain_next_asset(const struct evaluator *e, const char *rule, size_t *position)
{
	const struct watcher *w;

	while ((w = evaluator_next_watcher(e, position)))
		if (str_equal(w->rule->id, rule))
			return w->device ? w->device->id : w->told->asset;
	return NULL;
}
