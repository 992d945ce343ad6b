#include "api/pending.h"

#include <event2/event.h>

#include "base/mem.h"

struct api_pending {
	struct api_pending *next;
	struct api *api;             /* NULL: the API has ended, pending_answer only frees */
	struct evhttp_request *http; /* NULL: the client has gone, or was told that it took too long */
	struct event *patience;
	char *subject;
	enum api_role role;
	json_t *(*make)(struct api *a,
			const char *subject); /* its answer when it is done; NULL: it is about an alarm */
	const char *overdue;                  /* what is said when patience ends; NULL: what is said of a command */
};

/* The pending request has no client any more; whoever works for it still has to finish it. */
static void detach(struct api_pending *p)
{
	evtimer_del(p->patience);
	p->http = NULL;
}

static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct api_pending *p = arg;

	if (!evhttp_request_get_connection(p->http))
		evhttp_request_free(p->http);
	detach(p);
}

static void answer(struct api_pending *p, int status, json_t *body)
{
	struct evhttp_request *http = p->http;
	struct evhttp_connection *connection = evhttp_request_get_connection(http);

	if (connection)
		evhttp_connection_set_closecb(connection, NULL, NULL);
	detach(p);
	call_answer(http, status, body);
}

static void out_of_patience(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct api_pending *p = arg;

	answer(p, 504,
	       call_problem_new(
		       (struct call_problem){ 504, NULL },
		       p->overdue ? p->overdue
				  : "it is under way but not on disk yet: look again in a moment, and at the disk: "
				    "estatectl status"));
}

struct api_pending *pending_new(struct call *x, const char *subject)
{
	struct api_pending *p = MEM_NEW(struct api_pending);
	int64_t wait_us = x->api->limits.pending_us;
	struct timeval wait = { .tv_sec = wait_us / S, .tv_usec = wait_us % S };

	p->api = x->api;
	p->http = x->http;
	p->subject = mem_strdup(subject);
	p->role = x->by.role;
	p->patience = evtimer_new(x->api->base, out_of_patience, p);
	if (!p->patience)
		abort();
	evtimer_add(p->patience, &wait);
	p->next = x->api->pendings;
	x->api->pendings = p;
	evhttp_connection_set_closecb(evhttp_request_get_connection(x->http), gone, p);
	return p;
}

void pending_patience(struct api_pending *p, int64_t wait_us, const char *overdue)
{
	struct timeval wait = { .tv_sec = wait_us / S, .tv_usec = wait_us % S };

	p->overdue = overdue;
	evtimer_add(p->patience, &wait);
}

void pending_set_maker(struct api_pending *p, json_t *(*make)(struct api *a, const char *subject))
{
	p->make = make;
}

json_t *pending_made(const struct api_pending *p)
{
	return p->make ? p->make(p->api, p->subject) : NULL;
}

const char *pending_subject(const struct api_pending *p)
{
	return p->subject;
}

enum api_role pending_role(const struct api_pending *p)
{
	return p->role;
}

struct api *pending_api(const struct api_pending *p)
{
	return p->api;
}

static void unlink_pending(struct api_pending *p)
{
	for (struct api_pending **link = &p->api->pendings; *link; link = &(*link)->next)
		if (*link == p) {
			*link = p->next;
			return;
		}
}

void pending_answer(struct api_pending *p, int status, json_t *body)
{
	if (p->http)
		answer(p, status, body);
	else
		json_decref(body);
	if (p->api) {
		unlink_pending(p);
		event_free(p->patience);
	}
	free(p->subject);
	free(p);
}

void pending_stop(struct api *a)
{
	for (struct api_pending *p = a->pendings, *next; p; p = next) {
		next = p->next;
		if (p->http)
			evhttp_connection_set_closecb(evhttp_request_get_connection(p->http), NULL, NULL);
		event_free(p->patience);
		p->api = NULL;
		p->http = NULL;
	}
	a->pendings = NULL;
}
