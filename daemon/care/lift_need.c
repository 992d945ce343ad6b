#include "care/lift_need.h"

#include "base/str.h"

#define NEED(n)     (1U << RESIDENT_##n)
#define WALKS_BADLY (1U << RESIDENT_DISABLED | 1U << RESIDENT_SEVERE_DISABILITY)

enum lift_need_result lift_need_judge(const struct lift_need_lifts *l)
{
	bool unknown = !l->count;

	for (size_t i = 0; i < l->count; i++) {
		if (l->states[i] == LIFTS_WORKS)
			return LIFT_NEED_NO;
		unknown = unknown || l->states[i] == LIFTS_UNKNOWN;
	}
	return unknown ? LIFT_NEED_UNKNOWN : LIFT_NEED_YES;
}

bool lift_need_needs(const struct resident *r)
{
	return r->needs || r->categories & WALKS_BADLY;
}

/* Who cannot wait comes first: dialysis has its hour, oxygen runs out. */
static int rank_of(const struct roll_row *row)
{
	const struct resident *r = row->resident;

	if (row->dialysis_today)
		return 0;
	if (r->needs & NEED(OXYGEN))
		return 1;
	return r->needs & NEED(MOBILITY) || r->categories & WALKS_BADLY ? 2 : 3;
}

void lift_need_list(const struct roll_source *s, const char *stair, struct roll *ret_roll)
{
	char own[PLACE_PATH_MAX];

	for (size_t i = 0; i < s->tenants->count; i++) {
		const struct resident *r = &s->tenants->all[i];
		struct roll_row row;

		if (!lift_need_needs(r) || !str_equal(stair_of(&s->places, r->place, own), stair))
			continue;
		row = roll_row_of(s, r);
		row.rank = rank_of(&row);
		row.far = -row.floor;
		if (row.floor >= LIFT_NEED_FLOOR && !row.planned)
			roll_add(ret_roll, &row);
	}
	roll_sort(ret_roll);
}

bool lift_need_is_pressing(const struct roll *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].dialysis_today || r->rows[i].visit_today)
			return true;
	return false;
}

/* How they are, each way once. */
static void say_states(const struct lift_need_lifts *l, struct str_buf *zh, struct str_buf *en)
{
	bool said[LIFTS_STATES] = { false };

	for (size_t i = 0; i < l->count; i++) {
		if (said[l->states[i]])
			continue;
		said[l->states[i]] = true;
		str_buf_printf(zh, "%s%s", i ? "、" : "", lifts_zh(l->states[i]));
		str_buf_printf(en, "%s%s", i ? ", " : "", lifts_en(l->states[i]));
	}
}

void lift_need_say(const struct lift_need_lifts *l, const struct roll *r, struct str_buf *zh, struct str_buf *en)
{
	size_t homes = roll_homes(r);

	str_buf_printf(zh, "%zu部电梯全部不能用（", l->count);
	str_buf_printf(en, "no lift of %zu can be taken (", l->count);
	say_states(l, zh, en);
	str_buf_printf(zh, "）；%zu户有人离不开电梯：", homes);
	str_buf_printf(en, "); %zu home%s where somebody needs one: ", homes, homes == 1 ? "" : "s");
	roll_say(r, "、", zh);
	roll_say(r, ", ", en);
	if (lift_need_is_pressing(r)) {
		str_buf_add(zh, "；今天有透析或巡访的安排");
		str_buf_add(en, "; dialysis or a visit is due today");
	}
}
