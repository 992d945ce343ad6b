/* build_safety.c: life safety: what no configuration may switch off, lower, delay or silence. Errors, not warnings: a
 * box that starts with a smoke alarm that nobody hears is worse than one that refuses to. */
#include "conf/build_rule.h"

static void check_switch(struct build_rule_draft *d)
{
	struct fields *f = &d->fields;

	if (!d->rule->enabled) {
		fields_error(f, "enabled", "a life-safety rule cannot be switched off");
		d->rule->enabled = true;
	}
	if (fields_said(f, "life_safety") && !fields_bool(f, "life_safety"))
		fields_error(f, "life_safety", "this is a life-safety rule");
	if (d->rule->priority != 1)
		fields_error(f, "priority", "expected 1: a life-safety rule cannot be lowered");
}

static void check_delay(struct build_rule_draft *d, const struct rule_limit *limit)
{
	struct fields *f = &d->fields;
	char longest[STR_DURATION_MAX];

	if (d->rule->for_us > limit->longest_for_us)
		fields_error(f, "for", "expected at most %s: a life-safety rule cannot be delayed further",
			     str_from_duration(limit->longest_for_us, longest));
	if (d->rule->times > 0)
		fields_error(f, "times", "a life-safety rule cannot wait for a second time");
}

void build_safety_check(struct build_rule_draft *d)
{
	const struct rule_limit *limit = rule_limit_find(d->rule->id);

	if (!limit && !d->rule->life_safety)
		return;
	check_switch(d);
	if (limit)
		check_delay(d, limit);
	if (d->rule->inhibited_by_count > 0)
		fields_error(&d->fields, "inhibited_by", "a life-safety rule is never kept quiet");
	if (d->rule->suppressed_when)
		fields_error(&d->fields, "suppressed_when", "a life-safety rule is never kept quiet");
	/* Who forces somebody to open a door must not notice. Of all else those who are there must be warned. */
	if (d->rule->silent && limit && !str_equal(d->rule->id, "door-duress"))
		fields_error(&d->fields, "silent", "what protects life is heard by those who are there");
	/* A fire panel has a button for it; nothing else of a device may stand for somebody's eyes. */
	if (d->rule->acked_when && !str_equal(d->rule->id, "fire"))
		fields_error(&d->fields, "acked_when", "a life-safety rule is acknowledged by people only");
}

/* A file that only repeats it (a copy of the shipped one, with another text) is fine. */
static bool repeats(const struct fields *before, const struct fields *later, const char *key)
{
	return fields_said(before, key) && str_equal(fields_text(before, key), fields_text(later, key));
}

void build_safety_narrowing(struct build_rule_draft *d, const char *id, struct fields *later)
{
	static const char *const keys[] = { "class", "device", "when", "condition", "acked_when" };

	if (!rule_limit_find(id))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (fields_said(later, keys[i]) && !repeats(&d->fields, later, keys[i]))
			fields_error(
				later, keys[i],
				"what a shipped life-safety rule watches cannot be changed; write a rule of your own "
				"beside it, with life_safety = true");
	if (fields_said(later, "needs"))
		fields_error(later, "needs", "a shipped life-safety rule watches every device of its class");
}
