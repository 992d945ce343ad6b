/* lifts.h: whether a lift can be taken now, as its points say. Pure. What is not known is said to be so: a lost link is no outage. */
#pragma once

#include "model/point.h"

enum lifts_state {
	LIFTS_UNKNOWN,
	LIFTS_WORKS,
	LIFTS_OUT,        /* out of service, without power */
	LIFTS_FIRE,       /* taken over by the fire panel or the firemen */
	LIFTS_INSPECTION, /* people are at work */
	LIFTS_TRAPPED,    /* somebody is trapped in it, as its board says */
	LIFTS_STATES,
};
enum lifts_state lifts_state_of(const struct point_table *t, const struct device *lift);
/* Whether that point of a lift has a say in it. */
bool lifts_reads(const char *point);
static inline bool lifts_is_out(enum lifts_state s)
{
	return s >= LIFTS_OUT;
}
const char *lifts_zh(enum lifts_state s); /* "停用" */
const char *lifts_en(enum lifts_state s); /* "out of service" */
