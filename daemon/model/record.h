/* record.h: what flows from the field and the plugins to the engine. By value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/value.h"

/* One new observation of one point. Where quality is not good, value may be VALUE_NONE: the old one stays. */
struct reading {
	uint32_t point;
	enum quality quality;
	bool test;
	struct value value;
	struct clock_now at; /* wall: when the source says it was; mono: when it reached us */
};
