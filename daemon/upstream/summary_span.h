/* summary_span.h: the hours and days that summaries are of, in the estate's own time: a day has 23 to 25 hours, and an hour
 * that a change to winter time repeats is there twice. Spans follow each other without a hole. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum summary_period { SUMMARY_HOUR, SUMMARY_DAY };
#define SUMMARY_PERIODS 2

/* from <= time < to; from says which one it is: it is what "once" is kept by. */
struct summary_span {
	enum summary_period period;
	int64_t from_us, to_us; /* wall */
};

const char *summary_span_name(enum summary_period p);                        /* hour, day */
int summary_span_parse(const char *name, enum summary_period *ret_period);   /* -EINVAL */
struct summary_span summary_span_of(enum summary_period p, int64_t wall_us); /* the one that the moment lies in */
struct summary_span summary_span_next(const struct summary_span *s);         /* right behind it */
struct summary_span summary_span_before(const struct summary_span *s);       /* right before it */
bool summary_span_same(const struct summary_span *a, const struct summary_span *b);
