#include "alarm_world.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define DEVICES_MAX 2000

void alarm_world_init(struct alarm_world *w, const char *lines)
{
	*w = (struct alarm_world){ .now = { .mono_us = 1000 * S, .wall_us = 1700000000 * S } };
	w->profiles = mem_array(DEVICES_MAX, sizeof(*w->profiles));
	w->devices = mem_array(DEVICES_MAX, sizeof(*w->devices));
	w->places = mem_array(DEVICES_MAX, sizeof(*w->places));
	while (*lines) {
		char line[128] = "";
		size_t len = strcspn(lines, "\n");

		assert_true(len < sizeof(line));
		memcpy(line, lines, len);
		assert_true(!len || alarm_world_line(w, line));
		lines += len + (lines[len] == '\n');
	}
}

static void forget_profile(struct profile *p)
{
	free((void *)p->points);
	free((void *)p->id);
}

void alarm_world_fini(struct alarm_world *w)
{
	alarm_effects_fini(&w->effects);
	evaluator_free(w->evaluator);
	free(w->windows.bytes);
	point_table_free(w->table);
	for (size_t i = 0; i < w->rule_count; i++) {
		expr_free(w->rules[i].expr);
		expr_free(w->rules[i].excuse);
		expr_free(w->rules[i].mirror);
	}
	for (size_t i = 0; i < w->device_count; i++) {
		forget_profile(&w->profiles[i]);
		free((void *)w->devices[i].id);
	}
	for (size_t i = 0; i < w->class_count; i++) {
		for (size_t j = 0; j < w->classes[i].class.point_count; j++) {
			free((void *)w->classes[i].points[j].name);
			free((void *)w->classes[i].points[j].unit);
		}
		free((void *)w->classes[i].class.id);
	}
	free(w->profiles);
	free(w->devices);
	free(w->places);
}

static void add_point(struct alarm_world *w, const char *name, const char *type, const char *unit)
{
	struct alarm_world_class *c = &w->classes[w->class_count - 1];
	struct class_point *p = &c->points[c->class.point_count++];

	assert_true(c->class.point_count <= ALARM_WORLD_POINTS);
	p->name = mem_strdup(name);
	p->unit = mem_strdup(unit);
	assert_int_equal(value_type_parse(type, &p->type), 0);
}

static void add_device(struct alarm_world *w, const char *id)
{
	const struct class *c = &w->classes[w->class_count - 1].class;
	struct profile_point *points = mem_array(c->point_count, sizeof(*points));
	struct profile *profile = &w->profiles[w->device_count];
	struct device *d = &w->devices[w->device_count++];

	assert_true(w->device_count <= DEVICES_MAX);
	for (size_t i = 0; i < c->point_count; i++)
		points[i] = (struct profile_point){
			.name = c->points[i].name,
			.type = c->points[i].type,
			.unit = c->points[i].unit,
			.event = c->points[i].type == VALUE_EVENT,
		};
	*profile = (struct profile){
		.id = mem_strdup("class:x"), .class = c, .points = points, .point_count = c->point_count
	};
	d->id = d->name = mem_strdup(id);
	d->room = "";
	d->place = strcpy(w->places[w->device_count - 1], "b3/u1");
	d->class = c;
	d->profile = profile;
}

static void move(struct alarm_world *w, const char *id, const char *place)
{
	for (size_t i = 0; i < w->device_count; i++)
		if (str_equal(w->devices[i].id, id))
			snprintf(w->places[i], sizeof(w->places[i]), "%s", place);
}

static void take_point(struct alarm_world *w, const char *id, const char *point)
{
	for (size_t i = 0; i < w->device_count; i++) {
		struct profile *p = &w->profiles[i];
		struct profile_point *points = (struct profile_point *)p->points;

		if (!str_equal(w->devices[i].id, id))
			continue;
		for (size_t j = 0; j < p->point_count; j++)
			if (str_equal(points[j].name, point))
				points[j] = points[--p->point_count];
	}
}

bool alarm_world_line(struct alarm_world *w, const char *line)
{
	char word[16], a[64] = "", b[64] = "", c[64] = "";
	int words = sscanf(line, "%15s %63s %63s %63s", word, a, b, c);

	if (words < 2)
		return false;
	if (str_equal(word, "class")) {
		assert_true(w->class_count < ARRAY_SIZE(w->classes));
		w->classes[w->class_count].class.id = mem_strdup(a);
		w->classes[w->class_count].class.points = w->classes[w->class_count].points;
		w->class_count++;
	} else if (str_equal(word, "point")) {
		add_point(w, a, b, c);
	} else if (str_equal(word, "device")) {
		add_device(w, a);
	} else if (str_equal(word, "at")) {
		move(w, a, b);
	} else if (str_equal(word, "lacks")) {
		take_point(w, a, b);
	} else {
		return false;
	}
	return true;
}

static struct device_list devices_of(const struct alarm_world *w)
{
	return (struct device_list){ .devices = w->devices, .count = w->device_count };
}

void alarm_world_build(struct alarm_world *w)
{
	uint32_t first = 0;

	for (size_t i = 0; i < w->device_count; i++) {
		w->devices[i].first_point = first;
		first += (uint32_t)w->profiles[i].point_count;
	}
	w->table = point_table_new(devices_of(w));
}

