/* notice.h: what a bus's thread tells of itself: edges to the engine, one line of the log for each trouble and one for
 * its end. Bus's thread; for poller.c and verdict.c. */
#pragma once

#include "field/poller.h"

void notice_bus_up(struct poller *p);
void notice_bus_down(struct poller *p, const struct trouble *t);
void notice_unit_up(struct poller *p, unsigned index);
void notice_unit_down(struct poller *p, unsigned index, const struct trouble *t);
/* It still does not answer. */
void notice_unit_silent(struct poller *p, unsigned index, const struct trouble *t);
void notice_unit_refuses(struct poller *p, const struct plan_request *r, uint8_t exception);
/* Told once: all values were asked, or are known to be lost. */
void notice_cycled(struct poller *p);
void notice_trouble(struct poller *p, const struct trouble *t);
/* A request was asked, and so many turns of it were missed: said once when it becomes too many. */
void notice_load(struct poller *p, unsigned skipped);
