/* build_rule.c: rules: shipped ones, changed key by key by later files, and those of the estate. */
#include "conf/build_rule.h"

#include <stdio.h>

#include "base/mem.h"
#include "conf/build_scope.h"

/* Conditions that the daemon itself finds out: such a rule has no expression. */
static const char *const told[] = { "supervision",  "self-test", "building-fire", "lift-need",
				    "powered-care", "door-lone", "fall-review" };

static bool listed(const char *const *ids, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(ids[i], id))
			return true;
	return false;
}

/* All entries that speak of one rule, in the order of the files. */
struct chain {
	const struct build_entry **entries;
	size_t count;
	const char *id;
	bool spare; /* its id is taken, or wrong: it is only checked */
};

/* ------------------------------------------------------------------------------------------------ texts */

static const char *const names[] = { "place", "device", "value", "age" };

static void say_unknown_name(struct fields *f, const char *key, const char *name)
{
	struct str_nearest nearest = { .word = name };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		str_nearest_try(&nearest, names[i]);
	if (nearest.best)
		fields_error(f, key, "unknown name {%s}; did you mean {%s}?", name, nearest.best);
	else
		fields_error(f, key, "unknown name {%s}; expected {place}, {device}, {value} or {age}", name);
}

/* A text for people names only what can be filled in. */
static void check_template(struct fields *f, const char *key)
{
	const char *text = fields_text(f, key);

	while (text && (text = strchr(text, '{'))) {
		size_t len = strcspn(++text, "{}");
		char name[32] = "";

		if (text[len] != '}') {
			fields_error(f, key, "a '{' that is not closed");
			return;
		}
		memcpy(name, text, MIN(len, sizeof(name) - 1));
		if (!listed(names, ARRAY_SIZE(names), name))
			say_unknown_name(f, key, name);
		text += len + 1;
	}
}

static void read_text(struct build_rule_draft *d, const struct fields *said, const char *key, struct fields *merged)
{
	const struct fields_value *v = fields_get(said, key);
	struct fields_source source = { .group = schema_group("rules.text"), .parent = said->subject, .what = key };
	struct fields f;

	if (!fields_said(said, key))
		return;
	source.setting = v->setting;
	source.file = v->file;
	fields_read(&source, d->b->diag, &f);
	check_template(&f, "zh");
	check_template(&f, "en");
	if (merged->group)
		fields_overlay(merged, &f);
	else
		*merged = f;
}

/* Where one language is missing the other stands for it. */
static struct rule_text texts_of(struct build *b, const struct fields *f)
{
	const char *zh, *en;

	if (!f->group)
		return (struct rule_text){ 0 };
	zh = fields_text(f, "zh");
	en = fields_text(f, "en");
	return (struct rule_text){ .zh = build_text(b, zh ? zh : en), .en = build_text(b, en ? en : zh) };
}

/* A rule without a text still says where and what. */
static struct rule_text plain_text(struct build *b, const char *id)
{
	return (struct rule_text){ .zh = arena_printf(b->arena, "{place} {device}：%s（{value}）", id),
				   .en = arena_printf(b->arena, "{place} {device}: %s ({value})", id) };
}

/* ------------------------------------------------------------------------------------------------ what it watches */

static void read_subject(struct build_rule_draft *d)
{
	struct fields *f = &d->fields;
	const struct ident *class = build_refer(d->b, &d->b->classes, f, "class");
	const struct ident *device = build_refer(d->b, &d->b->devices, f, "device");
	const struct build_class *built = class ? class->object : NULL;
	const struct device *one = device ? device->object : NULL;

	if (one) {
		d->rule->device = one->id;
		d->scope = build_scope_class(d->b, one->profile);
		if (built && built->class != one->class)
			fields_error(f, "class", "device '%s' is of class '%s'", one->id, one->class->id);
	} else if (built && !fields_get(f, "device")->setting) {
		d->rule->class = d->scope = built->class;
	}
}

static enum rule_condition condition_of(const struct build_rule_draft *d)
{
	static const enum rule_condition conditions[] = { RULE_CONDITION_ENTRAPMENT, RULE_CONDITION_CARE };

	return fields_said(&d->fields, "condition") ? conditions[fields_int(&d->fields, "condition")]
						    : RULE_CONDITION_NONE;
}

