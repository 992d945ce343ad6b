/* sdk_resolve.h: a host name becomes an address without the loop waiting for it: getaddrinfo blocks for up to half a
 * minute when the name server is away, just when a plugin must answer pings. glibc's getaddrinfo_a does the look-up on
 * a thread of its own and an eventfd tells the loop. Numeric addresses need no look-up. Owner: main thread. */
#pragma once

#include <stddef.h>

#include "sdk/sdk_loop.h"

#define SDK_RESOLVE_MAX 64 /* room for a numeric address as text */

struct sdk_resolve;

/* done is called from the loop, exactly once for each start that returned 0. */
struct sdk_resolve *sdk_resolve_new(struct sdk_loop *loop, void (*done)(void *user), void *user);
void sdk_resolve_free(struct sdk_resolve *r);

/* 0: done will be called; -EBUSY: the last look-up still runs. */
int sdk_resolve_start(struct sdk_resolve *r, const char *host);
/* In done: the n-th address (modulo their number), or NULL with the reason. Lent until the next start. */
const char *sdk_resolve_address(struct sdk_resolve *r, unsigned n, const char **ret_why);
