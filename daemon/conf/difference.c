/* difference.c: every row is written as a text of all that it says; rows with the same text are the same. */
#include "conf/difference.h"

#include <inttypes.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

static void add_text(struct str_buf *b, const char *text)
{
	str_buf_add_json(b, text ? text : "");
	str_buf_add(b, " ");
}

static void add_number(struct str_buf *b, double number)
{
	char text[STR_DOUBLE_MAX];

	str_buf_printf(b, "%s ", str_from_double(number, text));
}

static void add_integer(struct str_buf *b, int64_t number)
{
	str_buf_printf(b, "%" PRId64 " ", number);
}

/* ---- rows as texts; row is a pointer to the struct ---- */

static void write_estate(const void *row, struct str_buf *b)
{
	const struct estate *e = row;

	add_text(b, e->id);
	add_text(b, e->name);
	add_text(b, e->timezone);
	add_integer(b, e->self_test_us);
}

static void write_log(const void *row, struct str_buf *b)
{
	const struct conf_log *l = row;

	add_integer(b, l->said);
	add_integer(b, l->plan.all);
	for (size_t i = 0; i < LOG_ROOMS; i++)
		add_integer(b, l->plan.rooms[i]);
}

static void write_outbox(const void *row, struct str_buf *b)
{
	const struct conf_outbox *o = row;

	add_integer(b, o->bytes);
	add_integer(b, o->age_us);
	add_integer(b, o->rate);
	add_integer(b, o->ack_within_us);
}

static void write_history(const void *row, struct str_buf *b)
{
	const struct conf_history *h = row;

	add_integer(b, h->keeping.keep_us);
	add_integer(b, h->keeping.keep_homes_us);
	add_integer(b, h->keeping.keep_days_us);
	add_integer(b, h->keeping.max_bytes);
	for (size_t i = 0; i < h->keeping.class_count; i++) {
		add_text(b, h->keeping.classes[i].class);
		add_integer(b, h->keeping.classes[i].keep_us);
		add_integer(b, h->keeping.classes[i].keep_days_us);
		add_integer(b, h->keeping.classes[i].max_bytes);
	}
}

static void write_web(const void *row, struct str_buf *b)
{
	const struct conf_web *w = row;

	add_text(b, w->user);
}

static void write_audit(const void *row, struct str_buf *b)
{
	const struct conf_audit *a = row;

	add_integer(b, a->age_us);
	add_integer(b, a->rows);
}

static void write_place(const void *row, struct str_buf *b)
{
	const struct place *p = row;

	add_text(b, p->name);
	add_integer(b, p->floors);
	for (size_t i = 0; i < p->unit_count; i++)
		add_text(b, p->units[i]);
}

static void write_class(const void *row, struct str_buf *b)
{
	const struct class *c = row;

	for (size_t i = 0; i < c->point_count; i++) {
		add_text(b, c->points[i].name);
		add_integer(b, c->points[i].type);
		add_text(b, c->points[i].unit);
	}
}

static void write_wire(const struct codec_wire *w, struct str_buf *b)
{
	const int64_t numbers[] = { w->table,    w->address,   w->type,   w->order,      w->bit_low,
				    w->bit_high, w->registers, w->invert, w->field_bits, w->field_equals };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_integer(b, numbers[i]);
	add_number(b, w->scale);
	add_number(b, w->offset);
	for (size_t i = 0; i < w->invalid_count; i++)
		add_integer(b, w->invalid[i]);
	add_text(b, NULL); /* where the markers end and the texts begin */
	for (size_t i = 0; i < w->text_count; i++) {
		add_integer(b, w->texts[i].raw);
		add_text(b, w->texts[i].text);
	}
}

static void write_limits(const struct plausible_limits *l, struct str_buf *b)
{
	add_integer(b, l->has_range);
	add_integer(b, l->counter);
	add_number(b, l->low);
	add_number(b, l->high);
	add_number(b, l->max_rate);
}

