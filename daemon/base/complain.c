#include "base/complain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

bool complain(struct complaint *c, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	if (c->open) {
		c->repeats++;
		return false;
	}
	*c = (struct complaint){ .open = true, .since_us = clock_mono_us() };
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	log_warning("%s", str_buf_text(&text));
	return true;
}

bool complain_resolved(struct complaint *c, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	char age[STR_DURATION_MAX];
	va_list ap;

	if (!c->open)
		return false;
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	str_from_age(clock_mono_us() - c->since_us, age);
	log_notice("%s after %s, %" PRIu64 " times", str_buf_text(&text), age, c->repeats + 1);
	*c = (struct complaint){ 0 };
	return true;
}
