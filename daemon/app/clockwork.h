/* clockwork.h: the wall clock in the running daemon: wires the timekeeper to the system's clocks and to those who must know
 * of a step: the store, the engine, the uplinks, the pages, the supervision. Main thread. */
#pragma once

#include "app/timekeeper.h"

struct clockwork;
struct live;

/* When store, engine, outflow and watch are there. The first look is taken at once. */
struct clockwork *clockwork_new(struct live *l);
void clockwork_free(struct clockwork *c);                       /* before the store is closed */
void clockwork_listen(struct clockwork *c);                     /* steps are told by the loop from now on */
void clockwork_tick(struct clockwork *c, struct clock_now now); /* once a second */

/* Of the wall clock at that moment of this boot. NULL: nothing is known yet, unset. */
enum clock_quality clockwork_quality_at(const struct clockwork *c, int64_t mono_us);
void clockwork_status(struct clockwork *c, struct status_clock *ret_status);
int clockwork_set(struct clockwork *c, int64_t wall_us, const char *who);    /* as timekeeper_set */
int clockwork_expect(struct clockwork *c, int64_t wall_us, const char *who); /* as timekeeper_expect */
