#include "care/powered.h"

#include "base/str.h"
#include "base/util.h"

#define DEVICES (1U << RESIDENT_OXYGEN | 1U << RESIDENT_AIR_MATTRESS | 1U << RESIDENT_CARE_BED)

bool powered_needs(const struct resident *r)
{
	return r->needs & DEVICES;
}

bool powered_reads(const char *point)
{
	return str_equal(point, "mains") || str_equal(point, "battery");
}

struct powered_supply powered_supply_of(const struct point_table *t, const struct device *d)
{
	const struct point *mains = point_of(t, d, "mains"), *battery = point_of(t, d, "battery");
	struct powered_supply s = { .mains = POWERED_UNKNOWN, .battery = -1 };

	if (mains && mains->quality == QUALITY_GOOD && mains->value.type != VALUE_NONE)
		s.mains = value_true(&mains->value) ? POWERED_ON : POWERED_OUT;
	if (battery && battery->quality == QUALITY_GOOD && battery->value.type == VALUE_NUMBER)
		s.battery = battery->value.number;
	return s;
}

void powered_join(struct powered_supply *s, const struct powered_supply *more)
{
	if (more->mains == POWERED_OUT || s->mains == POWERED_UNKNOWN)
		s->mains = more->mains;
	if (more->battery >= 0 && (s->battery < 0 || more->battery < s->battery))
		s->battery = more->battery;
}

void powered_say(unsigned needs, const struct powered_supply *s, struct str_buf *zh, struct str_buf *en)
{
	bool any = false;

	for (unsigned i = 0; i < RESIDENT_NEEDS; i++) {
		if (!(needs & DEVICES & 1U << i))
			continue;
		str_buf_printf(zh, "%s%s", any ? "、" : "", resident_need_words[i].zh);
		str_buf_printf(en, "%s%s", any ? ", " : "", resident_need_words[i].en);
		any = true;
	}
	str_buf_add(zh, "没有市电");
	str_buf_add(en, " without mains");
	if (s->battery >= 0) {
		str_buf_printf(zh, "，后备电池剩余%.0f%%", s->battery);
		str_buf_printf(en, ", %.0f %% of the battery left", s->battery);
	}
}
