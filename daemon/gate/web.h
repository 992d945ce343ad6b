/* web.h: the web server as a whole: listeners, limits, what goes where. Main thread.
 *
 *   a connection --> visitor --> evhttp --whole request--> /v1/…      passage (relay: /v1/stream) --> the daemon's socket
 *                                                          /hook/…    hooks --> http-source
 *                                                          the rest   pages
 *
 * It decides nothing about people: who may see and do what is decided in the daemon, by the session that the browser's cookie
 * names. It can be exhausted or crash; alarms do not pass through it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

#define WEB_LISTENERS_MAX 8
#define WEB_HOOKS_MAX     16
#define WEB_NAMES_MAX     8
#define WEB_WHY_MAX       400

struct web;

struct web_hook {
	const char *instance; /* as in /hook/INSTANCE */
	const char *to;       /* /run/x.sock, or 127.0.0.1:8481 */
};

struct web_setup {               /* lent for its life */
	const char *socket_path; /* the daemon's */
	const char *page_dir;
	const char *certificate, *key; /* NULL: without TLS */
	const char *listens[WEB_LISTENERS_MAX];
	size_t listen_count;
	int fds[WEB_LISTENERS_MAX]; /* sockets that listen already, ours then */
	size_t fd_count;
	bool plain_anywhere;              /* without TLS also where others can listen in */
	const char *names[WEB_NAMES_MAX]; /* what we are called; none: anything */
	size_t name_count;
	struct web_hook hooks[WEB_HOOKS_MAX];
	size_t hook_count;
	size_t connections, per_address, per_loopback;
};

/* 0, or -errno with why. SIGPIPE must be ignored. */
int web_open(const struct web_setup *setup, struct web **ret_web, char ret_why[static WEB_WHY_MAX]);
void web_close(struct web *w);
UTIL_DEFINE_CLEANUP(struct web *, web_close);
/* Until SIGTERM or SIGINT; SIGHUP reads certificate and page anew. */
void web_run(struct web *w);
/* Where it listens, "127.0.0.1:8443", or NULL behind the last. Lent. */
const char *web_listens_at(const struct web *w, size_t index);
/* "127.0.0.1:8443", "[::1]:0": an address and a port. */
bool web_is_address(const char *text);
