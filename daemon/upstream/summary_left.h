/* summary_left.h: which summaries of a span leave: each once, and again, with the next revision, when its figures have become
 * others since: a sample that came late, a clock that was put right. What left is remembered as a text:
 *
 *   {"building/b3":[0,"9f0c12aa"],"lift/lift-1":[0,"07bb3e51",412],…}
 *
 *   scope/of: the revision that left last, the sum of its figures, and of how many samples they were made
 *
 * A text without members says that nothing is to leave of that span: it was over before this box made summaries. Samples go
 * when they are too old, or with a disk: figures of fewer of them than before are no correction, and do not leave. Pure. */
#pragma once

#include <jansson.h>

#include "upstream/summary_span.h"

#define SUMMARY_LEFT_NOTHING "{}"

struct summary_left {
	json_t *messages; /* payloads: {"period","from","to","scope","of","revision","figures"} */
	char *text;       /* what has left with them */
};

/* What is known of what has left. */
struct summary_left_known {
	const char *text; /* NULL: nothing of the span has left yet */
	int64_t gone_us;  /* wall; of what left before it not all is known: it was restored then; 0: never */
};

/* rows as summary_rows gives them. A thing of which nothing left then is not told of later (it was not there), but for a kind
 * of alarm. Of a span that had begun when what was known of it went, revisions begin at the minutes since 1970 of then: beyond
 * all that have left. */
void summary_left_compare(const struct summary_span *span, const struct summary_left_known *known, const json_t *rows,
			  struct summary_left *ret_left);
void summary_left_fini(struct summary_left *l);
/* Rows as a person reads them: with "period", "from", "to", and the "revision" that left last, null where none has. The caller
 * owns the reference. */
json_t *summary_left_show(const struct summary_span *span, const char *left, const json_t *rows);
/* Calls with each kind of alarm that has left: what becomes of it must be told. */
void summary_left_rules(const char *left, void (*rule)(void *context, const char *rule), void *context);
