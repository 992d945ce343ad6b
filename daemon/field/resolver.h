/* resolver.h: the address of a TCP bus. Numeric addresses cost nothing; a name is looked up in the bus's own thread,
 * for at most RESOLVER_WAIT_US, so a dead name server hurts only the bus that needs it. Bus's thread.
 *
 * A lookup cannot be interrupted. One that is not done in time is kept and asked for again at the next try; one that is
 * not done when the resolver is freed is left to libc, which still writes to it (some hundred bytes, once). */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"
#include "field/waiter.h"

#define RESOLVER_WAIT_US (5 * S)

struct resolver;

struct resolver *resolver_new(const char *host, uint16_t port);
void resolver_free(struct resolver *r);
UTIL_DEFINE_CLEANUP(struct resolver *, resolver_free);
/* 0, -ECANCELED, -ETIMEDOUT, -ENOENT (no such name). Of several addresses each try gives the next. */
int resolver_get(struct resolver *r, struct waiter *w, struct sockaddr_storage *ret_address, socklen_t *ret_len);
