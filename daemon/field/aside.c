#include "field/aside.h"

#define EXCEPTION_UNKNOWN UINT8_MAX /* of a frame that is no right exception */

void aside_park(struct aside *a, const struct plan *p, const struct plan_request *r, const struct exchange_result *x)
{
	*a = (struct aside){ .parked = true,
			     .asked = plan_frame(p, r),
			     .transaction = x->transaction,
			     .first = r->first,
			     .asked_end = r->asked_end,
			     .group = r->group,
			     .fault = x->fault,
			     .shorter = x->shorter,
			     .started_us = x->started_us,
			     .until_us = x->started_us,
			     .spent_us = x->took_us };
}

bool aside_is(const struct aside *a, const struct answer_frame *f)
{
	if (!a->parked || f->fault == ANSWER_FAULT_PROTOCOL || f->transaction != a->transaction ||
	    f->unit != a->asked.unit || f->function != a->asked.function)
		return false;
	if (f->exception)
		return f->exception != EXCEPTION_UNKNOWN;
	return f->data && f->len == frame_answer_bytes(a->asked.function, a->asked.count);
}

struct plan_request *aside_find(const struct aside *a, const struct plan *p)
{
	struct plan_request *r;

	if (a->group >= p->group_count)
		return NULL;
	r = plan_first_request(p, &p->groups[a->group]);
	for (uint32_t k = 0; k < p->groups[a->group].request_count; k++)
		if (r[k].first == a->first && r[k].asked_end == a->asked_end)
			return &r[k];
	return NULL;
}

struct exchange_result aside_result(const struct aside *a, const struct answer_frame *f, int64_t now_us)
{
	struct exchange_result x = { .end = EXCHANGE_SILENT,
				     .fault = a->fault,
				     .shorter = a->shorter,
				     .transaction = a->transaction,
				     .started_us = a->started_us,
				     .took_us = a->spent_us };

	if (!f)
		return x;
	x.end = f->exception ? EXCHANGE_REFUSED : EXCHANGE_ANSWERED;
	x.frame = *f;
	x.took_us = now_us - a->started_us;
	return x;
}
