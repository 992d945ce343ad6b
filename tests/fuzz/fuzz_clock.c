/* fuzz_clock.c: base/clock.c's reader of times: what it takes is printed and means the same moment again, in zones with and
 * without summer time, and its calendar is one.
 *
 * Input: the first byte chooses the zone, the rest is the text. */
#include "fuzz.h"

#include <errno.h>

#include "base/clock.h"
#include "base/util.h"

static void set_zone(unsigned which)
{
	static const char *const zones[] = { "Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York",
					     "Asia/Kathmandu" };
	static unsigned current = ARRAY_SIZE(zones);

	which %= ARRAY_SIZE(zones);
	if (which != current)
		clock_set_zone(zones[which]); /* reads a file: not at each input */
	current = which;
}

static void check_calendar(int64_t us)
{
	struct clock_calendar c;
	char buf[CLOCK_ISO_MAX];

	clock_calendar(us, &c);
	FUZZ_CLAIM(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.weekday >= 0 && c.weekday <= 6);
	FUZZ_CLAIM(c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 && c.second <= 60);
	FUZZ_CLAIM(strlen(clock_format_time(us, buf)) == 8);
	FUZZ_CLAIM(strlen(clock_format_local(us, buf)) >= 19);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	int64_t us = 0x5555555555555555, again;
	char *text, buf[CLOCK_ISO_MAX];
	int r;

	set_zone(fuzz_u8(&in));
	text = fuzz_rest(&in);
	r = clock_parse(text, &us);
	if (r < 0) {
		FUZZ_CLAIM((r == -EINVAL || r == -ERANGE) && us == 0x5555555555555555);
	} else {
		FUZZ_CLAIM(clock_format_iso(us, buf) == buf && strlen(buf) < sizeof(buf));
		FUZZ_CLAIM(clock_parse(buf, &again) == 0 && again <= us && us - again < MS);
		check_calendar(us);
	}
	free(text);
	return 0;
}
