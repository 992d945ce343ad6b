#include "care/roll.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "care/phrase.h"

void roll_fini(struct roll *r)
{
	free(r->rows);
	*r = (struct roll){ .count = 0 };
}

void roll_add(struct roll *r, const struct roll_row *row)
{
	if (r->count == r->room) {
		r->room = r->room ? r->room * 2 : 16;
		r->rows = mem_realloc(r->rows, r->room, sizeof(*r->rows));
	}
	r->rows[r->count++] = *row;
}

/* The last word is the resident's id: the same register gives the same list. */
static int compare(const void *a, const void *b)
{
	const struct roll_row *x = a, *y = b;
	int places;

	if (x->band != y->band)
		return x->band < y->band ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	places = strcmp(x->resident->place, y->resident->place);
	return places ? places : strcmp(x->resident->id ? x->resident->id : "", y->resident->id ? y->resident->id : "");
}

void roll_sort(struct roll *r)
{
	if (r->count)
		qsort(r->rows, r->count, sizeof(*r->rows), compare);
}

struct roll_row roll_row_of(const struct roll_source *s, const struct resident *r)
{
	struct roll_row row = {
		.resident = r,
		.home = care_find(s->care, r->place),
		.floor = r->floor ? r->floor : place_floor(r->place),
		.planned = resident_is_planned_away(r, s->now.at.wall_us),
		.dialysis_today = resident_has_dialysis(r, s->now.minute < 0 ? -1 : s->now.weekday),
	};

	if (row.home) {
		/* It was looked at when something happened there: the time is another now. */
		struct home_view view = { .now = s->now,
					  .concern = &row.home->concern,
					  .settings = &row.home->settings };

		row.visit_today = visit_is_today(&row.home->state.visit, &view);
		row.night = phrase_is_night(&view);
	}
	return row;
}

enum home_mode roll_mode(const struct roll_row *row)
{
	return row->home ? (enum home_mode)row->home->state.presence.mode : HOME_UNKNOWN;
}

static bool is_named(const struct roll *r, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (str_equal(r->rows[i].resident->place, r->rows[before].resident->place))
			return true;
	return false;
}

size_t roll_homes(const struct roll *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += !is_named(r, i);
	return count;
}

void roll_say(const struct roll *r, const char *comma, struct str_buf *to)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (is_named(r, i))
			continue;
		if (count == ROLL_NAMED) {
			str_buf_add(to, "…");
			return;
		}
		str_buf_printf(to, "%s%s", count++ ? comma : "", r->rows[i].resident->place);
	}
}
