#include "upstream/summary_due.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

void summary_due_fini(struct summary_due *d)
{
	free(d->all);
	*d = (struct summary_due){ 0 };
}

bool summary_due_add(struct summary_due *d, const struct summary_span *span)
{
	for (size_t i = d->first; i < d->first + d->count; i++)
		if (summary_span_same(&d->all[i], span))
			return true;
	if (d->count == SUMMARY_DUE_MAX)
		return false;
	if (d->first + d->count == d->room && d->first) {
		memmove(d->all, d->all + d->first, d->count * sizeof(*d->all));
		d->first = 0;
	}
	if (d->count == d->room) {
		d->room = MAX(2 * d->room, (size_t)64);
		d->all = mem_realloc(d->all, d->room, sizeof(*d->all));
	}
	d->all[d->first + d->count++] = *span;
	return true;
}

bool summary_due_take(struct summary_due *d, struct summary_span *ret_span)
{
	if (d->count == 0)
		return false;
	*ret_span = d->all[d->first++];
	if (--d->count == 0)
		summary_due_fini(d);
	return true;
}
