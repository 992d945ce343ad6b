#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "base/util.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * S + t.tv_nsec / 1000;
}

static const struct clock_now *pretended; /* NULL: the system's clocks */

void clock_pretend(const struct clock_now *now)
{
	pretended = now;
}

int64_t clock_mono_us(void)
{
	return pretended ? pretended->mono_us : read_clock(CLOCK_BOOTTIME);
}

int64_t clock_awake_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	return pretended ? pretended->wall_us : read_clock(CLOCK_REALTIME);
}

/* The two are read one after the other: what happens in between (another thread's turn) must not look like a step. */
struct clock_now clock_now(void)
{
	struct clock_now best = { 0 };
	int64_t best_us = INT64_MAX;

	for (int i = 0; i < 3 && best_us > MS; i++) {
		int64_t before_us = clock_mono_us(), wall_us = clock_wall_us(), took_us = clock_mono_us() - before_us;

		if (took_us < best_us) {
			best = (struct clock_now){ .mono_us = before_us, .wall_us = wall_us };
			best_us = took_us;
		}
	}
	return best;
}

/* ---- how far it can be trusted ---- */

#define MAX_ERROR   (10 * S) /* the kernel itself gives up at 16 s */
#define MAX_SILENCE (5 * HOUR)

static const char *const quality_names[] = {
	[CLOCK_UNSET] = "unset", [CLOCK_RESTORED] = "restored", [CLOCK_SYNCHRONISED] = "synchronised"
};

const char *clock_quality_name(enum clock_quality q)
{
	return quality_names[q];
}

int clock_quality_parse(const char *name, enum clock_quality *ret_quality)
{
	for (size_t i = 0; i < ARRAY_SIZE(quality_names); i++)
		if (str_equal(quality_names[i], name)) {
			*ret_quality = (enum clock_quality)i;
			return 0;
		}
	return -EINVAL;
}

/* systemd-timesyncd touches it at each synchronisation, at least every 34 min; it stays when the service has lost its
 * servers. The kernel's own reckoning reaches MAX_ERROR after as long. */
static bool timesyncd_steers(void)
{
	struct stat st;
	int64_t age_us;

	if (stat("/run/systemd/timesync/synchronized", &st) < 0)
		return false;
	age_us = clock_wall_us() - ((int64_t)st.st_mtim.tv_sec * S + st.st_mtim.tv_nsec / 1000);
	return age_us > -S && age_us < MAX_SILENCE;
}

void clock_sync_read(struct clock_sync *ret_sync)
{
	struct timex t = { 0 };
	int state = adjtimex(&t); /* asks only */

	*ret_sync = (struct clock_sync){
		.known = state >= 0,
		.synchronised = state >= 0 && !(t.status & STA_UNSYNC),
		.max_error_us = t.maxerror,
		.timesyncd = timesyncd_steers(),
	};
}

enum clock_quality clock_judge(const struct clock_sync *sync, int64_t wall_us, int64_t floor_us)
{
	/* The file does not know that somebody set the clock: it counts only where the kernel must not be asked. */
	bool steered = sync->known ? sync->synchronised && sync->max_error_us <= MAX_ERROR : sync->timesyncd;

	if (wall_us < clock_build_us())
		return CLOCK_UNSET;
	if (steered)
		return CLOCK_SYNCHRONISED;
	return wall_us < floor_us ? CLOCK_UNSET : CLOCK_RESTORED;
}

int64_t clock_build_us(void)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec", date[] = __DATE__; /* "Nov  2 2026" */
	struct tm tm = { .tm_mday = (date[4] == ' ' ? 0 : date[4] - '0') * 10 + date[5] - '0' };

	for (int i = 0; i < 12; i++)
		if (memcmp(months + 3 * i, date, 3) == 0)
			tm.tm_mon = i;
	for (int i = 7; i < 11; i++)
		tm.tm_year = tm.tm_year * 10 + date[i] - '0';
	tm.tm_year -= 1900;
	/* A day less: nobody knows in which zone it was built. */
	return (int64_t)timegm(&tm) * S - DAY;
}

int clock_set_wall(int64_t wall_us)
{
	struct timespec t = { .tv_sec = wall_us / S, .tv_nsec = wall_us % S * 1000 };

	return clock_settime(CLOCK_REALTIME, &t) < 0 ? -errno : 0;
}

/* Far away: what it waits for is to be cancelled. */
static int arm_step_fd(int fd)
{
	struct itimerspec far = { .it_value.tv_sec = sizeof(time_t) > 4 ? (time_t)9000000000 : INT32_MAX };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) < 0 ? -errno : 0;
}

