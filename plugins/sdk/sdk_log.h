/* sdk_log.h: what a plugin says to people: lines "<3>text" on stderr, which the daemon puts into its own log.
 *
 * Never blocks and never floods: one line is at most 1 KiB, a burst is 50 lines, then 5 a second; what is left out is
 * counted and told with the next line. Control characters become spaces, so a device's text cannot forge a line.
 * Main thread only. Log edges, not repeats. */
#pragma once

#include <stdint.h>

void sdk_log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sdk_log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sdk_log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

uint64_t sdk_log_dropped(void); /* lines left out since the start */
