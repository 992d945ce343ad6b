/* cross.h: rules across sources and domains that touch the people of one dwelling. Pure; the caller owns it; never logs.
 *
 * It has no alarm of its own. It makes that of a welfare alarm more urgent, or its line shorter:
 *   several independent sources silent, each beyond its own line  → call out
 *   leak, gas or a stove left on, and quiet for half the line     → call out
 *   too hot or too cold inside for hours                          → half the buffer, somebody is to look */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

/* What can be silent by itself. */
enum cross_source {
	CROSS_MOTION, /* and seat, bed, radar */
	CROSS_CONTACT,
	CROSS_DOOR, /* the entrance */
	CROSS_WATER,
	CROSS_POWER,
	CROSS_APPLIANCE,
	CROSS_SOURCES,
};

#define CROSS_DAYS 14

struct cross_quiet {
	int64_t last_us;             /* mono: the latest sign; 0: none yet */
	uint8_t longest[CROSS_DAYS]; /* of each day, in CROSS_UNIT; the newest first */
	uint8_t today;
	uint8_t days;    /* filled */
	uint8_t way;     /* of the latest sign */
	uint8_t spoilt;  /* the quiet under way is not learned */
	uint8_t running; /* it is on */
	uint8_t spare[5];
};

struct cross {
	struct cross_quiet quiets[CROSS_SOURCES];
	int64_t hazard_us[4]; /* by enum sign_hazard: mono, there since then; 0: not */
	int64_t harsh_us;     /* mono: hotter or colder than bearable since then; 0: not */
	float celsius;        /* the latest of that sensor */
	uint16_t harsh_device;
	uint16_t hazard_device[4];
	uint8_t hot; /* harsh: it is heat */
	uint8_t spare[1];
};

void cross_init(struct cross *x);
void cross_sign(struct cross *x, const struct sign *s, const struct home_view *v);
/* Each time that the dwelling is judged: what is presumed away or blind learns nothing. */
void cross_note(struct cross *x, const struct home_view *v);
void cross_day(struct cross *x, const struct home_view *v);
void cross_move(struct cross *x, int64_t by_us);

/* What the welfare rule is to know of them. age_us: quiet inside; limit_us: its line, buffer included. */
struct cross_case {
	int64_t age_us, limit_us;
	bool stove; /* left on, stove_is_left_on */
};
enum cross_why { CROSS_NOTHING, CROSS_SILENCE, CROSS_HAZARD };
/* Whether it is to be called out for now, priority 1. */
enum cross_why cross_rise(const struct cross *x, const struct home_view *v, const struct cross_case *c);
/* The same on the verdict of the welfare rule: what is active at stage 2 (silence), or is not yet (hazard), becomes stage 3 with a
 * sentence more. Returns whether it did. */
bool cross_mend(const struct cross *x, const struct home_view *v, const struct cross_case *c, struct verdict *verdict);
/* When it may come to that, if nothing stirs: mono; INT64_MAX: never. last_us: the last sign inside; limit_us as above. */
struct cross_wait {
	int64_t last_us, limit_us;
	bool stove;
};
int64_t cross_due(const struct cross *x, const struct home_view *v, const struct cross_wait *w);

/* Too hot or too cold for hours: the buffer of the line is halved, and somebody is to go there (visit_ask). */
bool cross_is_harsh(const struct cross *x, const struct home_view *v);
int64_t cross_buffer(const struct cross *x, const struct home_view *v, int64_t buffer_us);
