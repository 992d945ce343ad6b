#include "care/lone_door.h"

#include "base/str.h"

void lone_door_list(const struct roll_source *s, const char *at, struct roll *ret_roll)
{
	for (size_t i = 0; i < s->tenants->count; i++) {
		const struct resident *r = &s->tenants->all[i];
		struct roll_row row;

		if (!(r->categories & 1U << RESIDENT_LIVES_ALONE) || !stair_serves(&s->places, at, r->place))
			continue;
		row = roll_row_of(s, r);
		if (!row.planned && row.night && roll_mode(&row) != HOME_AWAY)
			roll_add(ret_roll, &row);
	}
	roll_sort(ret_roll);
}

void lone_door_say(const struct roll *r, struct str_buf *zh, struct str_buf *en)
{
	size_t homes = roll_homes(r);

	str_buf_printf(zh, "%zu户独居住户可能在家：", homes);
	str_buf_printf(en, "%zu home%s where somebody alone may be in: ", homes, homes == 1 ? "" : "s");
	roll_say(r, "、", zh);
	roll_say(r, ", ", en);
}
