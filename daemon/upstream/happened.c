#include "upstream/happened.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "upstream/alarm_json.h"

#define EACH (MINUTE / HAPPENED_PER_MINUTE)
#define MOST (HAPPENED_AT_ONCE * EACH)

bool happened_leaves(struct happened *h, int64_t now_us, uint64_t *ret_skipped)
{
	if (!h->at_us)
		h->allowed_us = MOST;
	else if (now_us > h->at_us)
		h->allowed_us = MIN(h->allowed_us + (now_us - h->at_us), MOST);
	h->at_us = now_us;
	if (h->allowed_us < EACH) {
		h->skipped++;
		return false;
	}
	h->allowed_us -= EACH;
	*ret_skipped = h->skipped;
	h->skipped = 0;
	return true;
}

bool happened_may_leave(const struct point *p)
{
	return point_is_event(p->spec) && !device_is_home(p->device);
}

static json_t *value_of(const struct point *p)
{
	bool of_somebody = str_equal(p->device->class->id, "door") || point_says_who(p->spec);

	return of_somebody ? json_true() : alarm_json_value(&p->value);
}

char *happened_payload(const struct point *p, uint64_t skipped)
{
	char iso[CLOCK_ISO_MAX], *text;
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "point", p->name, "device", p->device->id, "place",
				 p->device->place, "class", p->device->class->id, "value", value_of(p), "at",
				 clock_format_iso(p->at_us, iso));

	if (p->test)
		json_object_set_new(json, "test", json_true());
	if (skipped)
		json_object_set_new(json, "skipped", json_integer((json_int_t)skipped));
	text = alarm_json_text(json);
	json_decref(json);
	return text;
}
