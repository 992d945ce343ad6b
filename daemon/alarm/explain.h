/* explain.h: why a rule is active on an asset, or why it is not. Pure; reads, changes nothing. Main thread. */
#pragma once

#include "alarm/evaluator.h"

/* suppressed_when, acked_when of the rule. */
struct explain_beside {
	const char *text;        /* NULL: the rule has none */
	bool bound;              /* the asset has points of it; without them it never holds */
	bool holds;              /* what it said when it was last known: that counts while it is not */
	enum expr_result result; /* now; false where it is not bound */
	size_t said_count;
	struct expr_said said[EXPR_SAID_MAX];
};

/* Where the alarm is on its way to a step of the rule's rises. */
enum explain_rise {
	EXPLAIN_RISE_IDLE,    /* the alarm is not open */
	EXPLAIN_RISE_WAITING, /* it will be that urgent when the time is over */
	EXPLAIN_RISE_HELD,    /* time goes on; out of the way, or over: it does not rise before it comes back */
	EXPLAIN_RISE_REACHED, /* it is that urgent, or more */
};
struct explain_step {
	enum explain_rise state;
	int64_t left_us; /* waiting, held */
};

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
	struct expr_said said[EXPR_SAID_MAX];      /* none where the rule has no expression */
	int priority;                              /* the alarm's while it is open, else the rule's */
	struct explain_step steps[RULE_RISES_MAX]; /* of rule->rises, in their order */
	struct explain_beside suppressed, acked;
};

/* 0, -ENOENT: the rule does not watch this asset. */
int explain_watch(const struct evaluator *e, const char *rule, const char *asset, int64_t now_us, struct explain *ret);
/* Of each rule, in the order of evaluator_rules: how many assets it watches, and of how many its alarm is not normal. tallies
 * has room for all. */
struct explain_tally {
	size_t watched, open;
};
void explain_count(const struct evaluator *e, struct explain_tally *tallies);
/* The assets that a rule watches, one after another; NULL at the end. */
const char *explain_next_asset(const struct evaluator *e, const char *rule, size_t *position);
