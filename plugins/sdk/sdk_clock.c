#include "sdk/sdk_clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* As the daemon's own reader has it: others would not read back as they are written. */
#define PARSED_MIN (-86400 * SDK_CLOCK_S)       /* 1970 in every zone */
#define PARSED_MAX (253370764800 * SDK_CLOCK_S) /* 9999-01-01 */

static int64_t clock_read(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SDK_CLOCK_S + ts.tv_nsec / 1000;
}

int64_t sdk_clock_now_us(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

int64_t sdk_clock_wall_us(void)
{
	return clock_read(CLOCK_REALTIME);
}

/* Exactly `digits` digits at *p, moved behind them. */
static bool take_number(const char **p, int digits, int *ret_value)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		char c = (*p)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*p += digits;
	*ret_value = value;
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* ".120", of any length; nothing is 0. */
static bool take_fraction(const char **p, int64_t *ret_us)
{
	int64_t us = 0, unit = SDK_CLOCK_S / 10;
	bool any = false;

	if (!take_char(p, '.')) {
		*ret_us = 0;
		return true;
	}
	for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10, any = true)
		us += unit * (**p - '0');
	*ret_us = us;
	return any;
}

static bool take_offset(const char **p, int64_t *ret_us)
{
	int hours, minutes;
	int64_t sign;

	if (take_char(p, 'Z')) {
		*ret_us = 0;
		return true;
	}
	sign = **p == '-' ? -1 : 1;
	if (!take_char(p, '+') && !take_char(p, '-'))
		return false;
	if (!take_number(p, 2, &hours))
		return false;
	take_char(p, ':');
	if (!take_number(p, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	*ret_us = sign * (hours * 3600 + minutes * 60) * SDK_CLOCK_S;
	return true;
}

/* timegm makes the 2nd of March of the 30th of February. */
static bool is_day(const struct tm *tm)
{
	struct tm day = { .tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday };

	timegm(&day);
	return day.tm_mday == tm->tm_mday;
}

static bool take_date(const char **p, struct tm *ret_tm)
{
	struct tm tm = { 0 };

	if (!take_number(p, 4, &tm.tm_year) || !take_char(p, '-') || !take_number(p, 2, &tm.tm_mon) ||
	    !take_char(p, '-') || !take_number(p, 2, &tm.tm_mday))
		return false;
	if (!take_char(p, 'T') && !take_char(p, ' '))
		return false;
	if (!take_number(p, 2, &tm.tm_hour) || !take_char(p, ':') || !take_number(p, 2, &tm.tm_min) ||
	    !take_char(p, ':') || !take_number(p, 2, &tm.tm_sec))
		return false;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_tm = tm;
	return is_day(&tm);
}

int sdk_clock_parse(const char *text, int64_t *ret_wall_us)
{
	int64_t fraction_us, offset_us, wall_us;
	struct tm tm;

	if (!take_date(&text, &tm) || !take_fraction(&text, &fraction_us) || !take_offset(&text, &offset_us) || *text)
		return -EINVAL;
	wall_us = timegm(&tm) * SDK_CLOCK_S + fraction_us - offset_us;
	if (wall_us < PARSED_MIN || wall_us >= PARSED_MAX)
		return -EINVAL;
	*ret_wall_us = wall_us;
	return 0;
}

void sdk_clock_format(int64_t wall_us, char ret_text[static SDK_CLOCK_TEXT_MAX])
{
	time_t seconds = wall_us / SDK_CLOCK_S;
	int ms = (int)(wall_us % SDK_CLOCK_S / SDK_CLOCK_MS);
	char date[24];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text, SDK_CLOCK_TEXT_MAX, "%s.%03dZ", date, ms < 0 ? 0 : ms % 1000);
}

void sdk_clock_format_mail(int64_t wall_us, char ret_text[static SDK_CLOCK_TEXT_MAX])
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = wall_us / SDK_CLOCK_S;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(ret_text, SDK_CLOCK_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
		 months[tm.tm_mon], (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
