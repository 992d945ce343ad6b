/* sim_conn.h: one connection of a slave, whoever made it: requests in, answers out. Owned by its transport.
 *
 * It ends in two steps: doomed (nothing moves any more, the owner is told), then freed by the owner outside of the connection's
 * own callbacks. */
#pragma once

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sim_peer.h"
#include "sim_rx.h"

struct bufferevent;
struct sim_slave;

struct sim_conn_owner {
	void (*made)(void *context);  /* what sim_conn_dial began is there; may be NULL */
	void (*ended)(void *context); /* it is doomed now */
	void *context;
};

struct sim_conn {
	struct sim_peer peer;
	struct sim_rx rx;
	struct bufferevent *bev;
	struct sim_conn_owner owner;
	struct sim_conn *next; /* the owner's */
	bool doomed;
};

/* fd is taken; -1: none yet, see sim_conn_dial. */
struct sim_conn *sim_conn_new(struct sim_slave *slave, evutil_socket_t fd, const struct sim_conn_owner *owner);
/* Begins to connect. 0 or -1: it will not. */
int sim_conn_dial(struct sim_conn *c, const struct sockaddr *to, int len);
/* Closed when nothing comes for so long. */
void sim_conn_close_when_idle(struct sim_conn *c, int64_t idle_us);
void sim_conn_free(struct sim_conn *c);
/* Of a numeric host. 0 or -EINVAL. */
int sim_conn_address(const char *host, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_len);
