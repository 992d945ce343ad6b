/* sdk_clock.h: the only reader of clocks among the plugins, and time as text. Any thread; keeps no state. */
#pragma once

#include <stdint.h>

#define SDK_CLOCK_S        INT64_C(1000000) /* one second in microseconds */
#define SDK_CLOCK_MS       INT64_C(1000)
#define SDK_CLOCK_TEXT_MAX 32

int64_t sdk_clock_now_us(void);  /* monotonic, counts suspend too; for waiting */
int64_t sdk_clock_wall_us(void); /* since 1970, UTC; may jump; for stamps */

/* "2024-05-01T10:00:00.120Z", "…+08:00": 0, or -EINVAL for any other form, one without an offset included (whose time
 * would it be?). */
int sdk_clock_parse(const char *text, int64_t *ret_wall_us);
/* As "2024-05-01T10:00:00.120Z". */
void sdk_clock_format(int64_t wall_us, char ret_text[static SDK_CLOCK_TEXT_MAX]);
/* As mail wants it: "Wed, 01 May 2024 10:00:00 +0000". */
void sdk_clock_format_mail(int64_t wall_us, char ret_text[static SDK_CLOCK_TEXT_MAX]);
