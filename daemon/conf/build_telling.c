/* build_telling.c: how an alarm is told: a priority that rises while it is open, and what keeps it quiet by design. */
#include "conf/build_rule.h"

#include "base/mem.h"
#include "base/str.h"

static void add(struct build_rule_draft *d, int entry, const struct rule_rise *rise, int before)
{
	struct rule *r = d->rule;
	const struct rule_rise *last = r->rise_count ? &r->rises[r->rise_count - 1] : NULL;
	char after[STR_DURATION_MAX];

	if (rise->priority >= before)
		fields_error_in(&d->fields, "rise", entry,
				"priority = %d: expected a more urgent one than the %d before", rise->priority, before);
	else if (last && rise->after_us <= last->after_us)
		fields_error_in(&d->fields, "rise", entry, "after: expected more than the %s of the entry before",
				str_from_duration(last->after_us, after));
	else
		r->rises[r->rise_count++] = *rise; /* each is more urgent: never more than RULE_RISES_MAX */
}

void build_telling_rise(struct build_rule_draft *d)
{
	const struct fields_value *v = fields_get(&d->fields, "rise");
	int priority = (int)fields_int(&d->fields, "priority");
	struct fields_source source = { .group = schema_group("rules.rise"), .parent = d->fields.subject };

	if (!fields_said(&d->fields, "rise"))
		return;
	source.file = v->file;
	for (int i = 0; i < config_setting_length(v->setting); i++) {
		struct fields f;
		struct rule_rise rise;

		source.setting = config_setting_get_elem(v->setting, (unsigned)i);
		source.number = (size_t)i + 1;
		if (!config_setting_is_group(source.setting)) {
			fields_error_in(&d->fields, "rise", i, "expected { after = \"10m\"; priority = 2; }");
			continue;
		}
		if (fields_read(&source, d->b->diag, &f) < 0)
			continue;
		rise.after_us = fields_int(&f, "after");
		rise.priority = (int)fields_int(&f, "priority");
		add(d, i, &rise, priority);
		priority = MIN(priority, rise.priority);
	}
}

static struct expr *read_condition(struct build_rule_draft *d, const char *key, const char **ret_text)
{
	struct expr *expr = build_rule_condition(d, key, ret_text);

	if (expr && expr_waits_for_event(expr))
		fields_error(&d->fields, key, "an event does not last: expected a condition that holds for a while");
	return expr;
}

void build_telling_conditions(struct build_rule_draft *d, enum build_telling_points points)
{
	struct rule *r = d->rule;
	const struct {
		const char *key, **text;
		struct expr **expr;
	} keys[] = {
		{ "suppressed_when", &r->suppressed_when, &r->excuse },
		{ "acked_when", &r->acked_when, &r->mirror },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!fields_said(&d->fields, keys[i].key))
			continue;
		if (points == BUILD_TELLING_NONE)
			fields_error(&d->fields, keys[i].key,
				     "the condition of this rule is built in: it has no points");
		else
			*keys[i].expr = read_condition(d, keys[i].key, keys[i].text);
	}
}

void build_telling_ladder(struct build_rule_draft *d)
{
	struct rule *r = d->rule;
	int priority = r->rise_count ? r->rises[r->rise_count - 1].priority : r->priority;

	if (r->ladder || fields_get(&d->fields, "ladder")->setting)
		return;
	if (r->life_safety) {
		r->ladder = "L1";
		fields_warning(&d->fields, "ladder", "missing: the rule protects life, so it is told by L1");
	} else if (priority <= 1) {
		fields_warning(&d->fields, "ladder",
			       "missing: this is for a call-out, and nobody is called; L1 is the ladder for it");
	}
}

void build_telling_free(struct rule *r)
{
	expr_free(steal(&r->excuse));
	expr_free(steal(&r->mirror));
}
