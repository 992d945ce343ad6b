/* build_rule.h: a rule while it is put together from all the places that speak of it. */
#pragma once

#include "alarm/rule.h"
#include "conf/build.h"

#define BUILD_SETTINGS_MAX 16 /* figures of one rule about people */

struct build_rule_draft {
	struct build *b;
	struct fields fields, text, guidance; /* merged: what a later file says wins, key by key */
	struct rule *rule;
	struct rule_setting settings[BUILD_SETTINGS_MAX]; /* likewise merged */
	size_t setting_count;
	const struct class *scope; /* whose points the expression may use; NULL: unknown */
};

/* The expression of that key; ret_text: as it is written, NULL where there is none. NULL: so, or with a mistake that was told,
 * or nobody knows what the rule watches. */
struct expr *build_rule_condition(struct build_rule_draft *d, const char *key, const char **ret_text);

/* build_telling.c: how its alarm is told. */
enum build_telling_points { BUILD_TELLING_NONE, BUILD_TELLING_OWN }; /* whether it watches points of a device */
void build_telling_rise(struct build_rule_draft *d);
void build_telling_conditions(struct build_rule_draft *d, enum build_telling_points points);
void build_telling_ladder(struct build_rule_draft *d); /* who is told where it does not say so */
void build_telling_free(struct rule *r);               /* what these have made, of a rule that does not count */
/* build_safety.c: what no configuration may do to a life-safety rule. */
void build_safety_check(struct build_rule_draft *d);
/* What a later file says of the shipped rule id: whom and what a life-safety rule watches stays. */
void build_safety_narrowing(struct build_rule_draft *d, const char *id, struct fields *later);
/* build_settings.c: the figures of a rule about people: what one place says of them, and when all have been read. */
void build_settings_read(struct build_rule_draft *d, const char *id, const struct fields *said);
void build_settings_check(struct build_rule_draft *d);
/* One as it is written: "3h", "45", "22:00". Returns buf. */
#define BUILD_SETTINGS_TEXT MAX(STR_DURATION_MAX, STR_DOUBLE_MAX)
const char *build_settings_text(const char *rule, const struct rule_setting *s, char *buf);