/* The daemon itself finds out its condition. */
static bool is_told(const struct build_rule_draft *d)
{
	return listed(told, ARRAY_SIZE(told), d->rule->id) || condition_of(d) == RULE_CONDITION_CARE;
}

struct expr *build_rule_condition(struct build_rule_draft *d, const char *key, const char **ret_text)
{
	_cleanup_str_buf_ struct str_buf subject = { 0 };
	_cleanup_(expr_freep) struct expr *expr = NULL;
	struct build_scope scope;

	*ret_text = build_text(d->b, fields_text(&d->fields, key));
	if (!*ret_text)
		return NULL;
	build_scope_init(&scope, d->b, d->scope);
	str_buf_printf(&subject, "%s: %s", d->fields.subject, key);
	scope.expr.subject = str_buf_text(&subject);
	scope.expr.at = fields_at(&d->fields, key);
	expr_parse(*ret_text, &scope.expr, d->b->diag, &expr);
	return d->scope ? steal(&expr) : NULL; /* of a rule that watches nothing it is only checked */
}

static void read_when(struct build_rule_draft *d)
{
	static const char *const keys[] = { "when", "class", "device" };
	struct fields *f = &d->fields;
	bool own = is_told(d);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if ((i == 0 ? own : condition_of(d) == RULE_CONDITION_CARE) && fields_get(f, keys[i])->setting)
			fields_error(f, keys[i], "the condition of this rule is built in");
	if (own || (!fields_said(f, "when") && !fields_said(f, "condition")))
		return;
	if (!fields_get(f, "class")->setting && !fields_get(f, "device")->setting)
		fields_error(f, "class", "missing: expected a class, or a device, that the rule watches");
	d->rule->expr = build_rule_condition(d, "when", &d->rule->when);
}

/* What the built-in condition cannot do without. */
static void read_condition(struct build_rule_draft *d)
{
	static const char *const points[] = { "door_open", "moving", "occupied" };
	static const char *const delays[] = { "level_for", "between_for" };
	struct fields *f = &d->fields;
	bool said = condition_of(d) == RULE_CONDITION_ENTRAPMENT;

	d->rule->condition = condition_of(d);
	for (size_t i = 0; i < ARRAY_SIZE(delays) && !said; i++)
		if (fields_said(f, delays[i]))
			fields_error(f, delays[i], "only a rule with condition = \"entrapment\" has this delay");
	if (!said)
		return;
	d->rule->level_for_us = fields_int(f, "level_for");
	d->rule->between_for_us = fields_int(f, "between_for");
	for (size_t i = 0; i < ARRAY_SIZE(points) && d->scope; i++)
		if (!class_find_point(d->scope, points[i]) && !unread_may_have(d->b->unread, points[i]))
			fields_error(f, "condition", "class '%s' has no point '%s', which it takes", d->scope->id,
				     points[i]);
}

static void say_unread_need(struct build_rule_draft *d, int entry, const char *name)
{
	struct str_nearest nearest = { .word = name };

	for (size_t i = 0; i < d->scope->point_count; i++)
		if (expr_reads(d->rule->expr, d->scope->points[i].name))
			str_nearest_try(&nearest, d->scope->points[i].name);
	fields_error_in(&d->fields, "needs", entry, "`when` reads no such point of the device%s%s%s",
			nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
			nearest.best ? "'?" : "");
}

static void read_needs(struct build_rule_draft *d)
{
	const config_setting_t *list = fields_get(&d->fields, "needs")->setting;
	const char **ids;

	if (!fields_said(&d->fields, "needs"))
		return;
	d->rule->needs_count = (size_t)config_setting_length(list);
	ids = ARENA_ARRAY(d->b->arena, d->rule->needs_count + 1, const char *);
	for (size_t i = 0; i < d->rule->needs_count; i++) {
		ids[i] = build_text(d->b, config_setting_get_string_elem(list, (int)i));
		if (d->rule->expr && !expr_reads(d->rule->expr, ids[i]))
			say_unread_need(d, (int)i, ids[i]);
	}
	d->rule->needs = ids;
}

/* ------------------------------------------------------------------------------------------------ the other keys */

