/* The shipped rules against tests/case/rules: what happens to devices, and every transition that must come of it, to the
 * microsecond. What is not listed must not happen.
 *
 *   case WORDS                  begins a case
 *   device ID CLASS             a device with all points of its class; `lacks` leaves points out:  device d1 door lacks held forced
 *   TIME POINT VALUE [QUALITY]  a reading at that time of the case: 15s w1.leak true; `event` for an event
 *   TIME DEVICE lost|good       its link
 *   TIME ack|reset ALARM
 *   TIME says ALARM WORDS       its Chinese text has these in it
 *   TIME priority ALARM N       its priority
 *   = TIME ALARM STATE          a transition
 *   end TIME                    how long it goes on */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "alarm/evaluator.h"
#include "conf_world.h"

#define START_US (1000 * HOUR)

struct state {
	const char *file;
	unsigned line, cases, failures;
	char name[128];
	struct conf_world world;
	struct str_buf profiles, devices, expected, got;
	struct point_table *table;
	struct evaluator *evaluator;
	struct alarm_effects effects;
	struct clock_now now;
	struct str_buf raised; /* " rule " of those that some case raises */
};

static void collect(struct state *s)
{
	char time[STR_DURATION_MAX];

	for (size_t i = 0; i < s->effects.count; i++) {
		const struct alarm *a = &s->effects.transitions[i].alarm;

		if (!alarm_is_told(&s->effects.transitions[i]))
			continue;
		str_buf_printf(&s->got, "%s %s %s\n", str_from_duration(s->now.mono_us - START_US, time), a->id,
			       alarm_state_name(a->state));
		str_buf_printf(&s->raised, " %s ", a->rule);
	}
	alarm_effects_clear(&s->effects);
}

/* Time passes; what is due fires on its own microsecond. */
static void pass_to(struct state *s, int64_t to_us)
{
	assert_true(to_us >= s->now.mono_us);
	while (s->now.mono_us < to_us || evaluator_due(s->evaluator) <= to_us) {
		int64_t next_us = CLAMP(evaluator_due(s->evaluator), s->now.mono_us, to_us);

		s->now.wall_us += next_us - s->now.mono_us;
		s->now.mono_us = next_us;
		evaluator_tick(s->evaluator, s->now, &s->effects);
		collect(s);
	}
}

static void clear(struct state *s)
{
	evaluator_free(steal(&s->evaluator));
	point_table_free(steal(&s->table));
	alarm_effects_fini(&s->effects);
	s->effects = (struct alarm_effects){ 0 };
	str_buf_fini(&s->profiles);
	str_buf_fini(&s->devices);
	str_buf_fini(&s->expected);
	str_buf_fini(&s->got);
	s->profiles = s->devices = s->expected = s->got = (struct str_buf){ 0 };
}

static void start(struct state *s)
{
	struct str_buf text = { 0 };

	str_buf_printf(
		&text,
		"estate: { id = \"demo\"; };\nplaces: ( { id = \"b3\"; } );\nprofiles: ( %s );\ndevices: ( %s );\n",
		str_buf_text(&s->profiles), str_buf_text(&s->devices));
	conf_world_fini(&s->world);
	conf_world_init(&s->world);
	conf_world_good(&s->world, str_buf_text(&text));
	str_buf_fini(&text);
	s->now = (struct clock_now){ .mono_us = START_US, .wall_us = 1700000000 * S };
	s->table = point_table_new(conf_devices(s->world.conf));
	assert_int_equal(evaluator_new((struct evaluator_rules){ .rules = s->world.conf->rules,
								 .count = s->world.conf->rule_count,
								 .places = s->world.conf->places,
								 .place_count = s->world.conf->place_count },
				       conf_devices(s->world.conf), s->table, &s->evaluator),
			 0);
}

static const struct class *class_named(const struct state *s, const char *id)
{
	for (size_t i = 0; i < s->world.conf->class_count; i++)
		if (str_equal(s->world.conf->classes[i].id, id))
			return &s->world.conf->classes[i];
	fail_msg("%s:%u: no class %s", s->file, s->line, id);
	return NULL;
}

/* A profile of its own, with the points of the class but those that it lacks. */
static void add_device(struct state *s, const char *id, const char *class, const char *lacks)
{
	const struct class *c = class_named(s, class);
	bool first = true;

	str_buf_printf(&s->profiles, "%s{ id = \"make-of-%s\"; class = \"%s\"; points: ( ", s->profiles.len ? ", " : "",
		       id, class);
	for (size_t i = 0; i < c->point_count; i++) {
		char word[64];

		snprintf(word, sizeof(word), " %s ", c->points[i].name);
		if (strstr(lacks, word))
			continue;
		str_buf_printf(&s->profiles, "%s{ name = \"%s\"; }", first ? "" : ", ", c->points[i].name);
		first = false;
	}
	str_buf_add(&s->profiles, " ); }");
	str_buf_printf(&s->devices, "%s{ id = \"%s\"; place = \"b3/u1\"; profile = \"make-of-%s\"; }",
		       s->devices.len ? ", " : "", id, id);
}

