/* party.h: who asks, and what he may see: the role, the places, and the session that speaks. Pure; a value, copied where a
 * request lasts. */
#pragma once

#include "api/api.h"
#include "api/peer.h"
#include "model/device.h"

struct party {
	enum api_role role;
	char who[PEER_WHO_MAX];
	struct scope scope;
	uint64_t session; /* 0: the socket's own credentials speak */
	bool looks_only;  /* a display on the wall: reads, whatever its role */
};

/* Whether he may know of it at all: its place is in his scope. */
static inline bool party_knows(const struct party *p, const char *place)
{
	return scope_covers(&p->scope, place);
}

/* Whether values of homes, and texts about them, are for him. */
static inline bool party_reads_homes(const struct party *p)
{
	return api_role_in(p->role, API_FOR_DESK);
}
