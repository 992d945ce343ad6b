/* peer.h: who is at the other end of a connection to the unix socket, and what that lets him do. Main thread.
 *
 * The kernel answers (SO_PEERCRED, SO_PEERGROUPS), as it was when the peer connected; nothing that the peer says
 * counts. uid 0 and the daemon's own uid are admin, members of group `estated` are technicians, others are nobody;
 * the uid of estated-web speaks for sessions only (allow.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "api/api.h"

#define PEER_WHO_MAX 64

struct peer {
	enum api_role role;
	uid_t uid;
	pid_t pid;
	bool gate;              /* estated-web: speaks for sessions only */
	char who[PEER_WHO_MAX]; /* the user's name, or "uid 1000" where the system has none */
};

/* What the roles hang on; read once at start. */
struct peer_rule {
	uid_t own_uid;
	bool has_gate;
	uid_t gate_uid;
	bool has_group;
	gid_t group;
};

/* Group memberships as the kernel tells them; the primary group is one of them. */
struct peer_ids {
	uid_t uid;
	const gid_t *groups;
	size_t count;
};

struct peer_rule peer_rule_read(const char *gate_user);                            /* NULL: there is no gate */
enum api_role peer_role(const struct peer_rule *rule, const struct peer_ids *ids); /* pure */
int peer_identify(const struct peer_rule *rule, int fd, struct peer *ret_peer);