/* What became good or stale by itself, as the engine's tick tells. */
static void expire(struct state *s)
{
	struct point *p;

	for (size_t position = 0; (p = point_expire(s->table, &position, s->now.mono_us));)
		evaluator_point(s->evaluator, point_index(s->table, p), s->now, &s->effects);
}

static void apply(struct state *s, uint32_t point, struct reading r)
{
	r.point = point;
	r.at = s->now;
	if (point_apply(s->table, &r) == POINT_SAME)
		evaluator_renewed(s->evaluator, point, s->now, &s->effects);
	else
		evaluator_point(s->evaluator, point, s->now, &s->effects);
	expire(s);
	collect(s);
}

static void set_link(struct state *s, const char *device, const char *quality)
{
	struct reading r = { .quality = QUALITY_GOOD };

	assert_int_equal(value_quality_parse(quality, &r.quality), 0);
	for (uint32_t i = 0; i < s->table->count; i++)
		if (str_equal(s->table->points[i].device->id, device) &&
		    (r.quality != QUALITY_GOOD || s->table->points[i].value.type != VALUE_NONE))
			apply(s, i, r);
}

static void read_point(struct state *s, const char *name, const char *value, const char *quality)
{
	struct point *p = point_find(s->table, name);
	struct reading r = { .quality = QUALITY_GOOD };

	if (!p)
		fail_msg("%s:%u: no point %s", s->file, s->line, name);
	if (point_is_event(p->spec))
		r.value = value_event("");
	else if (p->spec->type == VALUE_TEXT)
		r.value = value_text(value);
	else if (p->spec->type == VALUE_BOOL)
		r.value = value_bool(str_equal(value, "true"));
	else
		r.value = value_number(strtod(value, NULL));
	if (*quality)
		assert_int_equal(value_quality_parse(quality, &r.quality), 0);
	apply(s, point_index(s->table, p), r);
}

static void command(struct state *s, const char *what, const char *id)
{
	struct evaluator_command c = { .alarm = id, .who = "desk", .note = "looked" };

	c.input = str_equal(what, "ack") ? ALARM_IN_ACK : ALARM_IN_RESET;
	if (evaluator_command(s->evaluator, &c, s->now, &s->effects) < 0)
		fail_msg("%s:%u: %s %s", s->file, s->line, what, id);
	collect(s);
}

static void check_words(struct state *s, const char *id, const char *words)
{
	const struct alarm *a = evaluator_find(s->evaluator, id);

	if (!a || !strstr(a->text_zh, words))
		fail_msg("%s:%u: %s says '%s'", s->file, s->line, id, a ? a->text_zh : "nothing");
}

static void check_priority(struct state *s, const char *id, const char *number)
{
	const struct alarm *a = evaluator_find(s->evaluator, id);

	if (!a || a->priority != number[0] - '0')
		fail_msg("%s:%u: %s has priority %d", s->file, s->line, id, a ? a->priority : 0);
}

static int64_t time_of(const struct state *s, const char *word)
{
	int64_t us;

	if (str_to_duration(word, &us) < 0)
		fail_msg("%s:%u: what is '%s'?", s->file, s->line, word);
	return us;
}

static void end_case(struct state *s, const char *end)
{
	pass_to(s, START_US + time_of(s, end));
	if (!str_equal(str_buf_text(&s->expected), str_buf_text(&s->got))) {
		print_error("%s:%u: %s\nexpected:\n%sgot:\n%s", s->file, s->line, s->name, str_buf_text(&s->expected),
			    str_buf_text(&s->got));
		s->failures++;
	}
	clear(s);
}

static void run_timed(struct state *s, char *word[5])
{
	if (!s->evaluator)
		start(s);
	pass_to(s, START_US + time_of(s, word[0]));
	if (str_equal(word[1], "ack") || str_equal(word[1], "reset"))
		command(s, word[1], word[2]);
	else if (str_equal(word[1], "says"))
		check_words(s, word[2], word[3]);
	else if (str_equal(word[1], "priority"))
		check_priority(s, word[2], word[3]);
	else if (strchr(word[1], '.'))
		read_point(s, word[1], word[2], word[3]);
	else
		set_link(s, word[1], word[2]);
}

static void expect(struct state *s, char *line)
{
	char *time = strsep(&line, " "), text[STR_DURATION_MAX];

	str_buf_printf(&s->expected, "%s %s\n", str_from_duration(time_of(s, time), text), line);
}

