/* explain.h: why a rule is active on an asset, or why it is not. Pure; reads, changes nothing. Main thread. */
#pragma once

#include "alarm/evaluator.h"

struct explain {
	const struct rule *rule;
	const struct alarm *alarm; /* NULL: it was never raised */
	enum expr_result result;   /* of the expression, now */
	bool active;               /* the condition, after its delays */
	bool pending;              /* restored, and not decided since the start */
	bool waiting, stopped;     /* a delay runs; it stands still, because the condition is unknown */
	int64_t wait_us, left_us;  /* of the delay: `for`, or `off_for` while it is active */
	const uint32_t *inputs;    /* points that it reads: numbers of the evaluator's table; lent */
	size_t input_count, said_count;
	struct expr_said said[EXPR_SAID_MAX]; /* none where the rule has no expression */
};

/* 0, -ENOENT: the rule does not watch this asset. */
int explain_watch(const struct evaluator *e, const char *rule, const char *asset, int64_t now_us, struct explain *ret);
/* The assets that a rule watches, one after another; NULL at the end. */
const char *explain_next_asset(const struct evaluator *e, const char *rule, size_t *position);
