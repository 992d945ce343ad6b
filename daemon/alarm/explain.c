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
	return 0;
}

const char *explain_next_asset(const struct evaluator *e, const char *rule, size_t *position)
{
	const struct watcher *w;

	while ((w = evaluator_next_watcher(e, position)))
		if (str_equal(w->rule->id, rule))
			return w->device ? w->device->id : w->told->asset;
	return NULL;
}
