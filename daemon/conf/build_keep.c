/* build_keep.c: how much is kept, and how long: of what waits for the uplinks, of what was done, of
 * samples. */
#include "conf/build.h"

void build_keep_outbox(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "outbox", e, &f);
	b->conf->outbox = (struct conf_outbox){
		.id = "outbox",
		.bytes = fields_int(&f, "bytes"),
		.age_us = fields_int(&f, "age"),
		.rate = (int)fields_int(&f, "rate"),
		.ack_within_us = fields_int(&f, "ack_within"),
	};
}

void build_keep_web(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "web", e, &f);
	b->conf->web = (struct conf_web){ .id = "web", .user = fields_text(&f, "user") };
}

void build_keep_audit(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "audit", e, &f);
	b->conf->audit = (struct conf_audit){
		.id = "audit",
		.age_us = fields_int(&f, "age"),
		.rows = (int)fields_int(&f, "rows"),
	};
}

static void read_class(struct build *b, struct fields *f, struct keeping_class *to)
{
	const struct ident *class = build_refer(b, &b->classes, f, "class");

	*to = (struct keeping_class){ .class = class ? class->id : "",
				      .keep_us = fields_int(f, "keep"),
				      .keep_days_us = fields_int(f, "keep_sums"),
				      .max_bytes = fields_int(f, "bytes") };
}

static bool has_class(const struct keeping *k, const struct keeping_class *class)
{
	for (size_t i = 0; class->class[0] && i < k->class_count; i++)
		if (str_equal(k->classes[i].class, class->class))
			return true;
	return false;
}

static void read_classes(struct build *b, struct fields *f, struct keeping *k)
{
	const struct fields_value *v = fields_get(f, "classes");
	int count = fields_said(f, "classes") ? config_setting_length(v->setting) : 0;
	struct keeping_class *classes = arena_alloc(b->arena, (size_t)count * sizeof(*classes));
	struct fields_source source = { .group = schema_group("history.classes"),
					.parent = f->subject,
					.file = v->file };

	k->classes = classes;
	for (int i = 0; i < count; i++) {
		struct fields one;

		source.setting = config_setting_get_elem(v->setting, (unsigned)i);
		source.number = (size_t)i + 1;
		if (!config_setting_is_group(source.setting)) {
			fields_error_in(f, "classes", i, "expected { class = \"lift\"; keep = \"365d\"; }");
			continue;
		}
		fields_read(&source, b->diag, &one);
		read_class(b, &one, &classes[k->class_count]);
		if (has_class(k, &classes[k->class_count]))
			fields_error(&one, "class", "stands twice");
		else
			k->class_count++;
	}
}

void build_keep_history(struct build *b, const struct build_entries *e)
{
	struct fields f;
	struct keeping *k = &b->conf->history.keeping;

	build_read_once(b, "history", e, &f);
	b->conf->history.id = "history";
	*k = (struct keeping){ .keep_us = fields_int(&f, "keep"),
			       .keep_homes_us = fields_int(&f, "keep_homes"),
			       .keep_days_us = fields_int(&f, "keep_sums"),
			       .max_bytes = fields_int(&f, "bytes") };
	read_classes(b, &f, k);
}
