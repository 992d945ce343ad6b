/* sdk_loop.h: where a plugin waits: poll(2) over a few descriptors and timers. One thread owns it.
 *
 * Watches and timers belong to the caller and must be removed before they end. A callback may add, change and remove
 * any of them, itself included. Timers use the monotonic clock, each fires once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SDK_LOOP_WATCHES 128 /* sdk_curl.c may need two for each of its connections */

struct sdk_loop;

struct sdk_watch {
	int fd;       /* < 0: not looked at for now */
	short events; /* POLLIN | POLLOUT, may be changed at any time */
	void (*ready)(struct sdk_watch *w, short revents);
	void *user;
};

struct sdk_timer {
	void (*due)(struct sdk_timer *t);
	void *user;
	/* The loop's. */
	int64_t at_us;
	bool armed;
	struct sdk_timer *next;
};

struct sdk_loop *sdk_loop_new(void);
void sdk_loop_free(struct sdk_loop *loop);

void sdk_loop_watch(struct sdk_loop *loop, struct sdk_watch *w);
void sdk_loop_unwatch(struct sdk_loop *loop, struct sdk_watch *w);               /* one that is not watched is fine */
void sdk_loop_arm(struct sdk_loop *loop, struct sdk_timer *t, int64_t delay_us); /* again: moves it */
void sdk_loop_disarm(struct sdk_loop *loop, struct sdk_timer *t);

/* Up to a quarter more, by chance: estates that lost the same server do not come back all at once. */
int64_t sdk_loop_jitter(int64_t us);

/* Runs until sdk_loop_quit, which counts from here on; 0 or -errno of poll. */
int sdk_loop_run(struct sdk_loop *loop);
void sdk_loop_quit(struct sdk_loop *loop);
