/* poller_aside.h: TCP: who is slow is waited for aside, while the others are asked (aside.h): who may be, and what comes of
 * it. Bus's thread; for poller.c and poller_link.c. */
#pragma once

#include "field/poller.h"

/* Several requests in a row were not answered, and a moment ago there were answers: perhaps the gateway still works on
 * them, one after the other. Then it is not given more of them than it can do. */
bool poller_aside_may_be_busy(const struct poller *p);
bool poller_aside_may_wait(const struct poller *p, const struct plan_request *r);
/* The answer did not come soon. */
void poller_aside_park(struct poller *p, struct plan_request *r, const struct exchange_result *x);
/* True when the frame was the answer to what was waited for aside. */
bool poller_aside_settle(struct poller *p, struct poller_unit *u, const struct answer_frame *frame);
/* The time of some is over. */
void poller_aside_end_overdue(struct poller *p, int64_t now_us);
/* The connection is gone: nothing will come any more. */
void poller_aside_forget(struct poller *p);
