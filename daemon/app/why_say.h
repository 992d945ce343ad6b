/* why_say.h: why a point is as it is, in one plain sentence of two languages. Pure but for the zone of its times. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "field/cause.h"
#include "field/trouble.h"

enum why_code {
	WHY_GOOD,
	WHY_NO_SOURCE,   /* neither bus nor plugin */
	WHY_NO_REGISTER, /* its profile gives it no place on the bus */
	WHY_NO_THREAD,   /* the bus's thread did not start */
	WHY_STUCK,       /* it does not answer */
	WHY_PAUSED,      /* the bus was handed to somebody */
	WHY_CONNECTING,
	WHY_BUS_DOWN,
	WHY_UNIT_SILENT,
	WHY_REQUEST_SILENT, /* of a unit that answers others */
	WHY_REFUSED,        /* illegal address, learned */
	WHY_TOO_WIDE,
	WHY_EXCEPTION,
	WHY_SECOND,      /* a change that awaits its second reading */
	WHY_UNCONFIRMED, /* which did not confirm it */
	WHY_MARKER,
	WHY_NO_NUMBER, /* NaN, a BCD digit above 9, a text that is none */
	WHY_RANGE,
	WHY_RATE,
	WHY_DOUBTED, /* one of these two, of a plugin's device: what came is not kept */
	WHY_STALE,
	WHY_STALE_DEVICE,
	WHY_NOT_ASKED,
	WHY_NEVER, /* a plugin's device that has not reported */
	WHY_PLUGIN_DOWN,
	WHY_PLUGIN_FAULT,
	WHY_SENSOR, /* the plugin's own word: its device is away */
	WHY_LOST,
	WHY_CODES
};

/* A piece of a sentence in both languages. */
struct why_words {
	char en[256], zh[256];
};

enum why_fact { WHY_AGE, WHY_SINCE, WHY_NEXT, WHY_WHAT, WHY_UNIT, WHY_TEXT, WHY_HINT, WHY_VALUE, WHY_FACTS };

struct why_reason {
	enum why_code code;
	struct why_words facts[WHY_FACTS];
};

const char *why_say_code(enum why_code code); /* "bus-down" */
/* The sentence; appended. */
void why_say(const struct why_reason *r, struct str_buf *en, struct str_buf *zh);

void why_say_fact(struct why_reason *r, enum why_fact fact, const char *same); /* the same in both */
void why_say_age(struct why_words *to, int64_t us);                            /* "26 min" */
void why_say_moment(struct why_words *to, int64_t wall_us);                    /* "02:14:00", "2026-11-22 02:14:00" */
void why_say_cause(struct why_words *to, enum cause c);                        /* what it is, and what to do */
void why_say_exception(struct why_words *to, uint8_t code);
void why_say_trouble(struct why_words *ret_text, struct why_words *ret_hint, const struct trouble *t,
		     const struct bus *bus);