static void read_times(struct build_rule_draft *d)
{
	struct fields *f = &d->fields;
	struct rule *r = d->rule;

	r->for_us = fields_int(f, "for");
	/* A life-safety rule with a limit of 0 gets its error instead. */
	if (r->for_us > 0 && fields_said(f, "for") && r->expr && expr_waits_for_event(r->expr) &&
	    !rule_limit_find(r->id))
		fields_warning(f, "for", "has no effect: an event does not last, it raises at once");
	r->off_for_us = fields_int(f, "off_for");
	r->hysteresis = fields_number(f, "hysteresis");
	r->realarm_us = fields_int(f, "realarm");
	r->times = (int)fields_int(f, "times");
	r->within_us = fields_int(f, "within");
	if (unread_may_have(d->b->unread, r->id))
		return; /* the other one may stand there */
	if (fields_said(f, "times") && !fields_get(f, "within")->setting)
		fields_error(f, "within", "missing: in what time %d times?", r->times);
	if (fields_said(f, "within") && !fields_get(f, "times")->setting)
		fields_error(f, "times", "missing: how many times within that time?");
}

static void read_inhibitors(struct build_rule_draft *d)
{
	struct fields *f = &d->fields;
	const config_setting_t *list = fields_get(f, "inhibited_by")->setting;
	const char **ids;

	if (!fields_said(f, "inhibited_by"))
		return;
	d->rule->inhibited_by_count = (size_t)config_setting_length(list);
	ids = ARENA_ARRAY(d->b->arena, d->rule->inhibited_by_count + 1, const char *);
	for (size_t i = 0; i < d->rule->inhibited_by_count; i++) {
		_cleanup_str_buf_ struct str_buf expected = { 0 };

		ids[i] = build_text(d->b, config_setting_get_string_elem(list, (int)i));
		if (str_equal(ids[i], d->rule->id))
			fields_error_in(f, "inhibited_by", (int)i, "a rule cannot keep itself quiet");
		if (unread_may_have(d->b->unread, ids[i]) || idents_find(&d->b->rules, ids[i]))
			continue;
		if (d->b->diag->count < DIAG_MAX)
			idents_expect(&d->b->rules, ids[i], &expected);
		fields_error_in(f, "inhibited_by", (int)i, "no such rule%s", str_buf_text(&expected));
	}
	d->rule->inhibited_by = ids;
}

static void read_rest(struct build_rule_draft *d)
{
	struct fields *f = &d->fields;
	struct rule *r = d->rule;

	r->latch = fields_bool(f, "latch");
	r->enabled = fields_bool(f, "enabled");
	r->life_safety = fields_bool(f, "life_safety") || rule_limit_find(r->id);
	r->priority = (int)fields_int(f, "priority");
	build_refer(d->b, &d->b->ladders, f, "ladder");
	r->ladder = build_text(d->b, fields_text(f, "ladder"));
	r->silent = fields_bool(f, "silent");
	r->text = texts_of(d->b, &d->text);
	if (!r->text.zh)
		r->text = plain_text(d->b, r->id);
	r->guidance = texts_of(d->b, &d->guidance);
	r->at = f->at;
}

/* ------------------------------------------------------------------------------------------------ rules */

static void merge(struct build_rule_draft *d, const struct chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct fields f;

		build_read(d->b, "rules", c->entries[i], &f);
		read_text(d, &f, "text", &d->text);
		read_text(d, &f, "guidance", &d->guidance);
		build_settings_read(d, c->id, &f);
		if (i > 0)
			build_safety_narrowing(d, c->id, &f);
		if (i == 0)
			d->fields = f;
		else
			fields_overlay(&d->fields, &f);
	}
}

static bool has_some_condition(const struct build_rule_draft *d, const struct chain *c)
{
	return fields_get(&d->fields, "when")->setting || fields_get(&d->fields, "condition")->setting || c->spare ||
	       listed(told, ARRAY_SIZE(told), c->id);
}

