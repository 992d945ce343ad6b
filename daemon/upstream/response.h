/* response.h: how fast people answered alarms, and how often a home was wrongly thought to be in need: figures of some time,
 * of each building and of all. It is fed with stored transitions, in order of time, and gives the same figures whoever asks.
 * Pure; the caller owns it.
 *
 * - Of alarms of priority 1 and 2, each once, when it is told as such: one that was asked about in the home first (stage 1) begins
 *   when people are called. Those in test are left out.
 * - Acknowledged since it was told last; first arrived and closed since it was told first. The target is 5 minutes to the arrival,
 *   10 are a breach.
 * - A false alarm of a home is one of the rules about people (concern.h) that a person closed as false; a home-month is 30 days
 *   of one watched dwelling. How many are watched is as of now. */
#pragma once

#include <jansson.h>

#include "upstream/summary.h"

#define RESPONSE_TARGET (5 * MINUTE)
#define RESPONSE_BREACH (10 * MINUTE)
#define RESPONSE_SHOWN  200 /* single times of a building */

struct response;

struct response_setup {
	int64_t from_us, to_us;               /* wall */
	const struct summary_device *devices; /* lent */
	size_t device_count;
};
struct response *response_new(const struct response_setup *setup);
void response_free(struct response *r);
UTIL_DEFINE_CLEANUP(struct response *, response_free);

/* Those of some time before from_us too: what was told then may be answered now. after_us counts where the telling was not fed (of a
 * reset: since it began). */
void response_add(struct response *r, const struct summary_transition *t);
/* A watched dwelling. */
void response_add_home(struct response *r, const char *place);
/* The estate (place ""), then its buildings in order: {"place","alarms","acknowledged":{count,median,p90,times},"arrived":{count,
 * median,p90,times,in_time,late},"closed":{count,median,p90,times},"outcomes":{…},"homes","false_alarms","home_months","false_per_home_month"}; times
 * in seconds, null where there is none. The caller owns the reference. */
json_t *response_rows(struct response *r);
