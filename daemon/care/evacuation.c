#include "care/evacuation.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define CATEGORY(c) (1U << RESIDENT_##c)
#define NEED(n)     (1U << RESIDENT_##n)
#define FIRST       (CATEGORY(DISABLED) | CATEGORY(DEMENTIA) | CATEGORY(SEVERE_DISABILITY))
#define FLOOR_MOST  200
#define CELLARS     3

/* ---- where ---- */

static bool follows(const char *zone, const char *at, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(at - zone) >= len && !memcmp(at - len, word, len);
}

/* "B2F", "负2层", "-2F"; but "B3-17F" and "3栋-17层" have a hyphen before the floor. */
static bool is_below_ground(const char *zone, const char *at, int floor)
{
	if (follows(zone, at, "B") || follows(zone, at, "负") || follows(zone, at, "地下"))
		return true;
	return follows(zone, at, "-") && floor <= CELLARS &&
	       (at - zone == 1 || at[-2] == ' ' || (unsigned char)at[-2] >= 0x80);
}

static bool is_marked(const char *zone, const char *at, size_t len)
{
	static const char *const behind[] = { "层", "楼", "F", "f", "/F" };
	static const char *const before[] = { "F", "f", "Floor ", "floor " };

	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		if (str_starts(at + len, behind[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if (follows(zone, at, before[i]))
			return true;
	return false;
}

int evacuation_floor_of(const char *zone)
{
	for (const char *at = zone; *at; at++) {
		size_t len = strspn(at, "0123456789");
		int floor = 0;

		for (size_t i = 0; i < MIN(len, (size_t)4); i++)
			floor = floor * 10 + (at[i] - '0');
		if (len && floor < FLOOR_MOST && is_marked(zone, at, len) && !is_below_ground(zone, at, floor))
			return floor;
		at += len ? len - 1 : 0;
	}
	return 0;
}

static void add_floor(struct evacuation_fire *f, int floor)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->floors[i] == floor)
			return;
	if (floor && f->count < EVACUATION_FLOORS)
		f->floors[f->count++] = floor;
}

static bool is_fire(const struct point_table *t, const struct alarm *a, const struct point **ret_zone)
{
	static const char *const detectors[] = { "smoke", "co", "gas" };
	const struct device *d = NULL;

	*ret_zone = NULL;
	for (size_t i = 0; i < a->reason.input_count && !d; i++) {
		const struct point *p = point_find(t, a->reason.inputs[i].point);

		d = p ? p->device : NULL;
	}
	if (!d || !d->class)
		return false;
	if (str_equal(d->class->id, "fire_panel")) {
		*ret_zone = point_of(t, d, "zone");
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
		if (str_equal(d->class->id, detectors[i]))
			return true;
	return false;
}

void evacuation_find(const struct evaluator *e, const struct point_table *t, const char *place,
		     struct evacuation_fire *ret_fire)
{
	const struct alarm *a;

	*ret_fire = (struct evacuation_fire){ .count = 0 };
	snprintf(ret_fire->building, sizeof(ret_fire->building), "%.*s", (int)place_first_len(place), place);
	for (size_t position = 0; (a = evaluator_next(e, &position));) {
		const struct point *zone;

		if (!a->active || a->test || !a->life_safety || !place_contains(ret_fire->building, a->place) ||
		    !is_fire(t, a, &zone))
			continue;
		add_floor(ret_fire, place_floor(a->place));
		if (zone && zone->quality == QUALITY_GOOD && zone->value.type == VALUE_TEXT)
			add_floor(ret_fire, evacuation_floor_of(zone->value.text));
	}
}

/* ---- who ---- */

static bool is_fetched(const struct resident *r)
{
	return r->categories & (FIRST | CATEGORY(AGED)) || r->needs;
}

static int rank_of(const struct resident *r)
{
	if (r->categories & FIRST)
		return 0;
	return r->needs & (NEED(MOBILITY) | NEED(OXYGEN) | NEED(CARE_BED) | NEED(AIR_MATTRESS)) ? 1 : 2;
}

/* Floors in the order in which they are cleared: that of the fire 0, above 1, below 2, the higher ones, then the lower ones. */
static int turn_of(int floor, const struct evacuation_fire *fire)
{
	int best = FLOOR_MOST * 4;

	for (size_t i = 0; i < fire->count; i++) {
		int by = floor - fire->floors[i], turn;

		if (by >= 0)
			turn = by <= 1 ? by : by + 2;
		else
			turn = by == -1 ? 2 : FLOOR_MOST - by;
		best = MIN(best, turn);
	}
	return fire->count ? best : FLOOR_MOST - floor; /* nobody knows where: smoke rises */
}

void evacuation_list(const struct roll_source *s, const struct evacuation_fire *fire, struct roll *ret_roll)
{
	for (size_t i = 0; i < s->tenants->count; i++) {
		const struct resident *r = &s->tenants->all[i];
		struct roll_row row;

		if (!is_fetched(r) || !place_contains(fire->building, r->place))
			continue;
		row = roll_row_of(s, r);
		row.band = turn_of(row.floor, fire);
		row.rank = rank_of(r);
		roll_add(ret_roll, &row);
	}
	roll_sort(ret_roll);
}

/* ---- in words ---- */

static bool is_near(int floor, const struct evacuation_fire *fire)
{
	for (size_t i = 0; i < fire->count; i++)
		if (floor - fire->floors[i] >= -1 && floor - fire->floors[i] <= 1)
			return true;
	return false;
}

static void say_floors(const struct evacuation_fire *fire, struct str_buf *zh, struct str_buf *en)
{
	struct evacuation_fire said = { .count = 0 };
	static const int steps[] = { 0, 1, -1 };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		for (size_t k = 0; k < fire->count; k++)
			add_floor(&said, fire->floors[k] + steps[i]);
	for (size_t i = 0; i < said.count; i++) {
		str_buf_printf(zh, "%s%d", i ? "、" : "", said.floors[i]);
		str_buf_printf(en, "%s%d", i ? ", " : "", said.floors[i]);
	}
}

void evacuation_say(const struct evacuation_fire *fire, const struct roll *r, struct str_buf *zh, struct str_buf *en)
{
	size_t homes = roll_homes(r), near = 0;
	struct roll close = { .count = 0 };

	for (size_t i = 0; i < r->count; i++)
		if (is_near(r->rows[i].floor, fire))
			roll_add(&close, &r->rows[i]);
	near = roll_homes(&close);
	roll_fini(&close);
	str_buf_printf(zh, "；疏散名单%zu户", homes);
	str_buf_printf(en, "; %zu home%s on the evacuation list", homes, homes == 1 ? "" : "s");
	if (!fire->count)
		return;
	str_buf_add(zh, "，先到");
	str_buf_add(en, ", first floors ");
	say_floors(fire, zh, en);
	str_buf_printf(zh, "层（%zu户）", near);
	str_buf_printf(en, " (%zu)", near);
}
