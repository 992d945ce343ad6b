#include "upstream/summary_times.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"

void summary_times_fini(struct summary_times *t)
{
	free(t->us);
	*t = (struct summary_times){ 0 };
}

void summary_times_add(struct summary_times *t, int64_t us)
{
	if (t->count == SUMMARY_TIMES_MAX)
		return;
	if (t->count == t->room) {
		t->room = MAX(t->room * 2, (size_t)16);
		t->us = mem_realloc(t->us, t->room, sizeof(*t->us));
	}
	t->us[t->count++] = us;
	t->sorted = false;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

const int64_t *summary_times_sorted(struct summary_times *t)
{
	if (!t->sorted && t->count)
		qsort(t->us, t->count, sizeof(*t->us), compare);
	t->sorted = true;
	return t->us;
}

bool summary_times_percentile(struct summary_times *t, unsigned percent, int64_t *ret_us)
{
	size_t rank = (t->count * percent + 99) / 100;

	if (t->count == 0)
		return false;
	*ret_us = summary_times_sorted(t)[rank - 1];
	return true;
}