/* A change of a rule that is not there: misspelt. */
static void say_unknown(struct build_rule_draft *d, const struct chain *c)
{
	struct fields *f = &d->fields;
	struct str_nearest nearest = { .word = c->id };
	size_t position = 0;
	const struct ident *one;

	while ((one = map_next(d->b->rules.by_id, &position)))
		if (one->object && !str_equal(one->id, c->id)) /* has a condition */
			str_nearest_try(&nearest, one->id);
	diag_error(d->b->diag, f->at,
		   "%s: no shipped rule has this id, and a new one needs a condition: when = \"…\"%s%s%s", f->subject,
		   nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

static void read_rule(struct build_rule_draft *d)
{
	read_subject(d);
	read_when(d);
	read_condition(d);
	build_settings_check(d);
	read_needs(d);
	read_times(d);
	build_telling_rise(d);
	build_telling_conditions(d, is_told(d) ? BUILD_TELLING_NONE : BUILD_TELLING_OWN);
	read_inhibitors(d);
	read_rest(d);
}

static void build_one(struct build *b, const struct chain *c)
{
	_cleanup_(freep) struct build_rule_draft *d = MEM_NEW(struct build_rule_draft);
	struct conf *conf = b->conf;
	bool known;

	d->b = b;
	d->rule = ARENA_NEW(b->arena, struct rule);
	d->rule->id = build_text(b, c->id);
	merge(d, c);
	known = has_some_condition(d, c);
	if (!known && unread_may_have(b->unread, c->id))
		return; /* its condition may stand in the file that could not be read */
	if (!known)
		say_unknown(d, c);
	read_rule(d);
	if (known)
		build_safety_check(d);
	if (known && !c->spare && d->rule->enabled)
		build_telling_ladder(d);
	/* One that counts keeps its expression until the configuration is freed. */
	if (known && !c->spare && d->rule->enabled)
		conf->rules[conf->rule_count++] = *d->rule;
	else {
		expr_free(d->rule->expr);
		build_telling_free(d->rule);
	}
}

static bool same_level(const struct chain *c, const struct build_entry *e)
{
	return c->count > 0 && c->entries[c->count - 1]->file->level == e->file->level;
}

static bool has_condition(const struct build_entry *e, const char *id)
{
	return config_setting_get_member(e->setting, "when") || config_setting_get_member(e->setting, "condition") ||
	       listed(told, ARRAY_SIZE(told), id);
}

/* Files speak of one rule at most three times: as shipped, for the site, in the main file. */
static void append(struct build *b, struct chain *c, const struct build_entry *e)
{
	if (!c->entries)
		c->entries = ARENA_ARRAY(b->arena, CONFFILE_MAIN + 1, const struct build_entry *);
	c->entries[c->count++] = e;
}

/* False, and an error, where one of the same level speaks of it already. */
static bool add_to_chain(struct build *b, struct chain *c, const struct build_entry *e)
{
	if (same_level(c, e)) {
		const struct build_entry *other = c->entries[c->count - 1];

		diag_error(b->diag, conffile_at(e->file, e->setting),
			   "rule '%s': id = \"%s\": stands twice; the other is at %s:%u", c->id, c->id,
			   other->file->name, other->setting->line);
		return false;
	}
	append(b, c, e);
	return true;
}

/* An entry that cannot count: with what it would have changed, so that all its mistakes are told. */
static void add_spare(struct build *b, struct chain *spare, const struct chain *like, const struct build_entry *e)
{
	*spare = (struct chain){ .id = like ? like->id : "", .spare = true };
	for (size_t i = 0; like && i + 1 < like->count; i++)
		append(b, spare, like->entries[i]);
	append(b, spare, e);
}

/* Entries by id, in the order of the first that speaks of each. */
static struct chain *make_chains(struct build *b, const struct build_entries *e, size_t *ret_count)
{
	_cleanup_(map_freep) struct map *by_id = map_new();
	struct chain *chains = ARENA_ARRAY(b->arena, e->count + 1, struct chain);
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++) {
		const struct build_entry *one = &e->entries[i];
		const char *id = NULL;
		struct chain *c;

		if (config_setting_is_group(one->setting))
			config_setting_lookup_string(one->setting, "id", &id);
		if (!id || !str_is_id(id)) {
			add_spare(b, &chains[count++], NULL, one);
			continue;
		}
		c = map_find(by_id, id);
		if (!c) {
			struct ident *known = idents_add(&b->rules, id, conffile_at(one->file, one->setting));

			c = &chains[count++];
			c->id = id;
			known->object = has_condition(one, id) ? c : NULL;
			map_put(by_id, c->id, c);
		}
		if (!add_to_chain(b, c, one))
			add_spare(b, &chains[count++], c, one);
	}
	*ret_count = count;
	return chains;
}

void build_rule_all(struct build *b, struct build_entries *e)
{
	size_t count;
	struct chain *chains = make_chains(b, e, &count);

	b->conf->rules = ARENA_ARRAY(b->arena, count + 1, struct rule);
	for (size_t i = 0; i < count; i++)
		build_one(b, &chains[i]);
}