void alarm_world_rule(struct alarm_world *w, const struct rule *r)
{
	struct rule *copy = &w->rules[w->rule_count++];
	struct diag d = { 0 };

	assert_true(w->rule_count <= ARRAY_SIZE(w->rules));
	*copy = *r;
	copy->enabled = true;
	if (!copy->priority)
		copy->priority = 3;
	if (r->when) {
		struct expr_scope scope = { .devices = devices_of(w), .subject = r->id };

		if (!r->device)
			copy->class = r->class ? r->class : &w->classes[0].class;
		scope.class = copy->class;
		if (expr_parse(r->when, &scope, &d, &copy->expr) < 0 ||
		    (r->suppressed_when && expr_parse(r->suppressed_when, &scope, &d, &copy->excuse) < 0))
			fail_msg("%s", d.entries[0].text);
	}
	diag_fini(&d);
}

/* As app/windowfile.c does. */
static void place_windows(struct alarm_world *w)
{
	_cleanup_(freep) void *before = w->windows.bytes;
	struct windows_counts counts;

	if (before) {
		assert_int_equal(windows_recall(w->evaluator, &w->windows, w->now.mono_us, &counts), 0);
		assert_int_equal(counts.damaged, 0);
	}
	w->windows = (struct windows_block){ .len = windows_bytes(w->evaluator), .boot = "a boot" };
	w->windows.bytes = w->windows.len ? mem_zalloc(w->windows.len) : NULL;
	assert_int_equal(windows_place(w->evaluator, &w->windows, w->now.mono_us), 0);
}

void alarm_world_start(struct alarm_world *w)
{
	struct evaluator_rules rules = { .rules = w->rules,
					 .count = w->rule_count,
					 .places = w->places_declared,
					 .place_count = w->place_count,
					 .self_test_us = w->self_test_us };

	if (!w->table)
		alarm_world_build(w);
	assert_int_equal(evaluator_new(rules, devices_of(w), w->table, &w->evaluator), 0);
	place_windows(w);
}

void alarm_world_restart(struct alarm_world *w, int64_t outage_us)
{
	_cleanup_(evaluator_freep) struct evaluator *old = w->evaluator;
	struct evaluator_delay delay;
	const struct alarm *a;

	evaluator_tick(old, w->now, &w->effects); /* as once a second */
	w->evaluator = NULL;
	w->now.mono_us += outage_us;
	w->now.wall_us += outage_us;
	point_table_free(steal(&w->table));
	alarm_world_start(w);
	for (size_t i = 0; (a = evaluator_next(old, &i));)
		if (a->state != ALARM_NORMAL)
			evaluator_restore(w->evaluator, a);
	for (size_t i = 0; i < evaluator_modes(old)->count; i++)
		evaluator_restore_mode(w->evaluator, evaluator_modes(old)->all[i]);
	for (size_t i = 0; evaluator_next_delay(old, &i, &delay);)
		evaluator_restore_delay(w->evaluator, &delay);
}

static void apply(struct alarm_world *w, const char *point, struct reading r)
{
	struct point *p = point_find(w->table, point);

	assert_non_null(p);
	r.point = point_index(w->table, p);
	r.at = w->now;
	if (!w->evaluator)
		point_apply(w->table, &r);
	else if (point_apply(w->table, &r) == POINT_SAME)
		evaluator_renewed(w->evaluator, r.point, w->now, &w->effects);
	else
		evaluator_point(w->evaluator, r.point, w->now, &w->effects);
}

void alarm_world_read(struct alarm_world *w, const char *point, struct value v)
{
	apply(w, point, (struct reading){ .quality = QUALITY_GOOD, .value = v });
}

void alarm_world_quality(struct alarm_world *w, const char *point, enum quality q)
{
	apply(w, point, (struct reading){ .quality = q });
}

void alarm_world_pass(struct alarm_world *w, int64_t us)
{
	int64_t end_us = w->now.mono_us + us;

	while (w->now.mono_us < end_us) {
		int64_t step_us = CLAMP(evaluator_due(w->evaluator), w->now.mono_us, end_us) - w->now.mono_us;

		w->now.mono_us += step_us;
		w->now.wall_us += step_us;
		for (int i = 0; i < 1000 && evaluator_due(w->evaluator) <= w->now.mono_us; i++)
			evaluator_tick(w->evaluator, w->now, &w->effects);
		assert_true(evaluator_due(w->evaluator) > w->now.mono_us);
	}
}

const char *alarm_world_happened(struct alarm_world *w)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < w->effects.count && len < sizeof(text); i++)
		if (alarm_is_told(&w->effects.transitions[i]))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
						alarm_state_name(w->effects.transitions[i].alarm.state));
	alarm_effects_clear(&w->effects);
	return text;
}

const char *alarm_world_state(const struct alarm_world *w, const char *id)
{
	const struct alarm *a = evaluator_find(w->evaluator, id);

	return a ? alarm_state_name(a->state) : "none";
}

static int command(struct alarm_world *w, const char *id, enum alarm_input input)
{
	struct evaluator_command c = { .alarm = id, .input = input, .who = "desk", .note = "looked" };

	return evaluator_command(w->evaluator, &c, w->now, &w->effects);
}

int alarm_world_ack(struct alarm_world *w, const char *id)
{
	return command(w, id, ALARM_IN_ACK);
}

int alarm_world_order(struct alarm_world *w, const struct evaluator_command *c)
{
	struct evaluator_command by_desk = *c;

	by_desk.who = "desk";
	return evaluator_command(w->evaluator, &by_desk, w->now, &w->effects);
}

int alarm_world_mode(struct alarm_world *w, const struct evaluator_mode *m)
{
	struct evaluator_mode by_desk = *m;

	by_desk.who = "desk";
	return evaluator_set_mode(w->evaluator, &by_desk, w->now, &w->effects);
}

int alarm_world_close(struct alarm_world *w, const char *id)
{
	return command(w, id, ALARM_IN_RESET);
}
