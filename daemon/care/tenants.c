#include "care/tenants.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void tenants_fini(struct tenants *r)
{
	for (size_t i = 0; i < r->count; i++)
		resident_fini(&r->all[i]);
	free(r->all);
	free(r->fresh);
	*r = (struct tenants){ .count = 0 };
}

static int compare(const struct resident *x, const struct resident *y)
{
	int places = strcmp(x->place, y->place);

	return places ? places : strcmp(x->id ? x->id : "", y->id ? y->id : "");
}

static int compare_rows(const void *a, const void *b)
{
	return compare(*(const struct resident *const *)a, *(const struct resident *const *)b);
}

/* The caller frees it. */
static const struct resident **in_order(const struct resident *rows, size_t count, size_t *ret_count)
{
	const struct resident **order = mem_array(count + 1, sizeof(*order));

	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (rows[i].place && rows[i].place[0])
			order[(*ret_count)++] = &rows[i];
	qsort(order, *ret_count, sizeof(*order), compare_rows);
	return order;
}

void tenants_set(struct tenants *r, const struct resident *rows, size_t count)
{
	struct tenants next = { .count = 0 };
	_cleanup_(freep) const struct resident **order = in_order(rows, count, &next.count);
	size_t before = 0;

	next.all = mem_array(next.count + 1, sizeof(*next.all));
	next.fresh = mem_array(next.count + 1, sizeof(*next.fresh));
	for (size_t i = 0; i < next.count; i++) {
		while (before < r->count && compare(&r->all[before], order[i]) < 0)
			before++;
		if (before < r->count && resident_same(&r->all[before], order[i])) {
			next.all[i] = r->all[before];
			r->all[before++] = (struct resident){ .place = NULL };
		} else {
			resident_copy(order[i], &next.all[i]);
			next.fresh[i] = true;
		}
	}
	tenants_fini(r);
	*r = next;
}

struct tenants_dwelling tenants_dwelling(const struct tenants *r, size_t first)
{
	struct tenants_dwelling d = { .residents = &r->all[first] };

	for (size_t i = first; i < r->count && str_equal(r->all[i].place, r->all[first].place); i++, d.count++)
		d.fresh = d.fresh || r->fresh[i];
	return d;
}