int clock_step_fd(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), r;

	if (fd < 0)
		return -errno;
	r = arm_step_fd(fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

void clock_step_taken(int fd)
{
	uint64_t count;

	/* Arming alone does not tell of a step that came meanwhile; reading takes it away. */
	if (read(fd, &count, sizeof(count)) < 0 && errno == EAGAIN)
		return;
	arm_step_fd(fd);
}

int64_t clock_shifted(const struct clock_shifts *s, int64_t wall_us)
{
	for (size_t i = 0; wall_us && i < s->count; i++)
		if (wall_us >= s->shifts[i].from_us && wall_us <= s->shifts[i].to_us)
			return wall_us + s->shifts[i].by_us;
	return wall_us;
}

/* The 32 hex digits of an id, dashes left out; "" when there are not that many. */
static void copy_boot_id(const char *from, char to[33])
{
	size_t len = 0;

	for (; *from && len < 32; from++)
		if (strchr("0123456789abcdef", *from))
			to[len++] = *from;
	to[len == 32 ? 32 : 0] = '\0';
}

const char *clock_boot_id(void)
{
	static char id[33];
	const char *given = getenv("BOOT_ID");
	char text[64] = "";
	int fd;

	if (id[0])
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = read(fd, text, sizeof(text) - 1);

		text[MAX(n, 0)] = '\0';
		close(fd);
	}
	copy_boot_id(text[0] ? text : given ? given : "", id);
	return id;
}

/* The zone is set after the log thread has begun, which formats times: so both stand behind this lock. TZ is there before
 * that thread (clock_begin), because a variable that is new moves the environment under those who read it. */
static pthread_mutex_t zone_lock = PTHREAD_MUTEX_INITIALIZER;

void clock_begin(void)
{
	setenv("TZ", ":/etc/localtime", 0); /* what it means when it is not there */
}

static void set_zone(const char *zone)
{
	pthread_mutex_lock(&zone_lock);
	setenv("TZ", zone, 1);
	tzset();
	pthread_mutex_unlock(&zone_lock);
}

static void local_time(time_t seconds, struct tm *ret_tm)
{
	pthread_mutex_lock(&zone_lock);
	localtime_r(&seconds, ret_tm);
	pthread_mutex_unlock(&zone_lock);
}

static time_t from_local_time(struct tm *tm)
{
	time_t seconds;

	pthread_mutex_lock(&zone_lock);
	seconds = mktime(tm);
	pthread_mutex_unlock(&zone_lock);
	return seconds;
}

int clock_set_zone(const char *zone)
{
	char path[256];
	int r = 0;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	if (strstr(zone, "..") || zone[0] == '/' || access(path, R_OK) < 0) {
		/* Without tzdata the one zone of the pilots is still right: China has had no summer time since 1991. */
		r = str_equal(zone, "Asia/Shanghai") ? 0 : -ENOENT;
		zone = r == 0 ? "CST-8" : "UTC0";
	}
	set_zone(zone);
	return r;
}

static time_t whole_seconds(int64_t wall_us)
{
	return (time_t)(wall_us / S - (wall_us % S < 0));
}

const char *clock_format_iso(int64_t wall_us, char *buf)
{
	time_t seconds = whole_seconds(wall_us);
	int ms = (int)((wall_us % S + S) % S / MS);
	struct tm tm;
	int offset;
	size_t len;

	local_time(seconds, &tm);
	offset = (int)(tm.tm_gmtoff / 60);
	len = strftime(buf, CLOCK_ISO_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, CLOCK_ISO_MAX - len, ".%03d%c%02d:%02d", ms, offset < 0 ? '-' : '+', abs(offset) / 60,
		 abs(offset) % 60);
	return buf;
}

const char *clock_format_time(int64_t wall_us, char *buf)
{
	struct clock_calendar c;

	clock_calendar(wall_us, &c);
	snprintf(buf, CLOCK_ISO_MAX, "%02d:%02d:%02d", c.hour, c.minute, c.second);
	return buf;
}

const char *clock_format_local(int64_t wall_us, char *buf)
{
	struct clock_calendar c;

	clock_calendar(wall_us, &c);
	snprintf(buf, CLOCK_ISO_MAX, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
		 c.second);
	return buf;
}

void clock_calendar(int64_t wall_us, struct clock_calendar *ret_calendar)
{
	time_t seconds = whole_seconds(wall_us);
	struct tm tm;

	local_time(seconds, &tm);
	*ret_calendar = (struct clock_calendar){
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
		.weekday = tm.tm_wday,
	};
}

/* What lies outside would not read back as it is written: years of five digits, and zones whose offset had seconds. No
 * clock of ours says so either: an unset one begins in 1970. */
