/* hook_desk.h: takes web hooks: who may speak, what he says, and the answer when it is on disk. Main thread.
 *
 *   POST /hook/INSTANCE[/FAMILY] --no or wrong token--> 401
 *        --too many--> 429 │ --not readable--> 400, 413, 415
 *        --samples--> waiting --all stored--> 200 │ --5 s--> 503: the caller keeps it and tries again
 *
 * A 200 means that what led to an alarm survives a power cut. Each family of devices has a token of its own, and speaks for
 * addresses that begin with its name only. Bounded: calls, their bodies, their rate, what is remembered against repeats. */
#pragma once

#include <stdint.h>

#include "http-source/addresses.h"
#include "http-source/hook_record.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_secret.h"

#define HOOK_DESK_FAMILIES_MAX 16

struct hook_desk;

struct hook_desk_setup { /* lent for its life */
	struct sdk_host *host;
	const char *listen, *families; /* families: words, or NULL: one token for all */
	struct sdk_secret token;       /* of a family: its file or credential with "-FAMILY" behind it */
	struct hook_rules rules;
	struct addresses *addresses;
	int64_t rate; /* requests a second of a family; five times as many at once */
};

/* For the option table: NULL or what was expected. */
const char *hook_desk_check_families(const char *families);
/* Begins to listen from within the loop, and tries again while it cannot. 0, or -errno with why: a token is missing. */
int hook_desk_new(const struct hook_desk_setup *setup, struct hook_desk **ret_desk,
		  char ret_why[static SDK_SECRET_WHY_MAX]);
void hook_desk_free(struct hook_desk *d);

/* The daemon has it on disk. */
void hook_desk_stored(struct hook_desk *d, const char *id);
/* Nobody is served any more. */
void hook_desk_close(struct hook_desk *d);
void hook_desk_counters(const struct hook_desk *d, json_t *counters);
