/* lookup.h: what a bus's thread told, as JSON for people: the latest frames, the registers behind the points of a bus.
 * Main thread. */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "model/point.h"

struct insight;
struct live;
struct worker;

/* One question and what came back. */
struct lookup {
	const struct live *live;
	const char *subject; /* a point's name, or a bus's id */
	uint32_t from;
	const struct insight *told; /* NULL: its thread did not answer */
	struct worker *worker;      /* NULL: there is none */
	struct clock_now now;
};

/* What the thread is to copy: point numbers of the subject. */
void lookup_aim(const struct live *l, const char *subject, uint32_t from, struct insight *ret_insight);
/* {"bus","type","target","framing","next","missed","frames":[{"n","at","us","way","hex","text"}]}; NULL where there is nothing to tell. */
json_t *lookup_frames(const struct lookup *at);
/* One row a point, those from `from` on, at most INQUEST_ROWS. */
json_t *lookup_sheet(const struct lookup *at);
/* "holding:31", "holding:1.11", "coil:3"; appended. */
void lookup_register(const struct profile_point *spec, struct str_buf *to);
/* "00ea 0001"; appended; nothing where they were never read. */
void lookup_hex(const struct insight *told, size_t index, struct str_buf *to);
/* A moment of the monotonic clock on the wall. 0 stays 0. */
int64_t lookup_wall_us(const struct lookup *at, int64_t mono_us);
