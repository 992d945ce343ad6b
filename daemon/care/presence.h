/* presence.h: whether somebody is thought to be in. Pure; a flat block within the dwelling's; never logs.
 *
 *            something inside                       the entrance closed, then nothing inside for away_after
 *   UNKNOWN ------------------> HOME ------------------------------------------------> AWAY (presumed)
 *      ^                         ^ |  a planned absence, and nothing inside               |
 *      |                         | +----------------------------------------------------> |
 *      |                         +---- the door and then something inside (two things, --+
 *      |                               where it was long ago); three things inside of two sensors
 *      |                               in ten minutes, or eight in a row; something
 *      |                               occupied, or water that runs, for two minutes
 *      +--- from both, while no sensor can be believed; then as before
 *      +--- from AWAY: the door moved, then nothing inside for 90 minutes. What brings somebody back is as from AWAY
 *
 * A radar that sees somebody while one who lives alone is noticed elsewhere again and again has lost the end, and does not count.
 * Who is in when a planned absence begins at night is thought to sleep: they have left once the door moved, or a day later; where
 * there is no door that can be believed, in the morning.
 * Where the closing is not heard, the door stands open: one who was in, went to it and is not noticed for long has left too.
 * Where a visitor is in (guest.h), it may be them who left: then nobody knows, and silence counts as if somebody were in; where who lives
 * there was presumed away when they came, and they stayed for a while, it is as where the door moved and nobody was noticed.
 * Without an entrance that can be believed nobody is ever presumed away but by a plan. A plan is over for who came back before its end.
 * One thing inside of an empty dwelling is a ghost: motion sensors have them. */
#pragma once

#include "care/home_view.h"

#define PRESENCE_BACK_EVENTS 3
#define PRESENCE_LASTING     8           /* beds, chairs, radars, meters whose state is followed */
#define PRESENCE_STUCK_AFTER (24 * HOUR) /* what is occupied for so long is a sensor that hangs */

enum presence_why {
	PRESENCE_NOTHING, /* nothing was heard yet */
	PRESENCE_INSIDE,  /* something inside */
	PRESENCE_LEFT,    /* the entrance closed, nothing inside since */
	PRESENCE_OPENED,  /* it opened, its closing was not heard, nothing inside since */
	PRESENCE_PLANNED, /* a planned absence */
	PRESENCE_DOOR,    /* back by the door */
	PRESENCE_SEVERAL, /* several things inside */
	PRESENCE_STAYED,  /* something occupied for minutes, or water */
	PRESENCE_BLIND,   /* no sensor can be believed */
	PRESENCE_AT_DOOR, /* presumed away, then the door moved, nothing inside since: somebody came, or came and left */
	PRESENCE_VISITED, /* a visitor was in, then the door moved, nothing inside since */
};

enum presence_of { PRESENCE_OF_SEAT, PRESENCE_OF_RADAR, PRESENCE_OF_WATER }; /* a bed is a seat */

struct presence_lasting {
	int64_t on_us; /* mono: since then; 0: free */
	uint16_t device;
	uint8_t of, room;    /* enum presence_of, enum sign_room */
	int32_t elsewhere_s; /* mono: the first sign of another room since then; 0: none */
};

struct presence {
	struct clock_now since;                  /* of the mode */
	struct clock_now because;                /* the moment that it is about: the door closed, the sign came */
	struct clock_now door;                   /* last edge of the entrance */
	int64_t recent_us[PRESENCE_BACK_EVENTS]; /* mono: things inside while away, the latest first */
	int64_t planned_us;                      /* mono: nobody is expected in since then; 0 */
	struct presence_lasting lasting[PRESENCE_LASTING];
	uint16_t recent_device[PRESENCE_BACK_EVENTS];
	uint8_t mode, before; /* enum home_mode; before it was blind */
	uint8_t why, room;    /* enum presence_why, enum sign_room */
	uint8_t why_before;
	uint8_t door_open;
	uint8_t left;                     /* the door moved, and nothing inside since */
	uint8_t going;                    /* it was opened from inside, as by one who leaves */
	uint8_t returned;                 /* during a planned absence */
	uint8_t row;                      /* while away: signs inside, none long after the one before */
	uint8_t asleep;                   /* when the planned absence began somebody was in, and it was night */
	uint8_t guest;                    /* of guest.c: whether a visitor is in */
	uint8_t guest_own, guest_to_gone; /* they came to the dwelling's own door; nobody was thought to be in then */
	int32_t guest_s;                  /* mono: since then */
};

void presence_init(struct presence *p);
/* Each sign; v as it was before it. True: the mode is another now. */
bool presence_sign(struct presence *p, const struct sign *s, const struct home_view *v);
/* Time passed, or sensors can be believed again, or not any more. The same. */
bool presence_judge(struct presence *p, const struct home_view *v);
int64_t presence_due(const struct presence *p, const struct home_view *v); /* mono; INT64_MAX */
/* Presumed away, or not known since the door moved: signs inside are ghosts until they are several. */
static inline bool presence_is_gone(const struct presence *p)
{
	return p->mode == HOME_AWAY || (p->mode == HOME_UNKNOWN && p->why == PRESENCE_AT_DOOR);
}
void presence_move(struct presence *p, int64_t by_us);

/* Not known since a visitor was in and the door moved: silence counts as if somebody were in. */
static inline bool presence_is_visited(const struct presence *p)
{
	return p->mode == HOME_UNKNOWN && p->why == PRESENCE_VISITED;
}

/* "推定外出：08:05 关门后室内一直没有动静" / "presumed away: the entrance closed at 08:05, nothing inside since" */
const char *presence_why_zh(const struct presence *p, const struct home_view *v, char *buf, size_t room);
const char *presence_why_en(const struct presence *p, const struct home_view *v, char *buf, size_t room);