#define PARSED_MIN (-DAY)
#define PARSED_MAX (253370764800 * S) /* 9999-01-01 */

/* Reads exactly n digits; returns what is behind them, or NULL. */
static const char *digits(const char *s, int n, int *ret_number)
{
	int number = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NULL;
		number = number * 10 + (s[i] - '0');
	}
	*ret_number = number;
	return s + n;
}

/* Reads the numbers of a pattern like "4-2-2": digit counts with the characters between them. */
static const char *fields(const char *s, const char *pattern, int *numbers)
{
	for (; s && *pattern; pattern++) {
		if (*pattern >= '1' && *pattern <= '9')
			s = digits(s, *pattern - '0', numbers++);
		else
			s = *s == *pattern ? s + 1 : NULL;
	}
	return s;
}

static const char *fraction(const char *s, int64_t *ret_us)
{
	int64_t unit = S / 10;

	*ret_us = 0;
	if (*s != '.' && *s != ',')
		return s;
	for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
		*ret_us += unit * (*s - '0');
	return s;
}

/* "Z", "+08:00", "+0800", or nothing. */
static int zone_offset(const char *s, bool *ret_given, int *ret_seconds)
{
	int numbers[2], sign = *s == '-' ? -1 : 1;
	const char *end;

	*ret_given = *s != '\0';
	*ret_seconds = 0;
	if (!*s || str_equal(s, "Z") || str_equal(s, "z"))
		return 0;
	if (*s != '+' && *s != '-')
		return -EINVAL;
	end = fields(s + 1, "2:2", numbers);
	if (!end)
		end = fields(s + 1, "22", numbers);
	if (!end || *end || numbers[0] > 14 || numbers[1] > 59)
		return -EINVAL;
	*ret_seconds = sign * (numbers[0] * 3600 + numbers[1] * 60);
	return 0;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* mktime would make the 2nd of March of the 30th of February. */
static bool is_day(const int date[3])
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (date[1] < 1 || date[1] > 12)
		return false;
	return date[2] >= 1 && date[2] <= lengths[date[1] - 1] + (date[1] == 2 && is_leap(date[0]));
}

/* 24:00 is the end of a day; 60 a leap second. */
static bool is_time(const int clock[3])
{
	return clock[0] < 24 ? clock[1] <= 59 && clock[2] <= 60 : clock[0] == 24 && clock[1] == 0 && clock[2] == 0;
}

static int parse_iso(const char *text, int64_t *ret_wall_us)
{
	int date[3], clock[3] = { 0 }, offset = 0;
	int64_t part = 0;
	bool given = false;
	struct tm tm = { .tm_isdst = -1 };
	const char *s = fields(text, "4-2-2", date);

	if (s && (*s == 'T' || *s == ' ')) {
		const char *with_seconds = fields(s + 1, "2:2:2", clock);

		s = with_seconds ? with_seconds : fields(s + 1, "2:2", clock);
	}
	if (!s)
		return -EINVAL;
	s = fraction(s, &part);
	if (zone_offset(s, &given, &offset) < 0 || !is_day(date) || !is_time(clock))
		return -EINVAL;
	tm.tm_year = date[0] - 1900;
	tm.tm_mon = date[1] - 1;
	tm.tm_mday = date[2];
	tm.tm_hour = clock[0];
	tm.tm_min = clock[1];
	tm.tm_sec = clock[2];
	*ret_wall_us = (given ? (int64_t)timegm(&tm) - offset : (int64_t)from_local_time(&tm)) * S + part;
	return 0;
}

int clock_parse(const char *text, int64_t *ret_wall_us)
{
	int64_t wall_us;
	double seconds;

	if (parse_iso(text, &wall_us) < 0) {
		if (str_to_double(text, &seconds) < 0)
			return -EINVAL;
		if (seconds < -1e11 || seconds > 1e11)
			return -ERANGE;
		wall_us = (int64_t)(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5));
	}
	if (wall_us < PARSED_MIN || wall_us >= PARSED_MAX)
		return -ERANGE;
	*ret_wall_us = wall_us;
	return 0;
}

int clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us)
{
	for (;;) {
		/* Not in MAX itself: it would read the clock twice, and the second time may be after the deadline. */
		int64_t behind = deadline_us - clock_mono_us(), left = MAX(behind, 0);
		struct timespec wait = { .tv_sec = left / S, .tv_nsec = left % S * 1000 };
		int n = ppoll(fds, count, &wait, NULL);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}

int clock_poll(int fd, short events, int64_t deadline_us)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = clock_poll_many(&p, fd >= 0, deadline_us);

	return n > 0 ? p.revents : n;
}
