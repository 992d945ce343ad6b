/* summary_left.h: which summaries of a span leave: each once, and again, with the next revision, when its figures have become
 * others since: a sample that came late, a clock that was put right. What left is remembered as a text:
 *
 *   {"building/b3":[0,"9f0c12aa"],…}   scope/of: the revision that left last, and the sum of its figures
 *
 * A text without members says that nothing is to leave of that span: it was over before this box made summaries. Pure. */
#pragma once

#include <jansson.h>

#include "upstream/summary_span.h"

#define SUMMARY_LEFT_NOTHING "{}"

struct summary_left {
	json_t *messages; /* payloads: {"period","from","to","scope","of","revision","figures"} */
	char *text;       /* what has left with them */
};

/* rows as summary_rows gives them; left: NULL where nothing of the span has left yet. A thing of which nothing left then is not
 * told of later (it was not there), but for a kind of alarm. */
void summary_left_compare(const struct summary_span *span, const char *left, const json_t *rows,
			  struct summary_left *ret_left);
void summary_left_fini(struct summary_left *l);
/* Rows as a person reads them: with "period", "from", "to", and the "revision" that left last, null where none has. The caller
 * owns the reference. */
json_t *summary_left_show(const struct summary_span *span, const char *left, const json_t *rows);
/* Calls with each kind of alarm that has left: what becomes of it must be told. */
void summary_left_rules(const char *left, void (*rule)(void *context, const char *rule), void *context);
