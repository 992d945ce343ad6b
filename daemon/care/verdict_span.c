/* verdict_span.c: see verdict.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/util.h"
#include "care/verdict.h"

/* A unit of time and the next smaller one, of which there are so many in it. */
static const struct span {
	int64_t us;
	unsigned smaller; /* minutes in the smaller one */
	const char *zh, *en, *small_zh, *small_en;
} spans[] = {
	{ DAY, 60, "天", "d", "小时", "h" },
	{ HOUR, 1, "小时", "h", "分", "min" },
};

static const char *span(int64_t us, char *buf, bool chinese)
{
	us = MAX(us, 0);
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		const struct span *s = &spans[i];
		int64_t rest = us % s->us / (s->smaller * MINUTE);

		if (us < s->us)
			continue;
		if (chinese && rest)
			snprintf(buf, VERDICT_SPAN, "%" PRId64 "%s%" PRId64 "%s", us / s->us, s->zh, rest, s->small_zh);
		else if (chinese)
			snprintf(buf, VERDICT_SPAN, "%" PRId64 "%s", us / s->us, s->zh);
		else if (rest)
			snprintf(buf, VERDICT_SPAN, "%" PRId64 " %s %" PRId64 " %s", us / s->us, s->en, rest,
				 s->small_en);
		else
			snprintf(buf, VERDICT_SPAN, "%" PRId64 " %s", us / s->us, s->en);
		return buf;
	}
	snprintf(buf, VERDICT_SPAN, chinese ? "%" PRId64 "分钟" : "%" PRId64 " min", us / MINUTE);
	return buf;
}

const char *verdict_span_zh(int64_t us, char *buf)
{
	return span(us, buf, true);
}

const char *verdict_span_en(int64_t us, char *buf)
{
	return span(us, buf, false);
}
