/* fake_daemon.h: the API as a daemon would run it, for tests: a real socket in an own folder, a real loop in its own
 * thread, real points and alarms of a small estate (the tests' alarm_world). The test is the client, in its own thread.
 *
 * The state belongs to the loop's thread: a test changes it only with fake_do. */
#pragma once

#include <pthread.h>

#include "alarm_world.h"
#include "api/api.h"

struct event_base;

enum fake_commits { FAKE_AT_ONCE, FAKE_LATER, FAKE_NEVER };

struct fake_daemon {
	struct alarm_world world;
	struct estate estate;
	struct api_source source;
	struct api *api;
	struct event_base *base;
	pthread_t thread;
	char folder[64], socket_path[80];
	int to_loop[2], from_loop[2]; /* pipes: what to do; done */
	bool ready, stop;
	enum fake_commits commits;
	struct api_pending *pending; /* with FAKE_LATER: the last command */
	char who[64], note[600];     /* of the last command; the loop's */
	char seen_who[64], seen_note[600];
	size_t transitions;               /* of alarms, told to the stream */
	struct status_log log;            /* what is told of the log */
	struct api_log_request log_asked; /* the last one; its who is in clock_who */
	int64_t clock_us;                 /* what the wall clock was set to; 0: it is 1970 */
	int64_t clock_expected_us;        /* what a client said that it will set */
	int clock_error;                  /* of setting it */
	char clock_who[64];
};

/* One lift (lift-1: trapped floor load), one button (sos-1204: pressed), one tank; rules lift-trapped, sos, tank-high.
 * limits: NULL for the usual ones. */
void fake_start(struct fake_daemon *f, const struct api_limits *limits);
/* The same in a folder that was another one's: as after a restart. */
void fake_start_at(struct fake_daemon *f, const char *folder);
/* Instead of the small estate: that many devices of one point each. */
void fake_start_large(struct fake_daemon *f, size_t devices);
void fake_stop(struct fake_daemon *f);
/* Runs in the loop's thread; returns when it is done. */
void fake_do(struct fake_daemon *f, void (*what)(struct fake_daemon *f, const void *arg), const void *arg);

/* Who and note of the last command; lent until the next such question. */
const char *fake_who(struct fake_daemon *f);
const char *fake_note(struct fake_daemon *f);
/* Clients of the stream; waits until there are so many. */
void fake_wait_clients(struct fake_daemon *f, size_t count);

/* A reading, with what it does to alarms and to the stream. */
struct fake_reading {
	const char *point;
	struct value value;
};
void fake_read(struct fake_daemon *f, const char *point, struct value value);
void fake_read_now(struct fake_daemon *f, const void *reading); /* in the loop's thread: many of them in one fake_do */
