#include "api/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define GROUP_NAME "estated"
#define GROUPS_MAX 65536 /* NGROUPS_MAX of the kernel */

struct peer_rule peer_rule_read(const char *gate_user)
{
	struct peer_rule rule = { .own_uid = geteuid() };
	const struct group *group = getgrnam(GROUP_NAME);
	const struct passwd *gate = gate_user ? getpwnam(gate_user) : NULL;

	/* Root and the daemon itself are no gate by name: they are admin, and say by a header when they speak for others. */
	if (gate && gate->pw_uid != 0 && gate->pw_uid != rule.own_uid) {
		rule.has_gate = true;
		rule.gate_uid = gate->pw_uid;
	}

	if (group) {
		rule.has_group = true;
		rule.group = group->gr_gid;
	}
	return rule;
}

enum api_role peer_role(const struct peer_rule *rule, const struct peer_ids *ids)
{
	if (ids->uid == 0 || ids->uid == rule->own_uid)
		return API_ADMIN;
	if (rule->has_gate && ids->uid == rule->gate_uid)
		return API_NOBODY;
	for (size_t i = 0; rule->has_group && i < ids->count; i++)
		if (ids->groups[i] == rule->group)
			return API_TECHNICIAN;
	return API_NOBODY;
}

/* All groups of the peer, the primary one last; *ret_groups is the caller's. */
static int read_groups(int fd, gid_t primary, gid_t **ret_groups, size_t *ret_count)
{
	socklen_t len = 64 * sizeof(gid_t);
	_cleanup_(freep) void *groups = mem_alloc(len + sizeof(gid_t));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0) {
		if (errno != ERANGE || len > GROUPS_MAX * sizeof(gid_t))
			return -errno;
		/* The kernel said how much room it needs; a peer's groups do not change after it has connected. */
		groups = mem_realloc(groups, len + sizeof(gid_t), 1);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
			return -errno;
	}
	memcpy((char *)groups + len, &primary, sizeof(primary));
	*ret_count = len / sizeof(gid_t) + 1;
	*ret_groups = steal(&groups);
	return 0;
}

static void name_user(uid_t uid, char who[PEER_WHO_MAX])
{
	struct passwd entry, *found = NULL;
	char room[1024];

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found && *found->pw_name)
		snprintf(who, PEER_WHO_MAX, "%.*s", (int)str_utf8_cut(found->pw_name, PEER_WHO_MAX - 1),
			 found->pw_name);
	else
		snprintf(who, PEER_WHO_MAX, "uid %u", (unsigned)uid);
}

int peer_identify(const struct peer_rule *rule, int fd, struct peer *ret_peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct peer peer = { 0 };
	_cleanup_(freep) void *owned = NULL;
	gid_t *groups = NULL;
	size_t count = 0;
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	r = read_groups(fd, cred.gid, &groups, &count);
	if (r < 0)
		return r;
	owned = groups;
	peer.uid = cred.uid;
	peer.pid = cred.pid;
	peer.gate = rule->has_gate && cred.uid == rule->gate_uid;
	peer.role = peer_role(rule, &(struct peer_ids){ .uid = cred.uid, .groups = groups, .count = count });
	name_user(cred.uid, peer.who);
	*ret_peer = peer;
	return 0;
}
