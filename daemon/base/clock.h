/* clock.h: the only reader of clocks and of local time. Everything else gets time as an argument.
 *
 * Monotonic time is CLOCK_BOOTTIME: it goes on while the box sleeps and never jumps. Wall time may jump by years.
 * Threads: any, but clock_set_zone once at start. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One moment on both clocks. mono for delays, wall for stamps. */
struct clock_now {
	int64_t mono_us, wall_us;
};

int64_t clock_mono_us(void);
int64_t clock_wall_us(void); /* since 1970 UTC */
struct clock_now clock_now(void);
const char *clock_boot_id(void); /* 32 hex digits, or $BOOT_ID when /proc hides it; lent; "" where neither is there */
/* The estate's zone ("Asia/Shanghai"). 0, or -ENOENT for a zone this system does not know (UTC is used then). */
int clock_set_zone(const char *zone);

#define CLOCK_ISO_MAX 40
/* "2026-11-22T03:00:00.120+08:00" in the estate's zone; returns buf. */
const char *clock_format_iso(int64_t wall_us, char *buf);
/* "03:00:00" / "2026-11-22 03:00:00" in the estate's zone, for people. */
const char *clock_format_time(int64_t wall_us, char *buf);
const char *clock_format_local(int64_t wall_us, char *buf);
/* ISO 8601 with or without offset ("T" or blank; without: the estate's zone), or epoch seconds with decimals. */
int clock_parse(const char *text, int64_t *ret_wall_us);

struct clock_calendar {
	int year, month, day, hour, minute, second, weekday; /* month and day from 1, weekday 0 = Sunday */
};
void clock_calendar(int64_t wall_us, struct clock_calendar *ret_calendar); /* local to the estate */

/* Waits for fd (-1: none) to be ready for events (POLLIN, POLLOUT) until the deadline on the monotonic clock; returns
 * revents, 0 at the deadline, -errno. Not for the main thread. */
int clock_poll(int fd, short events, int64_t deadline_us);
/* The same for several; a negative fd is left out. Returns how many have revents, 0 at the deadline, -errno. */
struct pollfd;
int clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us);
