/* sessions.h: who is logged in: 256 random bits a session, known here by their hash only. Owned by accounts.c; main thread.
 *
 * A session ends after 15 min without use, or 12 h after the login; one of a display on the wall after 30 days without use. It is
 * measured by the monotonic clock; what was left when the daemon ended begins anew with its next start, but not what had been
 * made longer ago than it may last. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define SESSIONS_MAX     128
#define SESSIONS_OF_ONE  64 /* of one user: nobody alone ends those of all others */
#define SESSIONS_TOKEN   65 /* hexadecimal, with the end */
#define SESSIONS_USER    64
#define SESSIONS_ADDRESS 64

struct session {
	uint64_t id;               /* 0: free */
	char hash[SESSIONS_TOKEN]; /* of the token */
	char user[SESSIONS_USER], address[SESSIONS_ADDRESS];
	bool wall;
	int64_t made_us;          /* wall clock */
	int64_t idle_us, ends_us; /* monotonic: unless it is used; in any case */
};

struct sessions {
	struct session all[SESSIONS_MAX];
	uint64_t last_id;
};

/* Fills sessions_oldest as that is, and makes its token. */
struct session *sessions_begin(struct sessions *t, const struct session *like, struct clock_now now,
			       char ret_token[SESSIONS_TOKEN]);
/* A free one (id 0), or that which has been idle the longest. */
struct session *sessions_oldest(struct sessions *t);
/* The one that a new one of that user takes the place of: where he has so many, that of his which has been idle the longest. */
struct session *sessions_making_room(struct sessions *t, const char *user);
/* One that was kept; false: it is too old, or there are too many. */
bool sessions_add(struct sessions *t, const struct session *kept, struct clock_now now);
/* That of the token, used now; NULL: it is over, or none ever was. */
struct session *sessions_use(struct sessions *t, const char *token, int64_t now_mono_us);
/* The same without using it: it lasts no longer. */
struct session *sessions_look(struct sessions *t, const char *token, int64_t now_mono_us);
struct session *sessions_find(struct sessions *t, uint64_t id);
/* The next that is over since; NULL: none. */
struct session *sessions_over(struct sessions *t, int64_t now_mono_us);
/* What shows that a change comes from the page that has the session. */
void sessions_csrf(const char *token, char ret_csrf[SESSIONS_TOKEN]);
bool sessions_csrf_good(const char *token, const char *said);
