/* reach.h: a TCP connection, made without blocking for longer than REACH_LIMIT_US and with the options that a device
 * needs: no delay, keep-alive 10/5/3 s, TCP_USER_TIMEOUT. A pulled cable shows within 25 s on an idle connection, within
 * 10 s on a busy one. Bus's thread. */
#pragma once

#include "field/resolver.h"
#include "field/waiter.h"

#define REACH_LIMIT_US        (3 * S)
#define REACH_USER_TIMEOUT_US (10 * S)

/* The descriptor, or -errno (-ECANCELED: the thread is to end). */
int reach_tcp(struct resolver *to, struct waiter *w);
/* The options of a connection. 0 or -errno. */
int reach_options(int fd);
