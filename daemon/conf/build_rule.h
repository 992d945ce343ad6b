/* build_rule.h: a rule while it is put together from all the places that speak of it. */
#pragma once

#include "alarm/rule.h"
#include "conf/build.h"

struct build_rule_draft {
	struct build *b;
	struct fields fields, text, guidance; /* merged: what a later file says wins, key by key */
	struct rule *rule;
	const struct class *scope; /* whose points the expression may use; NULL: unknown */
};

/* build_safety.c: what no configuration may do to a life-safety rule. */
void build_safety_check(struct build_rule_draft *d);
/* What a later file says of the shipped rule id: whom and what a life-safety rule watches stays. */
void build_safety_narrowing(struct build_rule_draft *d, const char *id, struct fields *later);
