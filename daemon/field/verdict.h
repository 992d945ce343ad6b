/* verdict.h: what an exchange leads to: values delivered, a unit doubted or found again, a block split, a request put
 * off, the link given up. Bus's thread; for poller.c. */
#pragma once

#include "field/poller.h"

void verdict_take(struct poller *p, struct plan_request *r, const struct exchange_result *x);
/* A unit did not answer while the others stood in line: whatever comes of it. */
void verdict_vain(struct poller *p, const struct poller_unit *u, const struct exchange_result *x);
/* TCP: an answer came, and it was too late; that long after its request. True when it stood behind one that another unit
 * left unanswered: that is no fault of its own. */
bool verdict_late(struct poller *p, const struct poller_unit *u, int64_t age_us);
/* A unit whose answer was waited for aside did not give it in time. */
void verdict_overdue(struct poller *p, unsigned index);
