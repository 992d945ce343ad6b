/* isapi.h: a Hikvision access controller: its stream of events, pulled and kept alive. Main thread.
 *
 *   idle --GET alertStream, digest--> connecting --first bytes--> listening (how the doors stand is asked once)
 *     ^                                   |                          |--silence, end, no such stream--.
 *     '---- 1 s … 60 s, by chance a quarter more; not let in: 5 min --'<------------------------------'
 *
 * While it does not listen there is a fault, and the points of its doors are lost. A wrong password is tried slowly: these
 * controllers lock the user out after a few tries. Bounded: one request under way besides the stream, what is remembered. */
#pragma once

#include "http-source/addresses.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_secret.h"
#include "sdk/sdk_tls.h"

struct isapi;

struct isapi_setup { /* lent for its life */
	struct sdk_host *host;
	const char *url, *username; /* url: https://host[:port] */
	struct sdk_secret password;
	const struct sdk_tls_files *tls;
	struct addresses *addresses; /* doors: "1", "2", … */
	int64_t silence_us, retry_first_us, retry_last_us;
};

/* Connects from within the loop. 0, or -errno with why. */
int isapi_new(const struct isapi_setup *setup, struct isapi **ret_isapi, char ret_why[static SDK_SECRET_WHY_MAX]);
/* --probe: does it answer, and let us in? Ends with sdk_host_probed. */
int isapi_probe(const struct isapi_setup *setup, struct isapi **ret_isapi, char ret_why[static SDK_SECRET_WHY_MAX]);
void isapi_free(struct isapi *i);
void isapi_counters(const struct isapi *i, json_t *counters);
