/* build_ladder.c: ladders: who is told of an alarm, and after how long. Those of the site take the place of shipped ones. */
#include "conf/build.h"

/* Ladders that are always there: a rule may name them where nothing shipped is. */
static const char *const standard[] = { "L1", "L2" };

static bool knows_duty(const struct build *b, const char *word)
{
	return idents_find(&b->duties, word) || idents_find(&b->contacts, word) || unread_may_have(b->unread, word);
}

/* A duty that nobody has is passed over, as in the shipped ladders; one that is nearly somebody's is a slip of the pen. */
static void check_duty(struct build *b, struct fields *step, int entry, const char *word)
{
	const char *nearest;

	if (knows_duty(b, word))
		return;
	nearest = idents_nearest(&b->duties, word);
	if (!nearest)
		nearest = idents_nearest(&b->contacts, word);
	if (nearest)
		fields_error_in(step, "to", entry, "no contact has this duty or this id; did you mean '%s'?", nearest);
	else if (map_count(b->contacts.by_id) > 0)
		diag_warning(b->diag, step->at, "%s: to: nobody has the duty '%s'", step->subject, word);
}

static void read_to(struct build *b, struct fields *f, const struct build_entry *e, struct ladder_step *step)
{
	const config_setting_t *list = fields_get(f, "to")->setting;
	int count = fields_said(f, "to") ? config_setting_length(list) : 0;
	const char **to = ARENA_ARRAY(b->arena, (size_t)count + 1, const char *);

	for (int i = 0; i < count; i++) {
		const char *word = config_setting_get_string_elem(list, i);

		if (!word)
			continue; /* told already */
		if (e->file->level != CONFFILE_SHIPPED)
			check_duty(b, f, i, word);
		to[step->to_count++] = build_text(b, word);
	}
	step->to = to;
}

static void read_step(struct build *b, struct fields *ladder, int entry, const struct build_entry *e)
{
	const struct fields_value *v = fields_get(ladder, "steps");
	struct ladder *l = &b->conf->ladders[b->conf->ladder_count];
	struct ladder_step *step = (struct ladder_step *)&l->steps[l->step_count];
	struct fields f;
	struct fields_source source = {
		.group = schema_group("ladders.steps"),
		.setting = config_setting_get_elem(v->setting, (unsigned)entry),
		.file = v->file,
		.parent = ladder->subject,
		.number = (size_t)entry + 1,
	};

	if (fields_read(&source, b->diag, &f) < 0)
		return;
	step->after_us = fields_int(&f, "after");
	step->all = fields_bool(&f, "all");
	step->priority = (int)fields_int(&f, "priority");
	step->then = build_text(b, fields_text(&f, "ladder"));
	read_to(b, &f, e, step);
	if (l->step_count && step->after_us < l->steps[l->step_count - 1].after_us)
		fields_error(&f, "after", "expected not less than in the step before");
	if (step->then && entry + 1 < config_setting_length(v->setting))
		fields_error(&f, "ladder", "expected in the last step only: it goes on there, and does not come back");
	l->step_count++;
}

static void read_steps(struct build *b, struct fields *f, const struct build_entry *e)
{
	struct ladder *l = &b->conf->ladders[b->conf->ladder_count];
	int count = fields_said(f, "steps") ? config_setting_length(fields_get(f, "steps")->setting) : 0;

	l->steps = ARENA_ARRAY(b->arena, LADDER_STEPS_MAX, struct ladder_step);
	if (count > LADDER_STEPS_MAX)
		fields_error(f, "steps", "%d steps: expected at most %d", count, LADDER_STEPS_MAX);
	else if (count == 0 && fields_complete(f) && !fields_get(f, "steps")->wrong)
		fields_warning(f, "steps", "none: nobody is told");
	for (int i = 0; i < MIN(count, LADDER_STEPS_MAX); i++)
		read_step(b, f, i, e);
}

static const struct ladder *leads_to(const struct conf *c, const struct ladder *l)
{
	const char *then = l->step_count ? l->steps[l->step_count - 1].then : NULL;

	for (size_t i = 0; then && i < c->ladder_count; i++)
		if (str_equal(c->ladders[i].id, then))
			return &c->ladders[i];
	return NULL;
}

/* A ladder that leads on must lead to one that is there, and never back to itself. */
static void check_ends(struct build *b, const struct ladder *l)
{
	const char *then = l->step_count ? l->steps[l->step_count - 1].then : NULL;
	_cleanup_str_buf_ struct str_buf expected = { 0 };
	const struct ladder *at = l;

	if (then && !idents_find(&b->ladders, then) && !unread_may_have(b->unread, then)) {
		idents_expect(&b->ladders, then, &expected);
		diag_error(b->diag, l->at, "ladder '%s': ladder = \"%s\": no such ladder%s", l->id, then,
			   str_buf_text(&expected));
	}
	for (size_t i = 0; i <= b->conf->ladder_count && (at = leads_to(b->conf, at)); i++)
		if (at == l) {
			diag_error(b->diag, l->at, "ladder '%s': leads back to itself: expected an end; see `repeat`",
				   l->id);
			return;
		}
}

void build_ladder_all(struct build *b, struct build_entries *e)
{
	struct conf *c = b->conf;

	c->ladders = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct ladder);
	build_supersede(b, e, "ladders");
	for (size_t i = 0; i < e->count; i++) {
		struct ladder *l = &c->ladders[c->ladder_count];
		struct ident *id;
		struct fields f;

		if (e->entries[i].skip)
			continue;
		build_read(b, "ladders", &e->entries[i], &f);
		id = e->entries[i].spare ? idents_spare(&b->ladders, f.at) : build_declare(b, &b->ladders, &f);
		*l = (struct ladder){ .id = id->id, .repeat_us = fields_int(&f, "repeat"), .at = f.at };
		read_steps(b, &f, &e->entries[i]);
		c->ladder_count += !id->spare;
	}
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		idents_add(&b->ladders, standard[i], (struct diag_at){ 0 });
	for (size_t i = 0; i < c->ladder_count; i++)
		check_ends(b, &c->ladders[i]);
}
