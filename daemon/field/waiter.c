#include "field/waiter.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "field/insight.h"

#define INBOX_ROOM 12
#define SLICE_US   (500 * MS) /* a waiting thread shows at least so often that it lives */

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .inbox = queue_new(sizeof(struct waiter_mail), INBOX_ROOM), .caller = -1 };
	atomic_init(&w->turns, 0);
}

void waiter_mail_drop(const struct waiter_mail *m)
{
	if (m->kind == WAITER_PLAN)
		plan_free(m->plan);
	else if (m->kind == WAITER_CALLER)
		close(m->fd);
	else if (m->kind == WAITER_ASK)
		insight_free(m->insight);
	else if (m->kind == WAITER_ORDER)
		free(m->order);
}

int waiter_take_caller(struct waiter *w)
{
	int fd = w->caller;

	w->caller = -1;
	return fd;
}

struct order *waiter_take_order(struct waiter *w)
{
	struct order *o = w->orders[0];

	w->order_count--;
	memmove(w->orders, w->orders + 1, w->order_count * sizeof(struct order *));
	return o;
}

void waiter_fini(struct waiter *w)
{
	struct waiter_mail m;

	while (queue_pop(w->inbox, &m))
		waiter_mail_drop(&m);
	while (w->order_count > 0)
		free(waiter_take_order(w));
	plan_free(w->plan);
	if (w->caller >= 0)
		close(w->caller);
	queue_free(w->inbox);
}

bool waiter_ended(const struct waiter *w)
{
	return queue_closed(w->inbox);
}

void waiter_turn(struct waiter *w)
{
	atomic_fetch_add_explicit(&w->turns, 1, memory_order_relaxed);
}

bool waiter_has_mail(const struct waiter *w)
{
	return w->plan || w->caller >= 0 || w->deaf || w->order_count > 0;
}

static void take_caller(struct waiter *w, int fd)
{
	if (w->caller >= 0)
		close(w->caller);
	w->caller = fd;
	w->deaf = 0;
}

static int take_mail(struct waiter *w)
{
	struct waiter_mail m;

	while (queue_pop(w->inbox, &m)) {
		switch (m.kind) {
		case WAITER_PLAN:
			plan_free(w->plan);
			w->plan = m.plan;
			break;
		case WAITER_CALLER: take_caller(w, m.fd); break;
		case WAITER_DEAF: w->deaf = m.error; break;
		case WAITER_ORDER:
			assert(w->order_count < WAITER_ORDERS);
			w->orders[w->order_count++] = m.order;
			break;
		case WAITER_ASK:
			if (w->asked)
				w->asked(w->asked_context, m.insight);
			else
				waiter_mail_drop(&m);
			break;
		}
	}
	return waiter_ended(w) ? -ECANCELED : 0;
}

/* One slice: revents of fd, 0 when nothing came, -ECANCELED, -errno. */
static int wait_slice(struct waiter *w, int fd, short events, int64_t until_us)
{
	struct pollfd fds[] = { { .fd = fd, .events = events }, { .fd = queue_fd(w->inbox), .events = POLLIN } };
	int n = clock_poll_many(fds, ARRAY_SIZE(fds), until_us);

	waiter_turn(w);
	if (n < 0)
		return n;
	if (fds[1].revents && take_mail(w) < 0)
		return -ECANCELED;
	return fds[0].revents;
}

int waiter_wait(struct waiter *w, int fd, short events, int64_t deadline_us)
{
	for (;;) {
		int64_t slice_us = clock_mono_us() + SLICE_US, until_us = MIN(deadline_us, slice_us);
		int r = wait_slice(w, fd, events, until_us);

		if (r != 0)
			return r;
		if (until_us == deadline_us && clock_mono_us() >= deadline_us)
			return 0;
	}
}

int waiter_idle(struct waiter *w, int fd, int64_t deadline_us)
{
	while (!waiter_has_mail(w)) {
		int64_t slice_us = clock_mono_us() + SLICE_US, until_us = MIN(deadline_us, slice_us);
		int r = wait_slice(w, fd, POLLIN, until_us);

		if (r != 0)
			return r;
		if (until_us == deadline_us && clock_mono_us() >= deadline_us)
			return 0;
	}
	return 0;
}