static void run_line(struct state *s, char *line)
{
	static char empty[] = "";
	char *word[5] = { empty, empty, empty, empty, empty }, *rest;

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return;
	if (str_starts(line, "case ")) {
		clear(s);
		s->cases++;
		snprintf(s->name, sizeof(s->name), "%s", line + 5);
		return;
	}
	rest = strstr(line, " lacks ");
	if (str_starts(line, "= ")) {
		expect(s, line + 2);
		return;
	}
	for (size_t i = 0; i < 4 && (word[i] = strsep(&line, " ")); i++)
		if (!line)
			break;
	for (size_t i = 0; i < 5; i++)
		word[i] = word[i] ? word[i] : empty;
	if (str_equal(word[0], "device")) {
		char lacks[256] = "";

		snprintf(lacks, sizeof(lacks), " %s ", rest && line ? line : "");
		add_device(s, word[1], word[2], lacks);
	} else if (str_equal(word[0], "end")) {
		end_case(s, word[1]);
	} else {
		run_timed(s, word);
	}
}

static void run_file(struct state *s, const char *name)
{
	const char *dir = getenv("CASE_DIR");
	char path[512], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/rules/%s", dir ? dir : "tests/case", name);
	f = fopen(path, "re");
	assert_non_null(f);
	s->file = name;
	s->line = 0;
	while (fgets(line, sizeof(line), f)) {
		s->line++;
		run_line(s, line);
	}
	fclose(f);
	if (s->evaluator)
		fail_msg("%s: %s has no end", name, s->name);
}

/* Told by the daemon itself, not by readings. */
static bool is_built_in(const struct rule *r)
{
	return rule_is_told(r);
}

static void every_shipped_rule_does_what_the_cases_say(void **state)
{
	const char *dir = getenv("CASE_DIR");
	struct state s = { 0 };
	char path[512];
	struct dirent *e;
	DIR *d;

	(void)state;
	conf_world_init(&s.world);
	conf_world_good(&s.world, "estate: { id = \"demo\"; };\n");
	snprintf(path, sizeof(path), "%s/rules", dir ? dir : "tests/case");
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		if (strstr(e->d_name, ".case"))
			run_file(&s, e->d_name);
	closedir(d);
	assert_int_equal(s.failures, 0);
	assert_true(s.cases > 40);
	for (size_t i = 0; i < s.world.conf->rule_count; i++) {
		char word[64];

		snprintf(word, sizeof(word), " %s ", s.world.conf->rules[i].id);
		if (!is_built_in(&s.world.conf->rules[i]) && !strstr(str_buf_text(&s.raised), word))
			fail_msg("no case raises%s", word);
	}
	clear(&s);
	str_buf_fini(&s.raised);
	conf_world_fini(&s.world);
}

/* ---- makes ---- */

/* As it reads where all is well. */
static const char *well(const struct class_point *p)
{
	static const char *const on[] = { "in_service", "power", "auto", "mains", "door_zone", "worn" };

	for (size_t i = 0; i < ARRAY_SIZE(on) && p->type == VALUE_BOOL; i++)
		if (str_equal(p->name, on[i]))
			return "true";
	if (p->type == VALUE_BOOL)
		return "false";
	if (p->type == VALUE_TEXT)
		return "正常";
	return str_equal(p->unit, "V") ? "220" : str_equal(p->unit, "°C") ? "20" : "50";
}

/* A device that has only that point of its class, or all but that one. */
static void try_make(struct state *s, const struct class *c, size_t point, bool only)
{
	struct str_buf lacks = { 0 };
	char class[64], name[64];

	snprintf(class, sizeof(class), "%s", c->id);
	str_buf_add(&lacks, " ");
	for (size_t i = 0; i < c->point_count; i++)
		if ((i == point) != only)
			str_buf_printf(&lacks, "%s ", c->points[i].name);
	clear(s);
	s->file = class;
	add_device(s, "d", class, str_buf_text(&lacks));
	str_buf_fini(&lacks);
	start(s);
	c = class_named(s, class);
	for (size_t i = 0; i < c->point_count; i++) {
		snprintf(name, sizeof(name), "d.%s", c->points[i].name);
		if ((i == point) == only && c->points[i].type != VALUE_EVENT)
			read_point(s, name, well(&c->points[i]), "");
	}
	pass_to(s, START_US + DAY);
	if (s->got.len > 0)
		fail_msg("class %s, %s %s:\n%s", class, only ? "only" : "all but", c->points[point].name,
			 str_buf_text(&s->got));
}

/* A rule that is true because its make lacks what would make it false. */
static void no_make_that_is_well_raises_anything(void **state)
{
	struct state s = { 0 };
	size_t makes = 0;

	(void)state;
	conf_world_init(&s.world);
	conf_world_good(&s.world, "estate: { id = \"demo\"; };\n");
	for (size_t c = 0; c < s.world.conf->class_count; c++)
		for (size_t p = 0; p < s.world.conf->classes[c].point_count; p++, makes += 2) {
			try_make(&s, &s.world.conf->classes[c], p, true);
			try_make(&s, &s.world.conf->classes[c], p, false);
		}
	assert_true(makes > 200);
	clear(&s);
	str_buf_fini(&s.raised);
	conf_world_fini(&s.world);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_rule_does_what_the_cases_say),
		cmocka_unit_test(no_make_that_is_well_raises_anything),
	};

	return UNIT_RUN(tests);
}