static void write_point(const struct profile_point *point, struct str_buf *b)
{
	add_text(b, point->name);
	add_integer(b, point->type);
	add_text(b, point->unit);
	add_integer(b, point->event);
	write_wire(&point->wire, b);
	add_text(b, point->field.path);
	add_text(b, point->field.equals);
	add_integer(b, point->field.invert);
	add_number(b, point->field.scale);
	add_number(b, point->field.offset);
	add_integer(b, point->period_us);
	add_integer(b, point->max_age_us);
	add_number(b, point->deadband);
	add_integer(b, point->writable);
	add_text(b, point->only_when);
	write_limits(&point->limits, b);
}

bool difference_same_point(const struct profile_point *a, const struct profile_point *b)
{
	_cleanup_str_buf_ struct str_buf left = { 0 }, right = { 0 };

	write_point(a, &left);
	write_point(b, &right);
	return str_equal(str_buf_text(&left), str_buf_text(&right));
}

static void write_profile(const void *row, struct str_buf *b)
{
	const struct profile *p = row;

	add_text(b, p->class->id);
	add_text(b, p->name);
	for (size_t i = 0; i < p->model_count; i++)
		add_text(b, p->models[i]);
	add_text(b, NULL);
	for (size_t i = 0; i < p->point_count; i++)
		write_point(&p->points[i], b);
	for (size_t i = 0; i < p->forbidden_count; i++) {
		add_integer(b, p->forbidden[i].table);
		add_integer(b, p->forbidden[i].first);
		add_integer(b, p->forbidden[i].last);
	}
	add_integer(b, p->mask_write);
}

