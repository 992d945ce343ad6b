#include "base/storm.h"

#include "base/util.h"

#define REMIND_EVERY (10 * MINUTE)

enum storm_verdict storm_take(struct storm *s, const struct storm_limits *limits, int64_t now_us)
{
	int64_t full_us = now_us + limits->burst * limits->every_us;
	int64_t paid_until_us = MAX(s->paid_until_us, now_us) + limits->every_us;

	s->paid_until_us = MIN(paid_until_us, full_us);
	if (!s->on) {
		if (paid_until_us <= full_us)
			return STORM_SAY;
		*s = (struct storm){ .paid_until_us = s->paid_until_us,
				     .on = true,
				     .since_us = now_us,
				     .last_us = now_us,
				     .said_us = now_us };
		return STORM_BEGINS;
	}
	s->last_us = now_us;
	if (now_us - s->said_us >= REMIND_EVERY) {
		s->said_us = now_us;
		return STORM_GOES_ON;
	}
	s->left_out++;
	return STORM_SILENT;
}

bool storm_over(struct storm *s, const struct storm_limits *limits, int64_t now_us)
{
	if (!s->on || s->paid_until_us - now_us > limits->burst * limits->every_us / 2)
		return false;
	s->on = false;
	return true;
}
