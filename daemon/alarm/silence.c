#include "alarm/silence.h"

#include "alarm/alarm_text.h"
#include "base/mem.h"
#include "base/util.h"

void silence_init(struct silence *s, struct device_list devices, const struct point_table *table)
{
	*s = (struct silence){ .table = table, .first = devices.devices };
	s->silent = mem_array(devices.count, sizeof(*s->silent));
}

void silence_fini(struct silence *s)
{
	free(s->silent);
	*s = (struct silence){ 0 };
}

static bool *flag_of(const struct silence *s, const struct device *d)
{
	return &s->silent[d - s->first];
}

bool silence_is(const struct silence *s, const struct device *d)
{
	return *flag_of(s, d);
}

void silence_restore(struct silence *s, const struct device *d)
{
	if (!d->bus)
		*flag_of(s, d) = true;
}

static bool any_good(const struct silence *s, const struct device *d)
{
	for (uint32_t i = d->first_point; i < d->first_point + d->profile->point_count; i++)
		if (s->table->points[i].quality == QUALITY_GOOD)
			return true;
	return false;
}

const struct device *silence_changed(struct silence *s, uint32_t point)
{
	const struct point *p = &s->table->points[point];
	const struct device *d = p->device;
	bool *silent = flag_of(s, d);

	if (d->bus)
		return NULL;
	if (*silent ? p->quality != QUALITY_GOOD : p->quality != QUALITY_STALE || any_good(s, d))
		return NULL;
	*silent = !*silent;
	return d;
}

void silence_why(const struct silence *s, const struct device *d, struct str_buf *zh, struct str_buf *en)
{
	int64_t longest_us = d->max_age_us;
	char text[STR_DURATION_MAX];

	for (uint32_t i = d->first_point; !d->max_age_us && i < d->first_point + d->profile->point_count; i++)
		longest_us = MAX(longest_us, s->table->points[i].spec->max_age_us);
	str_buf_add(zh, "超过 ");
	alarm_text_age(longest_us, ALARM_TEXT_ZH, zh);
	str_buf_add(zh, " 没有信号");
	str_buf_printf(en, "no sign of life for more than %s", str_from_duration(longest_us, text));
}
