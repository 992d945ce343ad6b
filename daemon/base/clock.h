/* clock.h: the only reader of clocks and of local time. Everything else gets time as an argument.
 *
 * Monotonic time is CLOCK_BOOTTIME: it goes on while the box sleeps and never jumps. Wall time may jump by years.
 * Threads: any, but clock_set_zone once at start. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One moment on both clocks. mono for delays, wall for stamps. */
struct clock_now {
	int64_t mono_us, wall_us;
};

int64_t clock_mono_us(void);
int64_t clock_wall_us(void);      /* since 1970 UTC */
int64_t clock_awake_us(void);     /* CLOCK_MONOTONIC, which others ask for: stands still while the box sleeps */
struct clock_now clock_now(void); /* of one instant, as nearly as the system lets us */
/* From now on mono, wall and now say what stands there (lent; NULL: the system's clocks again): virtual time of a replay.
 * Before any other thread reads a clock; clock_awake_us stays real. */
void clock_pretend(const struct clock_now *now);
const char *clock_boot_id(void); /* 32 hex digits, or $BOOT_ID when /proc hides it; lent; "" where neither is there */
/* Before the first thread that may format a time. */
void clock_begin(void);
/* The estate's zone ("Asia/Shanghai"). 0, or -ENOENT for a zone this system does not know (UTC is used then). */
int clock_set_zone(const char *zone);

/* How far the wall clock can be trusted; a later one is better.
 *   unset: before what the clock must be past (the build, the newest stored time): 1970, a dead battery
 *   restored: plausible, from the battery, a file or a hand; nobody confirms it
 *   synchronised: a time service has it, and says so */
enum clock_quality { CLOCK_UNSET, CLOCK_RESTORED, CLOCK_SYNCHRONISED };
const char *clock_quality_name(enum clock_quality q);                       /* unset restored synchronised */
int clock_quality_parse(const char *name, enum clock_quality *ret_quality); /* -EINVAL */
/* What the system says of its time service. */
struct clock_sync {
	bool known;           /* the kernel may be asked */
	bool synchronised;    /* the kernel: a service steers it */
	int64_t max_error_us; /* as the kernel reckons it */
	bool timesyncd;       /* systemd-timesyncd has synchronised, and not too long ago */
};
void clock_sync_read(struct clock_sync *ret_sync);
/* Pure. floor_us: what a clock that nobody steers must be past; clock_build_us counts always. */
enum clock_quality clock_judge(const struct clock_sync *sync, int64_t wall_us, int64_t floor_us);
/* 2020: stamps of before are of a clock that was never set, whatever the version that wrote them. */
#define CLOCK_ERA_US ((int64_t)1577836800 * 1000000)
int64_t clock_build_us(void); /* this program was not there before then */
/* Sets the system's clock. 0; -EPERM: it needs root or CAP_SYS_TIME; -EINVAL. */
int clock_set_wall(int64_t wall_us);
/* A descriptor that is readable once somebody has set the wall clock; the caller closes it. -errno. */
int clock_step_fd(void);
void clock_step_taken(int fd); /* makes it ready for the next step */

/* Stamps that were made while the clock was wrong, and by how much: those in from..to are meant by_us later. */
struct clock_shift {
	int64_t from_us, to_us, by_us;
};
#define CLOCK_SHIFTS_MAX 8
struct clock_shifts {
	struct clock_shift shifts[CLOCK_SHIFTS_MAX];
	size_t count;
};
/* The stamp as it should have been: by the first shift that it lies in. 0 (none) stays 0. */
int64_t clock_shifted(const struct clock_shifts *s, int64_t wall_us);

#define CLOCK_ISO_MAX 40
/* "2026-11-22T03:00:00.120+08:00" in the estate's zone; returns buf. */
const char *clock_format_iso(int64_t wall_us, char *buf);
/* "03:00:00" / "2026-11-22 03:00:00" in the estate's zone, for people. */
const char *clock_format_time(int64_t wall_us, char *buf);
const char *clock_format_local(int64_t wall_us, char *buf);
/* ISO 8601 with or without offset ("T" or blank; without: the estate's zone), or epoch seconds with decimals. 0, -EINVAL,
 * or -ERANGE outside of the years 1970 (and the day before, for zones) to 9998. */
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
