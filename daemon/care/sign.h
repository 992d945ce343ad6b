/* sign.h: what one sensor of a dwelling says of the people in it, and when. Pure; by value.
 *
 * All rules about people are fed with signs; none reads points, devices or clocks. A sign is an edge: something began (on) or
 * ended, or a figure was read. What a sensor says while its quality is not good is no sign. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/util.h"

enum sign_kind {
	SIGN_MOTION,    /* on: motion was seen */
	SIGN_CONTACT,   /* a door, cupboard, window; on: opened */
	SIGN_SEAT,      /* on: occupied */
	SIGN_BED,       /* on: occupied */
	SIGN_RADAR,     /* on: somebody is there */
	SIGN_APPLIANCE, /* on: it runs; value: W, where it says so */
	SIGN_WATER,     /* on: water flows; value: L/min, where it says so */
	SIGN_POWER,     /* the dwelling's electricity; value: W. On: clearly more than its base load */
	SIGN_BUTTON,    /* somebody pressed: a help button, a wearable, the intercom */
	SIGN_VITAL,     /* a figure of the body: see vital; value */
	SIGN_CARD, /* a staff card at the door of the dwelling or its unit: somebody comes. On: and does not live there */
	SIGN_HAZARD,  /* leak, gas, smoke, CO: see hazard; on: it is there. Says nothing of who is inside */
	SIGN_CLIMATE, /* value: degrees C inside. Likewise */
	SIGN_WATTS,   /* value: what an appliance uses now, which was on, or off, already. Likewise */
};
/* Which one a SIGN_HAZARD is. */
enum sign_hazard { SIGN_LEAK, SIGN_GAS, SIGN_SMOKE, SIGN_CO };

/* Which figure a SIGN_VITAL is. */
enum sign_vital { SIGN_HEART_RATE, SIGN_BREATHING_RATE, SIGN_SPO2, SIGN_WORN, SIGN_BATTERY, SIGN_POSTURE };

enum sign_room {
	SIGN_ROOM_OTHER, /* named, and none of these; or not named */
	SIGN_ROOM_BATHROOM,
	SIGN_ROOM_BEDROOM,
	SIGN_ROOM_KITCHEN,
	SIGN_ROOM_LIVING,
	SIGN_ROOM_HALL,
	SIGN_ROOM_OFFICE,
	SIGN_ROOM_DINING,
	SIGN_ROOM_ENTRANCE,
	SIGN_ROOMS,
};

/* A moment, as the rules need it. */
struct sign_moment {
	struct clock_now at; /* mono: for all lengths */
	int minute;          /* of the estate's day, 0..1439; -1: the clock cannot be believed */
	int32_t day;         /* of the estate, days since 1970-01-01; meaningless where minute is -1 */
	int weekday;         /* 0: Sunday */
};

/* When that minute of the estate's day begins next, later than now; mono. For a clock that is believed. */
static inline int64_t sign_until(const struct sign_moment *m, int minute)
{
	int64_t us = (minute - m->minute) * MINUTE - m->at.wall_us % MINUTE;

	return m->at.mono_us + (us <= 0 ? us + DAY : us);
}

#define SIGN_DEVICE_NONE UINT16_MAX

struct sign {
	enum sign_kind kind;
	enum sign_vital vital;
	enum sign_room room;
	bool entrance; /* the dwelling's own door: it says nothing of who is inside */
	bool on;
	double value;
	uint16_t device; /* index within the dwelling */
	enum sign_hazard hazard;
	uint8_t way; /* by which bus or plugin it comes, an index within the dwelling: those of one way fail together */
	struct sign_moment moment;
};

/* A sign that somebody is inside: anything that begins there, an opening or closing of anything but the entrance. */
bool sign_is_inside(const struct sign *s);

enum sign_room sign_room_parse(const char *room); /* a device's `room`; SIGN_ROOM_OTHER where it is none of them */
const char *sign_room_name(enum sign_room r);     /* "bathroom"; "" for SIGN_ROOM_OTHER */
const char *sign_room_zh(enum sign_room r);       /* "卫生间" */
/* All times of a struct are monotonic; a state that is restored on another boot is moved by so much. 0 (never) stays. */
static inline void sign_move(int64_t *mono_us, int64_t by_us)
{
	if (*mono_us)
		*mono_us += by_us;
}