static void write_bus(const void *row, struct str_buf *b)
{
	const struct bus *bus = row;
	const int64_t numbers[] = { bus->type,
				    bus->port,
				    bus->baud,
				    bus->data_bits,
				    bus->stop_bits,
				    bus->parity,
				    bus->timeout_us,
				    bus->pause_after_connect_us,
				    bus->min_interval_us,
				    bus->standby_port,
				    bus->rs485,
				    bus->rs485_before_us,
				    bus->rs485_after_us,
				    bus->tcp_frames,
				    bus->idle_close_us,
				    bus->turnaround_us };

	add_text(b, bus->name);
	add_text(b, bus->host);
	add_text(b, bus->path);
	add_text(b, bus->standby);
	for (size_t i = 0; i < bus->registration_len; i++)
		add_integer(b, bus->registration[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_integer(b, numbers[i]);
}

static void write_plugin(const void *row, struct str_buf *b)
{
	const struct plugin *p = row;

	add_text(b, p->program);
	add_text(b, p->options_json);
	add_integer(b, p->max_age_us);
}

static void write_device(const void *row, struct str_buf *b)
{
	const struct device *d = row;
	const int64_t numbers[] = { d->entrance,        d->unit,     d->max_age_us,
				    d->max_registers,   d->max_bits, d->late_bound_us,
				    d->min_interval_us, d->loose,    d->writes };

	add_text(b, d->name);
	add_text(b, d->place);
	add_text(b, d->room);
	add_text(b, d->profile->id);
	add_text(b, d->bus ? d->bus->id : NULL);
	add_text(b, d->plugin ? d->plugin->id : NULL);
	add_text(b, d->address);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_integer(b, numbers[i]);
}

static void write_rule(const void *row, struct str_buf *b)
{
	const struct rule *r = row;
	const int64_t numbers[] = { r->for_us,       r->off_for_us,     r->latch,      r->enabled,  r->life_safety,
				    r->times,        r->within_us,      r->realarm_us, r->priority, r->condition,
				    r->level_for_us, r->between_for_us, r->silent };
	const char *const texts[] = { r->class ? r->class->id : NULL,
				      r->device,
				      r->when,
				      r->suppressed_when,
				      r->acked_when,
				      r->ladder,
				      r->text.zh,
				      r->text.en,
				      r->guidance.zh,
				      r->guidance.en };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		add_text(b, texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		add_integer(b, numbers[i]);
	add_number(b, r->hysteresis);
	for (size_t i = 0; i < r->setting_count; i++) {
		add_text(b, r->settings[i].name);
		add_number(b, r->settings[i].value);
	}
	for (size_t i = 0; i < r->rise_count; i++) {
		add_integer(b, r->rises[i].after_us);
		add_integer(b, r->rises[i].priority);
	}
	add_text(b, NULL);
	for (size_t i = 0; i < r->inhibited_by_count; i++)
		add_text(b, r->inhibited_by[i]);
	add_text(b, NULL); /* where one list ends and the next begins */
	for (size_t i = 0; i < r->needs_count; i++)
		add_text(b, r->needs[i]);
}

static void add_texts(struct str_buf *b, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_text(b, texts[i]);
	add_text(b, NULL); /* where one list ends and the next begins */
}

static void write_contact(const void *row, struct str_buf *b)
{
	const struct contact *c = row;

	add_text(b, c->name);
	add_text(b, c->notifier ? c->notifier->id : NULL);
	add_text(b, c->to_json);
	add_text(b, c->phone);
	add_text(b, c->output);
	add_text(b, c->button);
	add_texts(b, c->cards, c->card_count);
	add_texts(b, c->duties, c->duty_count);
	add_texts(b, c->places, c->place_count);
	add_integer(b, c->rate);
	add_integer(b, c->tests);
	add_integer(b, c->output_stays);
	add_integer(b, c->english);
	for (size_t i = 0; i < c->span_count; i++) {
		add_integer(b, c->roster[i].days);
		add_integer(b, c->roster[i].from_min);
		add_integer(b, c->roster[i].to_min);
	}
}

static void write_holiday(const void *row, struct str_buf *b)
{
	const struct contact_holiday *h = row;

	add_text(b, h->name);
	add_integer(b, h->from);
	add_integer(b, h->until);
	add_integer(b, h->as);
	add_texts(b, h->places, h->place_count);
}

static void write_ladder(const void *row, struct str_buf *b)
{
	const struct ladder *l = row;

	add_integer(b, l->repeat_us);
	for (size_t i = 0; i < l->step_count; i++) {
		add_integer(b, l->steps[i].after_us);
		add_integer(b, l->steps[i].all);
		add_integer(b, l->steps[i].priority);
		add_text(b, l->steps[i].then);
		add_texts(b, l->steps[i].to, l->steps[i].to_count);
	}
}

/* ---- groups: where the rows of a group stand in a struct conf ---- */

struct rows {
	const char *first;
	size_t count;
};

static struct rows rows_estate(const struct conf *c)
{
	return (struct rows){ (const char *)&c->estate, 1 };
}

static struct rows rows_log(const struct conf *c)
{
	return (struct rows){ (const char *)&c->log, 1 };
}

static struct rows rows_outbox(const struct conf *c)
{
	return (struct rows){ (const char *)&c->outbox, 1 };
}

static struct rows rows_history(const struct conf *c)
{
	return (struct rows){ (const char *)&c->history, 1 };
}

static struct rows rows_web(const struct conf *c)
{
	return (struct rows){ (const char *)&c->web, 1 };
}

static struct rows rows_audit(const struct conf *c)
{
	return (struct rows){ (const char *)&c->audit, 1 };
}

#define ROWS_OF(group, array)                                                        \
	static struct rows rows_##group(const struct conf *c)                        \
	{                                                                            \
		return (struct rows){ (const char *)c->array##s, c->array##_count }; \
	}                                                                            \
	struct rows_swallow_semicolon

ROWS_OF(places, place);
ROWS_OF(profiles, profile);
ROWS_OF(plugins, plugin);
ROWS_OF(devices, device);
ROWS_OF(rules, rule);
ROWS_OF(contacts, contact);
ROWS_OF(holidays, holiday);
ROWS_OF(ladders, ladder);

static struct rows rows_classes(const struct conf *c)
{
	return (struct rows){ (const char *)c->classes, c->class_count };
}

static struct rows rows_buses(const struct conf *c)
{
	return (struct rows){ (const char *)c->buses, c->bus_count };
}

/* The id is the first member of every row. */
static const struct group {
	const char *name;
	size_t size;
	struct rows (*rows)(const struct conf *c);
	void (*write)(const void *row, struct str_buf *b);
} groups[] = {
	{ "estate", sizeof(struct estate), rows_estate, write_estate },
	{ "log", sizeof(struct conf_log), rows_log, write_log },
	{ "outbox", sizeof(struct conf_outbox), rows_outbox, write_outbox },
	{ "web", sizeof(struct conf_web), rows_web, write_web },
	{ "audit", sizeof(struct conf_audit), rows_audit, write_audit },
	{ "history", sizeof(struct conf_history), rows_history, write_history },
	{ "places", sizeof(struct place), rows_places, write_place },
	{ "classes", sizeof(struct class), rows_classes, write_class },
	{ "profiles", sizeof(struct profile), rows_profiles, write_profile },
	{ "buses", sizeof(struct bus), rows_buses, write_bus },
	{ "plugins", sizeof(struct plugin), rows_plugins, write_plugin },
	{ "devices", sizeof(struct device), rows_devices, write_device },
	{ "contacts", sizeof(struct contact), rows_contacts, write_contact },
	{ "holidays", sizeof(struct contact_holiday), rows_holidays, write_holiday },
	{ "ladders", sizeof(struct ladder), rows_ladders, write_ladder },
	{ "rules", sizeof(struct rule), rows_rules, write_rule },
};

_Static_assert(offsetof(struct estate, id) == 0 && offsetof(struct conf_log, id) == 0 &&
		       offsetof(struct conf_outbox, id) == 0 && offsetof(struct conf_audit, id) == 0 &&
		       offsetof(struct conf_web, id) == 0 && offsetof(struct conf_history, id) == 0 &&
		       offsetof(struct place, id) == 0 && offsetof(struct class, id) == 0 &&
		       offsetof(struct profile, id) == 0 && offsetof(struct bus, id) == 0 &&
		       offsetof(struct plugin, id) == 0 && offsetof(struct device, id) == 0 &&
		       offsetof(struct contact, id) == 0 && offsetof(struct contact_holiday, id) == 0 &&
		       offsetof(struct ladder, id) == 0 && offsetof(struct rule, id) == 0,
	       "the id of a row is its first member");

static const char *id_of(const void *row)
{
	return *(const char *const *)row;
}

static bool same(const struct group *g, const void *a, const void *b)
{
	_cleanup_str_buf_ struct str_buf left = { 0 }, right = { 0 };

	g->write(a, &left);
	g->write(b, &right);
	return str_equal(str_buf_text(&left), str_buf_text(&right));
}

static void add(struct difference *d, struct difference_row row)
{
	if ((d->count & (d->count - 1)) == 0)
		d->rows = mem_realloc(d->rows, d->count ? d->count * 2 : 1, sizeof(*d->rows));
	d->rows[d->count++] = row;
}

static struct map *by_id(const struct group *g, struct rows rows)
{
	struct map *m = map_new();

	for (size_t i = 0; i < rows.count; i++)
		map_put(m, id_of(rows.first + i * g->size), (void *)(rows.first + i * g->size));
	return m;
}

static void compare_group(const struct group *g, struct rows from, struct rows to, struct difference *d)
{
	_cleanup_(map_freep) struct map *before = by_id(g, from), *after = by_id(g, to);

	for (size_t i = 0; i < from.count; i++) {
		const void *row = from.first + i * g->size;

		if (!map_find(after, id_of(row)))
			add(d, (struct difference_row){ DIFFERENCE_REMOVED, g->name, id_of(row), row, NULL });
	}
	for (size_t i = 0; i < to.count; i++) {
		const void *row = to.first + i * g->size, *old = map_find(before, id_of(row));

		if (!old)
			add(d, (struct difference_row){ DIFFERENCE_ADDED, g->name, id_of(row), NULL, row });
		else if (!same(g, old, row))
			add(d, (struct difference_row){ DIFFERENCE_CHANGED, g->name, id_of(row), old, row });
	}
}

void difference_find(const struct conf *from, const struct conf *to, struct difference *ret_difference)
{
	*ret_difference = (struct difference){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		compare_group(&groups[i], groups[i].rows(from), groups[i].rows(to), ret_difference);
}

void difference_fini(struct difference *d)
{
	free(d->rows);
	*d = (struct difference){ 0 };
}

const char *difference_kind_name(enum difference_kind kind)
{
	static const char *const names[] = { "added", "removed", "changed" };

	return names[kind];
}
