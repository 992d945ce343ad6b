/* certs.h: the certificate that we show, and its key; read anew on request. Main thread. */
#pragma once

#include "base/util.h"

#define CERTS_WHY_MAX 300

struct bufferevent;
struct event_base;
struct certs;

/* Files in PEM; the certificate first, then those that vouch for it. 0; -EINVAL with why. The names are lent for its life. */
int certs_open(const char *certificate, const char *key, struct certs **ret_certs, char ret_why[static CERTS_WHY_MAX]);
void certs_free(struct certs *c);
UTIL_DEFINE_CLEANUP(struct certs *, certs_free);
/* New connections get what stands in the files now. On an error the old certificate stays. */
int certs_reload(struct certs *c, char ret_why[static CERTS_WHY_MAX]);
/* For a connection that is being accepted. */
struct bufferevent *certs_accept(struct certs *c, struct event_base *base);
