/* sdk_notifier.h: for notifiers: what people are to be told, the most urgent first, and the answer to each, exactly once.
 * Main thread.
 *
 *   notify --> waiting --a slot is free--> begin() --> sdk_notifier_told │ sdk_notifier_failed --> "notified", the slot is free
 *                 '--not begun in time, or too many wait--> failed
 *
 * What is urgent (priority 1, or life at stake) goes before all others and has slots that nothing else takes. The daemon
 * tells the next contact when there is no answer for a minute (20 s where life is at stake): what cannot be begun by then
 * fails a little earlier, with a reason. What was not answered at stop comes again from the daemon. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"

#define SDK_NOTIFIER_URGENT_US (15 * SDK_CLOCK_S) /* an urgent one is answered by then */
#define SDK_NOTIFIER_OTHER_US  (45 * SDK_CLOCK_S)

struct sdk_notifier;

/* One message to one contact; ends with told or failed. */
struct sdk_notice {
	const char *text;        /* ready to send, in the contact's language; not empty */
	const json_t *to;        /* the contact's own means; never NULL */
	const json_t *message;   /* all of it, as the daemon sent it */
	int priority;            /* 1 … 4; where it is not said: 1 */
	bool urgent;             /* priority 1, or life is at stake: never delayed, never merged with others */
	bool clear, test;        /* an all-clear; of a test */
	int64_t taken_us, by_us; /* when it came; when it is to be answered; sdk_clock_now_us */
	struct sdk_notice *next; /* for the owner's lists while it is his */
	void *user;              /* the owner's */

	/* The sdk's. */
	struct sdk_notifier *notifier;
	json_int_t id;
	bool begun;
};

struct sdk_notifier_setup {
	struct sdk_host *host;
	/* Most that are begun and not answered; and how many more of urgent ones. */
	unsigned slots, urgent_slots;
	/* Its turn: it is the owner's until he answers it, which he may do in the call. */
	void (*begin)(void *user, struct sdk_notice *notice);
	void *user;
};

struct sdk_notifier *sdk_notifier_new(const struct sdk_notifier_setup *setup);
void sdk_notifier_free(
	struct sdk_notifier *n); /* what waits is forgotten; what is begun must have been answered or dropped */

/* A "notify" of the daemon. */
void sdk_notifier_take(struct sdk_notifier *n, const json_t *message);

void sdk_notifier_told(struct sdk_notice *notice);
void sdk_notifier_failed(struct sdk_notice *notice, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sdk_notifier_drop(struct sdk_notice *notice); /* without an answer: at the end */

/* A text member of `to`; NULL: it has none. */
const char *sdk_notifier_to(const struct sdk_notice *notice, const char *key);

/* sdk_host_main for a program that is a notifier and nothing else. Its start leaves the notifier at *notifier. The role,
 * "notify", the notifier's counters, its stop and its end are the sdk's: the plugin names no roles and no handlers, and stop
 * and counters only where it has more of its own. Its fini drops what is begun, and nothing takes the place of that. */
int sdk_notifier_main(int argc, char **argv, const struct sdk_plugin *plugin, struct sdk_notifier **notifier);

/* For sdk_plugin.stop of others: begins nothing more, and says sdk_host_done when all that is begun is answered. */
void sdk_notifier_stop(struct sdk_notifier *n);
/* told, failed, waiting, under_way. */
void sdk_notifier_counters(const struct sdk_notifier *n, json_t *counters);
