#include "field/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/names.h"

#define LOOK_US (100 * MS) /* how often a lookup that goes on is left to see whether the thread is to end */

/* All of it is in one heap block, because libc may still write there when we are gone. */
struct lookup {
	struct gaicb request;
	struct addrinfo hints;
	char host[256], port[8];
};

struct resolver {
	struct lookup *lookup; /* NULL: none is under way */
	char host[256];
	uint16_t port;
	unsigned turn;
};

struct resolver *resolver_new(const char *host, uint16_t port)
{
	struct resolver *r = MEM_NEW(struct resolver);

	snprintf(r->host, sizeof(r->host), "%s", host ? host : "");
	r->port = port;
	return r;
}

static void lookup_free(struct lookup *l)
{
	if (l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	free(l);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	/* Neither done nor to be cancelled: libc owns it from now on. */
	if (r->lookup &&
	    (gai_error(&r->lookup->request) != EAI_INPROGRESS || gai_cancel(&r->lookup->request) == EAI_CANCELED))
		lookup_free(r->lookup);
	free(r);
}

static void take(const struct addrinfo *from, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	memcpy(ret_address, from->ai_addr, from->ai_addrlen);
	*ret_len = from->ai_addrlen;
}

static int get_numeric(const struct resolver *r, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char port[8];

	snprintf(port, sizeof(port), "%u", r->port);
	if (getaddrinfo(r->host, port, &hints, &found) != 0)
		return -ENOENT;
	take(found, ret_address, ret_len);
	freeaddrinfo(found);
	return 0;
}

static int lookup_start(struct resolver *r)
{
	struct lookup *l = MEM_NEW(struct lookup);

	snprintf(l->host, sizeof(l->host), "%s", r->host);
	snprintf(l->port, sizeof(l->port), "%u", r->port);
	l->hints = (struct addrinfo){ .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM };
	l->request = (struct gaicb){ .ar_name = l->host, .ar_service = l->port, .ar_request = &l->hints };
	if (names_ask(&l->request) != 0) {
		free(l);
		return -EAGAIN;
	}
	r->lookup = l;
	return 0;
}

static int lookup_wait(struct resolver *r, struct waiter *w)
{
	const struct gaicb *list[1] = { &r->lookup->request };
	int64_t deadline_us = clock_mono_us() + RESOLVER_WAIT_US;

	while (gai_error(&r->lookup->request) == EAI_INPROGRESS) {
		struct timespec slice = { .tv_nsec = LOOK_US * 1000 };

		if (waiter_ended(w))
			return -ECANCELED;
		if (clock_mono_us() >= deadline_us)
			return -ETIMEDOUT;
		gai_suspend(list, 1, &slice);
		waiter_turn(w);
	}
	return 0;
}

int resolver_get(struct resolver *r, struct waiter *w, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	const struct addrinfo *first, *found;
	int status;

	if (get_numeric(r, ret_address, ret_len) == 0)
		return 0;
	status = r->lookup ? 0 : lookup_start(r);
	if (status == 0)
		status = lookup_wait(r, w);
	if (status < 0)
		return status;
	first = r->lookup->request.ar_result;
	if (gai_error(&r->lookup->request) == 0 && first) {
		found = first;
		for (unsigned i = 0; i < r->turn; i++)
			found = found->ai_next ? found->ai_next : first;
		r->turn = (r->turn + 1) % 16;
		take(found, ret_address, ret_len);
	} else {
		status = -ENOENT;
	}
	lookup_free(steal(&r->lookup));
	return status;
}
