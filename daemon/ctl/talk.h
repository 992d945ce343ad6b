/* talk.h: HTTP over estated's unix socket, with libcurl. One thread; the caller owns it. */
#pragma once

#include "base/str.h"

struct talk;

struct talk_answer {
	long status;
	struct str_buf body;
};

struct talk *talk_new(const char *socket_path);
void talk_free(struct talk *t);
UTIL_DEFINE_CLEANUP(struct talk *, talk_free);

/* path with its query, encoded. 0 with an answer of whatever status; -ENOTCONN: nobody answers there (or it went away);
 * -EACCES: not for this user; -ETIMEDOUT; -EIO with what libcurl says (talk_error). The caller frees the body. */
int talk_get(struct talk *t, const char *path, struct talk_answer *ret_answer);
int talk_post(struct talk *t, const char *path, const char *json, struct talk_answer *ret_answer);
void talk_limit(struct talk *t, long limit_ms); /* how long an answer may take; else a minute */
const char *talk_error(const struct talk *t);
const char *talk_socket(const struct talk *t);
/* Appends text encoded for a path or query. */
void talk_escape(struct str_buf *to, const char *text);
/* Appends "?name=value", or "&name=value" where the path has a query already; NULL: nothing. */
void talk_query(struct str_buf *path, const char *name, const char *value);

/* A stream that is read as it comes. */
struct talk_follower {
	void *context;
	const char *last_id;                                        /* Last-Event-ID, or NULL */
	int (*bytes)(void *context, const char *bytes, size_t len); /* not 0 ends it */
	int (*tick)(void *context); /* about once a second; not 0 ends it; may be NULL */
};
/* What ended it: the follower's value, or the errors of talk_get (-ENOTCONN also when the daemon went away), or with
 * -EPROTO an answer that is no stream: status and body. */
int talk_follow(struct talk *t, const char *path, const struct talk_follower *f, struct talk_answer *ret_answer);
