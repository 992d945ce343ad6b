#include "field/waiter.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

#define INBOX_ROOM 4
#define SLICE_US   (500 * MS) /* a waiting thread shows at least so often that it lives */

void waiter_init(struct waiter *w)
{
	w->inbox = queue_new(sizeof(struct plan *), INBOX_ROOM);
	w->mail = NULL;
	atomic_init(&w->turns, 0);
}

void waiter_fini(struct waiter *w)
{
	struct plan *p;

	while (queue_pop(w->inbox, &p))
		plan_free(p);
	plan_free(w->mail);
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

static int take_mail(struct waiter *w)
{
	struct plan *p;

	while (queue_pop(w->inbox, &p)) {
		plan_free(w->mail);
		w->mail = p;
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
	while (!w->mail) {
		int64_t slice_us = clock_mono_us() + SLICE_US, until_us = MIN(deadline_us, slice_us);
		int r = wait_slice(w, fd, POLLIN, until_us);

		if (r != 0)
			return r;
		if (until_us == deadline_us && clock_mono_us() >= deadline_us)
			return 0;
	}
	return 0;
}
