#include "model/clockmap.h"

#include <string.h>

#include "base/str.h"
#include "base/util.h"

#define SAME (500 * MS) /* what is less apart was no step */

void clockmap_add(struct clockmap *m, const struct clockmap_row *row)
{
	if (m->count == CLOCKMAP_ROWS_MAX) {
		memmove(m->rows, m->rows + 1, (CLOCKMAP_ROWS_MAX - 1) * sizeof(*m->rows));
		m->count--;
	}
	m->rows[m->count++] = *row;
}

/* The better of two rows behind a stamp: quality first, then the nearer one (they come in order of time). */
static const struct clockmap_row *better_row(const struct clockmap_row *a, const struct clockmap_row *b)
{
	return a && a->quality >= b->quality ? a : b;
}

struct clockmap_stamp clockmap_mend(const struct clockmap *m, const struct clockmap_stamp *s)
{
	const struct clockmap_row *best = NULL;
	struct clockmap_stamp mended = *s;
	int64_t wall_us;

	for (size_t i = 0; s->boot[0] && i < m->count; i++)
		if (m->rows[i].quality > s->quality && m->rows[i].at.mono_us >= s->at.mono_us &&
		    str_equal(m->rows[i].boot, s->boot))
			best = better_row(best, &m->rows[i]);
	if (!best)
		return mended;
	wall_us = s->at.mono_us + (best->at.wall_us - best->at.mono_us);
	if (llabs(wall_us - s->at.wall_us) >= SAME)
		mended.at.wall_us = wall_us;
	mended.quality = best->quality;
	return mended;
}

struct clock_shifts clockmap_shifts(const struct clockmap *m, const struct clockmap_stamp *s)
{
	struct clockmap_stamp mended = clockmap_mend(m, s);
	struct clock_shifts shifts = { 0 };

	if (mended.at.wall_us == s->at.wall_us)
		return shifts;
	shifts.shifts[shifts.count++] = (struct clock_shift){
		.from_us = s->at.wall_us - s->at.mono_us, /* the boot */
		.to_us = s->at.wall_us,
		.by_us = mended.at.wall_us - s->at.wall_us,
	};
	return shifts;
}
