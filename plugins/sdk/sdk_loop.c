#include "sdk/sdk_loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "sdk/sdk_clock.h"

struct sdk_loop {
	struct sdk_watch *watches[SDK_LOOP_WATCHES];
	struct sdk_timer *timers; /* armed ones, soonest first */
	bool quit;
};

struct sdk_loop *sdk_loop_new(void)
{
	struct sdk_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		abort();
	return loop;
}

void sdk_loop_free(struct sdk_loop *loop)
{
	free(loop);
}

void sdk_loop_watch(struct sdk_loop *loop, struct sdk_watch *w)
{
	for (int i = 0; i < SDK_LOOP_WATCHES; i++)
		if (!loop->watches[i]) {
			loop->watches[i] = w;
			return;
		}
	assert(!"more watches than SDK_LOOP_WATCHES");
}

void sdk_loop_unwatch(struct sdk_loop *loop, struct sdk_watch *w)
{
	for (int i = 0; i < SDK_LOOP_WATCHES; i++)
		if (loop->watches[i] == w)
			loop->watches[i] = NULL;
}

void sdk_loop_disarm(struct sdk_loop *loop, struct sdk_timer *t)
{
	for (struct sdk_timer **p = &loop->timers; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	t->armed = false;
	t->next = NULL;
}

void sdk_loop_arm(struct sdk_loop *loop, struct sdk_timer *t, int64_t delay_us)
{
	struct sdk_timer **p = &loop->timers;

	sdk_loop_disarm(loop, t);
	t->at_us = sdk_clock_now_us() + (delay_us > 0 ? delay_us : 0);
	while (*p && (*p)->at_us <= t->at_us)
		p = &(*p)->next;
	t->next = *p;
	t->armed = true;
	*p = t;
}

static void run_timers(struct sdk_loop *loop)
{
	int64_t now_us = sdk_clock_now_us();

	/* Those armed from now on are due later than now_us: no timer can keep the descriptors waiting. */
	while (!loop->quit && loop->timers && loop->timers->at_us <= now_us) {
		struct sdk_timer *t = loop->timers;

		sdk_loop_disarm(loop, t);
		t->due(t);
	}
}

int64_t sdk_loop_jitter(int64_t us)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = 0;
	return us + us / 4 * (random % 1024) / 1024;
}

static int poll_timeout_ms(const struct sdk_loop *loop)
{
	int64_t wait_us;

	if (!loop->timers)
		return -1;
	wait_us = loop->timers->at_us - sdk_clock_now_us();
	if (wait_us <= 0)
		return 0;
	return wait_us > 3600 * SDK_CLOCK_S ? 3600 * 1000 : (int)((wait_us + 999) / 1000);
}

static int turn(struct sdk_loop *loop)
{
	struct pollfd fds[SDK_LOOP_WATCHES];
	struct sdk_watch *polled[SDK_LOOP_WATCHES];

	for (int i = 0; i < SDK_LOOP_WATCHES; i++) {
		struct sdk_watch *w = polled[i] = loop->watches[i];

		fds[i] = (struct pollfd){ .fd = w ? w->fd : -1, .events = (short)(w ? w->events : 0) };
	}
	if (poll(fds, SDK_LOOP_WATCHES, poll_timeout_ms(loop)) < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < SDK_LOOP_WATCHES && !loop->quit; i++) {
		struct sdk_watch *w = loop->watches[i];

		/* Removed, replaced or moved to another descriptor by an earlier callback: what poll saw is not its. */
		if (!w || w != polled[i] || w->fd != fds[i].fd || !fds[i].revents)
			continue;
		w->ready(w, fds[i].revents);
	}
	run_timers(loop);
	return 0;
}

int sdk_loop_run(struct sdk_loop *loop)
{
	loop->quit = false;
	while (!loop->quit) {
		int r = turn(loop);

		if (r < 0)
			return r;
	}
	return 0;
}

void sdk_loop_quit(struct sdk_loop *loop)
{
	loop->quit = true;
}
