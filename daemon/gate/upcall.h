/* upcall.h: requests to the daemon on its unix socket, by libcurl within libevent's loop (evhttp's client cannot speak AF_UNIX).
 * Main thread.
 *
 *   upcall_start --> head, bytes … --> done, once          upcall_cancel: nothing more is heard
 *                                 '--bytes says PAUSE--> upcall_resume
 *
 * Few connections at a time, so that estatectl is never kept out: further calls wait their turn. Streams have connections of
 * their own. Bounded: the time of a call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct event_base;
struct upcall;
struct upcall_desk;

/* What an answer says of itself that a browser may hear, and we. */
struct upcall_head {
	long status;
	const char *const *headers; /* name, value, name, value … NULL; lent */
};

enum upcall_taken { UPCALL_TAKEN, UPCALL_PAUSE, UPCALL_ENOUGH };

struct upcall_handler {
	void *context;
	/* Each piece of the body. PAUSE: the same bytes come again after upcall_resume. ENOUGH: ended, done is called. */
	enum upcall_taken (*bytes)(void *context, const struct upcall_head *head, const char *bytes, size_t len);
	/* 0: all of it came; -ENOTCONN: nobody listens; -ETIMEDOUT; -EIO: cut off. head.status 0: there was no answer. */
	void (*done)(void *context, const struct upcall_head *head, int error);
};

enum upcall_kind { UPCALL_ANSWERS, UPCALL_STREAMS };

struct upcall_setup {
	enum upcall_kind kind;
	const char *method, *path;  /* path with its query */
	const char *socket;         /* NULL: the daemon's */
	const char *host;           /* "127.0.0.1:8481" instead of a socket; NULL: none */
	const char *const *headers; /* name, value, … NULL; a value NULL: left out */
	const void *body;
	size_t body_len;
	struct upcall_handler handler;
};

struct upcall_desk *upcall_desk_new(struct event_base *base, const char *socket_path);
/* Calls that are under way are done with -ECANCELED. */
void upcall_desk_free(struct upcall_desk *d);
UTIL_DEFINE_CLEANUP(struct upcall_desk *, upcall_desk_free);

/* Everything is lent for this call only; not from within a handler's bytes. Never NULL; done comes on a later turn. */
struct upcall *upcall_start(struct upcall_desk *d, const struct upcall_setup *setup);
/* Also from within its own handler. */
void upcall_cancel(struct upcall *u);
void upcall_resume(struct upcall *u);
/* The value of a header of an answer (any case), or NULL. */
const char *upcall_header(const struct upcall_head *head, const char *name);
