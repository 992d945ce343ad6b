#include "sdk/sdk_resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 8

struct sdk_resolve {
	struct sdk_loop *loop;
	struct sdk_watch watch; /* on the eventfd */
	void (*done)(void *user);
	void *user;
	struct gaicb request; /* glibc's while running */
	struct addrinfo hints;
	char host[256];
	bool running;
	int result; /* of getaddrinfo */
	char addresses[ADDRESSES_MAX][SDK_RESOLVE_MAX];
	unsigned count;
};

/* On glibc's thread: touches nothing but the descriptor. */
static void wake(union sigval value)
{
	uint64_t one = 1;

	if (write(value.sival_int, &one, sizeof(one)) < 0)
		return; /* the counter is full: the loop is awake anyway */
}

static void keep_addresses(struct sdk_resolve *r, const struct addrinfo *list)
{
	r->count = 0;
	for (const struct addrinfo *a = list; a && r->count < ADDRESSES_MAX; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, r->addresses[r->count], SDK_RESOLVE_MAX, NULL, 0,
				NI_NUMERICHOST) == 0)
			r->count++;
}

static void take_result(struct sdk_resolve *r)
{
	r->result = gai_error(&r->request);
	r->running = false;
	keep_addresses(r, r->result == 0 ? r->request.ar_result : NULL);
	if (r->request.ar_result)
		freeaddrinfo(r->request.ar_result);
	r->request.ar_result = NULL;
}

static void finished(struct sdk_watch *w, short revents)
{
	struct sdk_resolve *r = w->user;
	uint64_t count;

	(void)revents;
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	if (r->running)
		take_result(r);
	r->done(r->user);
}

struct sdk_resolve *sdk_resolve_new(struct sdk_loop *loop, void (*done)(void *user), void *user)
{
	struct sdk_resolve *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->loop = loop;
	r->done = done;
	r->user = user;
	r->watch = (struct sdk_watch){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), POLLIN, finished, r };
	sdk_loop_watch(loop, &r->watch);
	return r;
}

void sdk_resolve_free(struct sdk_resolve *r)
{
	if (!r)
		return;
	sdk_loop_unwatch(r->loop, &r->watch);
	if (r->running && gai_cancel(&r->request) != EAI_CANCELED && gai_error(&r->request) == EAI_INPROGRESS)
		return; /* glibc's thread still writes into it; the process is about to end */
	close(r->watch.fd);
	free(r);
}

static bool is_numeric(const char *host)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, buf) == 1 || inet_pton(AF_INET6, host, buf) == 1;
}

/* Where no thread can be had (a process limit), waiting is better than never connecting. */
static void look_up_here(struct sdk_resolve *r)
{
	struct addrinfo *list = NULL;

	r->result = getaddrinfo(r->host, NULL, &r->hints, &list);
	keep_addresses(r, r->result == 0 ? list : NULL);
	if (list)
		freeaddrinfo(list);
}

/* glibc makes its thread without telling ThreadSanitizer, which ends in there. */
static bool look_up_there(struct sdk_resolve *r, struct sigevent *event)
{
#ifdef __SANITIZE_THREAD__
	(void)event;
#else
	r->request = (struct gaicb){ .ar_name = r->host, .ar_request = &r->hints };
	r->running = getaddrinfo_a(GAI_NOWAIT, (struct gaicb *[]){ &r->request }, 1, event) == 0;
#endif
	return r->running;
}

int sdk_resolve_start(struct sdk_resolve *r, const char *host)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD,
				  .sigev_notify_function = wake,
				  .sigev_value = { .sival_int = r->watch.fd } };

	if (r->running)
		return -EBUSY;
	snprintf(r->host, sizeof(r->host), "%s", host);
	r->hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	if (is_numeric(host)) {
		snprintf(r->addresses[0], SDK_RESOLVE_MAX, "%s", host);
		r->count = 1;
		r->result = 0;
		wake(event.sigev_value);
		return 0;
	}
	if (look_up_there(r, &event))
		return 0;
	look_up_here(r);
	wake(event.sigev_value);
	return 0;
}

const char *sdk_resolve_address(struct sdk_resolve *r, unsigned n, const char **ret_why)
{
	if (r->count)
		return r->addresses[n % r->count];
	*ret_why = r->result == EAI_SYSTEM ? "the look-up failed" : gai_strerror(r->result);
	return NULL;
}
