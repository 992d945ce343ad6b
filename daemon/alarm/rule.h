/* rule.h: a rule as the configuration says it: a row, immutable, its expression parsed and checked. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm/expr.h"
#include "base/diag.h"
#include "model/class.h"

struct rule_text {
	const char *zh, *en; /* templates: {place} {device} {value} {age}; NULL where not said */
};

/* A condition that the daemon finds out by itself from a device's points, beside the expression. */
enum rule_condition {
	RULE_CONDITION_NONE,
	RULE_CONDITION_ENTRAPMENT, /* entrapment.h: somebody is trapped in a lift */
	RULE_CONDITION_CARE, /* care/: about the people of a dwelling, which is its asset; told to the evaluator */
};

/* A figure of a rule about people (care/settings.h). */
struct rule_setting {
	const char *name;
	double value; /* durations in us, times of day in minutes */
};

/* Open for so long, and not acknowledged or still going on: more urgent. */
struct rule_rise {
	int64_t after_us;
	int priority;
};
#define RULE_RISES_MAX 3 /* from 4 to 1 */

struct rule {
	const char *id;
	const struct class
		*class;     /* its assets: all devices of the class; NULL with a `device` or for built-in conditions */
	const char *device; /* its asset: this one device only; NULL: all of the class */
	const char *
		when; /* source text of the expression; NULL: the condition alone, or told from outside (supervision) */
	struct expr *expr; /* checked against the class; NULL with when == NULL; owned by the configuration */
	enum rule_condition condition;        /* raises too, after its own delays: `for` is of the expression only */
	int64_t level_for_us, between_for_us; /* of the condition: entrapment at a landing, between floors */
	const struct rule_setting *settings;  /* of the condition: care; what is said of it, each once */
	size_t setting_count;
	const char *const
		*needs; /* own points that the expression cannot do without: a device that lacks one is not watched */
	size_t needs_count;
	int64_t for_us, off_for_us;
	double hysteresis;
	bool latch, enabled, life_safety;
	bool silent; /* nothing may be heard or seen of it where it happens: no siren, no lamp */
	int times;   /* n times in within_us; 0: at once */
	int64_t within_us, realarm_us;
	int priority; /* 1..4 */
	struct rule_rise rises[RULE_RISES_MAX];
	size_t rise_count;
	const char *ladder; /* NULL where none */
	const char *const *inhibited_by;
	size_t inhibited_by_count;
	const char *suppressed_when;  /* by design nobody is told while this holds; NULL: always */
	const char *acked_when;       /* when this begins, somebody has acknowledged it at the device; NULL: never */
	struct expr *excuse, *mirror; /* the same, as expr */
	struct rule_text text, guidance;
	struct diag_at at;
};

/* Nothing of it is a device's: somebody tells whether its condition holds (evaluator_set). */
static inline bool rule_is_told(const struct rule *r)
{
	return !r->when && (r->condition == RULE_CONDITION_NONE || r->condition == RULE_CONDITION_CARE);
}

/* Life safety: rules that no configuration may disable, lower or delay beyond a limit. */
struct rule_limit {
	const char *id;
	int64_t longest_for_us;
};
const struct rule_limit *rule_limit_find(const char *id); /* NULL: not life safety */
