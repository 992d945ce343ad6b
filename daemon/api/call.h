/* call.h: one request and its answer, as the handlers see them. Main thread.
 *
 * A handler answers exactly once: call_json, call_text or call_error; or it keeps the evhttp request (a command
 * that waits for its COMMIT, a long list, a stream) and is then its owner until it has answered. Errors are one form:
 * {"error":{"status":404,"field":"…","text":"no point 'x'; did you mean 'y'?"}}, field only where one is to blame. */
#pragma once

#include <sys/queue.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>

#include "api/conn.h"
#include "api/party.h"
#include "api/router.h"

struct call {
	struct api *api;
	struct evhttp_request *http;
	struct conn *conn;
	struct party by; /* who asks */
	struct router_match match;
	struct evkeyvalq query;
};

struct call_problem {
	int status;
	const char *field; /* NULL: none */
};

/* What ?name= says; NULL when it does not stand there. Lent. */
const char *call_query(const struct call *x, const char *name);
/* ?name=1 is on, 0 or nothing off. False: it says something else, and that is answered. */
bool call_switch(struct call *x, const char *name, bool *ret_on);
/* The body as a JSON object, {} when it is empty; NULL: it was none and the error is answered. The caller owns it. */
json_t *call_body(struct call *x);
void call_json(struct call *x, json_t *answer); /* 200; takes the reference */
void call_text(struct call *x, const char *content_type, const char *text);
void call_error(struct call *x, struct call_problem p, const char *fmt, ...) _printf_(3, 4);

/* The same for a request that was kept; x is gone by then. */
void call_answer(struct evhttp_request *http, int status, json_t *answer); /* takes the reference */
json_t *call_problem_new(struct call_problem p, const char *text);
