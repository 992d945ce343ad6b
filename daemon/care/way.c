#include "care/way.h"

#include "base/str.h"

/* ---- lifts ---- */

struct lifts_seen {
	size_t count, out, unknown;
	struct str_buf zh, en; /* of each: "1号梯停用" */
};

static void see(const struct way_source *s, const struct device *d, struct lifts_seen *l)
{
	enum lifts_state state = lifts_state_of(s->points, d);
	const struct point *floor = point_of(s->points, d, "floor");

	str_buf_printf(&l->zh, "%s%s%s", l->count ? "，" : "", d->name, lifts_zh(state));
	str_buf_printf(&l->en, "%s%s %s", l->count ? ", " : "", d->name, lifts_en(state));
	if (state == LIFTS_WORKS && floor && floor->quality == QUALITY_GOOD && floor->value.type == VALUE_NUMBER) {
		str_buf_printf(&l->zh, "（在%.0f层）", floor->value.number);
		str_buf_printf(&l->en, " (at floor %.0f)", floor->value.number);
	}
	l->count++;
	l->out += lifts_is_out(state);
	l->unknown += state == LIFTS_UNKNOWN;
}

static void say_lifts(const struct lifts_seen *l, struct str_buf *zh, struct str_buf *en)
{
	bool stairs = l->out == l->count, doubt = !stairs && l->out + l->unknown == l->count;

	str_buf_printf(zh, "；%s%s", stairs ? "走楼梯：" : doubt ? "电梯状态不明，准备走楼梯：" : "", l->zh.text);
	str_buf_printf(en, "; %s%s",
		       stairs  ? "take the stairs: "
		       : doubt ? "be ready to take the stairs: "
			       : "",
		       l->en.text);
}

/* ---- doors ---- */

static bool says(const struct way_source *s, const struct device *d, const char *name)
{
	const struct point *p = point_of(s->points, d, name);

	return p && p->quality == QUALITY_GOOD && p->value.type == VALUE_BOOL && p->value.boolean;
}

static bool is_known(const struct way_source *s, const struct device *d, const char *name)
{
	const struct point *p = point_of(s->points, d, name);

	return p && p->quality == QUALITY_GOOD && p->value.type != VALUE_NONE;
}

static void say_door(const struct way_source *s, const struct device *d, struct str_buf *zh, struct str_buf *en)
{
	if (says(s, d, "fire_release")) {
		str_buf_printf(zh, "；%s已由消防释放", d->name);
		str_buf_printf(en, "; %s released by the fire panel", d->name);
	} else if (says(s, d, "open")) {
		str_buf_printf(zh, "；%s开着", d->name);
		str_buf_printf(en, "; %s is open", d->name);
	} else if (is_known(s, d, "open")) {
		str_buf_printf(zh, "；%s关着，带卡或远程开门", d->name);
		str_buf_printf(en, "; %s is shut: bring a card, or release it", d->name);
	}
}

void way_say(const struct way_source *s, const char *place, struct str_buf *zh, struct str_buf *en)
{
	struct lifts_seen lifts = { .count = 0 };

	for (size_t i = 0; i < s->devices.count; i++) {
		const struct device *d = &s->devices.devices[i];

		if (d->class && str_equal(d->class->id, "lift") && stair_serves(&s->places, d->place, place))
			see(s, d, &lifts);
	}
	if (lifts.count)
		say_lifts(&lifts, zh, en);
	for (size_t i = 0; i < s->devices.count; i++) {
		const struct device *d = &s->devices.devices[i];

		if (d->class && str_equal(d->class->id, "door") && place_contains(d->place, place))
			say_door(s, d, zh, en);
	}
	str_buf_fini(&lifts.zh);
	str_buf_fini(&lifts.en);
}
