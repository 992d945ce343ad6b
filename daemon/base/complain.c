#include "base/complain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"

#define QUICK      (10 * MINUTE) /* sayings this close are of a trouble that comes and goes */
#define QUICK_MAX  10            /* so many of them are said at once: five comings and goings */
#define HOLD_FIRST MINUTE
#define HOLD_MAX   (30 * MINUTE)

/* What is and what was said differ: may it be said now? */
static bool may_say(struct complaint *c, int64_t now_us)
{
	int64_t since_us = now_us - c->said_us;

	if (c->open == c->said_open || (c->hold_us && since_us < c->hold_us))
		return false;
	if (c->said_us == 0 || since_us >= MAX(QUICK, 2 * c->hold_us)) {
		c->quick = 0;
		c->hold_us = 0;
	} else if (++c->quick >= QUICK_MAX) {
		c->hold_us = MIN(MAX(2 * c->hold_us, HOLD_FIRST), HOLD_MAX);
	}
	c->said_open = c->open;
	c->said_us = now_us;
	return true;
}

bool complain_opens(struct complaint *c, int64_t now_us)
{
	bool say;

	if (c->open) {
		c->repeats++;
		return may_say(c, now_us);
	}
	c->open = true;
	c->since_us = now_us;
	c->repeats = 0;
	say = may_say(c, now_us);
	if (!say)
		c->unsaid++;
	return say;
}

bool complain_closes(struct complaint *c, int64_t now_us)
{
	c->open = false;
	return c->said_open && may_say(c, now_us);
}

static void add_unsaid(struct complaint *c, struct str_buf *text)
{
	if (c->unsaid)
		str_buf_printf(text, "; it came and went %" PRIu64 " times meanwhile", c->unsaid);
	c->unsaid = 0;
}

bool complain_write(struct complaint *c, const struct log_head *head, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	if (!complain_opens(c, clock_mono_us()))
		return false;
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	add_unsaid(c, &text);
	log_say(head, "%s", str_buf_text(&text));
	return true;
}

bool complain_write_resolved(struct complaint *c, const struct log_head *head, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	char age[STR_DURATION_MAX];
	int64_t now_us;
	va_list ap;

	if (!c->open && !c->said_open)
		return false; /* well as ever: not even the clock is asked */
	now_us = clock_mono_us();
	if (!complain_closes(c, now_us))
		return false;
	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	str_from_age(now_us - c->since_us, age);
	str_buf_printf(&text, " after %s", age);
	if (c->repeats)
		str_buf_printf(&text, ", %" PRIu64 " times", c->repeats + 1);
	add_unsaid(c, &text);
	log_say(head, "%s", str_buf_text(&text));
	return true;
}
