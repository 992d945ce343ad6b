/* home_view.h: what the rules of one dwelling may know of each other. Filled by home.c before each call; lent for it. */
#pragma once

#include "care/concern.h"
#include "care/settings.h"
#include "care/sign.h"

enum home_mode { HOME_UNKNOWN, HOME_HOME, HOME_AWAY /* presumed */ };
static inline const char *home_view_mode_name(enum home_mode m)
{
	return m == HOME_HOME ? "home" : m == HOME_AWAY ? "away" : "unknown";
}

/* The last sign of some kind. at.mono_us 0: there was none. */
struct home_last {
	struct clock_now at;
	enum sign_room room;
	uint16_t device;
};

struct home_view {
	struct sign_moment now;
	enum home_mode mode;
	bool at_door;          /* mode is unknown: presumed away, then the door moved, nothing inside since */
	bool visited;          /* mode is unknown: a visitor was in, then the door moved, nothing inside since */
	int64_t mode_since_us; /* mono */
	struct clock_now mode_because;     /* the moment that it is about: the door closed, the sign came */
	unsigned welfare_stage;            /* of the quiet under way, as judged last */
	struct home_last inside;           /* last sign of life inside */
	struct home_last room[SIGN_ROOMS]; /* likewise, by room */
	struct home_last door;             /* last edge of the entrance */
	bool door_open;                    /* the entrance stands open; false where none is known */
	bool door_known;                   /* there is an entrance sensor, and it is well */
	bool door_awaited;                 /* there is one that has not said a word yet */
	int64_t blind_since_us;            /* mono: no sensor of the dwelling can be believed since then; 0: some can */
	bool misses; /* one of the sensors, the entrance's too, has been lost of late: quiet says less than it did */
	bool misses_newly;     /* since so short a time that what is quiet now is not what will be usual without it */
	unsigned missed_rooms; /* set, 1 << enum sign_room: rooms whose only sensors of people have been lost of late */
	unsigned healthy_motion; /* motion sensors and radars that can be believed */
	unsigned healthy_inside; /* sensors of any kind inside that can be believed */
	unsigned healthy_rooms;  /* set, 1 << enum sign_room: rooms with a sensor that can be believed */
	unsigned
		healthy_kinds; /* set, 1 << enum sign_kind: kinds with a sensor that can be believed; a meter without its
				     * supply (the pump stands) cannot */
	uint64_t healthy_devices; /* set, 1 << its index: sensors that can be believed */
	uint64_t missed_devices;  /* likewise: that have been lost of late, or are silent without a word */
	double loss;              /* share of what sensors inside said that was never heard, as far as can be told */
	bool planned_away;        /* nobody who is watched is expected in: a planned absence, the hospital */
	bool others_home;         /* who lives with the watched person is thought to be in */
	bool companion;           /* a companion's or staff card was shown at the door in the last minutes */
	const struct concern *concern;
	const struct settings *settings; /* of this dwelling: rule's and resident's */
};

/* Somebody is thought to be in, or it was perhaps only a visitor who left: silence counts. */
static inline bool home_view_counts(const struct home_view *v)
{
	return v->mode == HOME_HOME || v->visited;
}

/* Whether that sensor can be believed; one that there was no room for is. */
static inline bool home_view_believes(const struct home_view *v, uint16_t device)
{
	return device >= 64 || v->healthy_devices >> device & 1;
}
