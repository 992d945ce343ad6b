/* inquest.h: questions of people that a bus's thread has to answer: why a point is as it is, the latest frames of a bus,
 * what stands in its registers. Main thread.
 *
 * A question goes by mail and its answer comes as a message; one that does not come within two seconds is answered with
 * what is known without it, and says so. Bounded: so many at a time, the rest is refused. */
#pragma once

#include "api/api.h"

struct inquest;
struct insight;
struct live;

#define INQUEST_LIMIT (2 * S)
#define INQUEST_ROWS  500 /* rows of a sheet in one answer */

struct inquest *inquest_new(struct live *l);
void inquest_free(struct inquest *q); /* what was not answered is not answered any more */
/* 0: api_finish_json follows, or has been called; -ENOENT, -EBUSY: too many at a time. */
int inquest_look(struct inquest *q, const struct api_look *look);
/* What a bus's thread sent back; taken. */
void inquest_told(struct inquest *q, struct insight *told);
