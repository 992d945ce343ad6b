#include "app/heard.h"

#include "app/live.h"
#include "base/log.h"

/* What is not good has no value. When it became so, or good again with its old value, its source has not said: now. */
static void keep_sample(struct live *l, const struct point *p, unsigned change)
{
	struct reading r = { .point = point_index(engine_points(l->engine), p),
			     .quality = p->quality,
			     .test = p->test,
			     .at = { .mono_us = p->mono_us, .wall_us = p->at_us } };

	if (p->quality == QUALITY_GOOD)
		r.value = p->value;
	if (!(change & POINT_VALUE))
		r.at = clock_now();
	if (p->quality != QUALITY_GOOD && !(change & POINT_QUALITY))
		return;
	if (p->quality == QUALITY_GOOD && p->value.type == VALUE_NONE)
		return;
	if (p->quality == QUALITY_GOOD && point_is_event(p->spec) && !(change & POINT_VALUE))
		return; /* its device is back: what happened before has not happened again */
	store_submit_history(l->store, &r);
	summary_clock_sample(l->summaries, r.at.wall_us);
}

void heard_point(void *context, const struct point *p, unsigned change)
{
	struct live *l = context;

	if (change & (POINT_ROLLOVER | POINT_RESET))
		log_notice("%s: the counter began anew %s: now %.15g", p->name,
			   change & POINT_ROLLOVER ? "at the end of its span" : "before its end", p->value.number);
	if (l->api)
		api_point_changed(l->api, p);
	crier_point(l->crier, p, change);
	if ((change & POINT_VALUE) && p->fired && outflow_wants(l->outflow, ENVELOPE_DATA, "event"))
		occurrence_see(l->occurrences, p, clock_mono_us());
	keep_sample(l, p, change);
}
