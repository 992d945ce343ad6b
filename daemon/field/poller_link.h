/* poller_link.h: the link of a bus in its poller's hands: when it is opened, given up, put to rest, and which of two
 * addresses is tried; of a dial-in bus, how its modem is waited for. The rules stand in poller.h. Bus's thread. */
#pragma once

#include "field/poller.h"

/* From now on it may be opened; a dial-in bus's modem has so long to call before that is told. */
void poller_link_expect(struct poller *p);
void poller_link_close(struct poller *p);
/* It makes no sense any more (-errno), or no unit answers on it. */
void poller_link_lost(struct poller *p, int error);
void poller_link_useless(struct poller *p);
/* The modem that has dialled in: its connection takes the place of what was there. */
void poller_link_take_caller(struct poller *p);
/* One turn without a link: opens it when it is time to, else waits. */
void poller_link_stay_closed(struct poller *p, int64_t now_us);
/* One turn with one, when nothing is due before wake_us: waits, and closes it when it has rested for long enough. */
void poller_link_rest(struct poller *p, int64_t wake_us);
