/* respond.h: how we answer: what a browser must be told with every answer, and errors in one form. Main thread.
 *
 *   {"error":{"status":403,"field":"Origin","text":"…"}}, as the daemon's API has it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct evhttp_request;

/* Headers that keep a page to itself; before the answer, once. tls: the browser may insist on it from now on. */
void respond_harden(struct evhttp_request *request, bool tls);
void respond_add(struct evhttp_request *request, const char *name, const char *value); /* value NULL: nothing */
/* The page has a <style> of its own, of that SHA-256 (base64): its policy allows it. */
void respond_allow_style(struct evhttp_request *request, const char *sha256);
/* Sends; body may be NULL. A request whose client has left is freed. */
void respond_send(struct evhttp_request *request, int status, const void *body, size_t len);
struct respond_problem {
	int status;
	const char *field; /* NULL: none */
};
void respond_error(struct evhttp_request *request, struct respond_problem p, const char *fmt, ...) _printf_(3, 4);
const char *respond_reason(int status);
/* A header of the request, or NULL; one with anything but printable ASCII is none. */
const char *respond_asked(struct evhttp_request *request, const char *name);
const char *respond_method(struct evhttp_request *request);
