/* Rule expressions: the case files in tests/case/expr, the limits, what is bound. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/expr_code.h"
#include "alarm_world.h"
#include "base/mem.h"

/* ---- case files ----
 *   when EXPRESSION     begins a case: all points are as if never read; of the first class, about its first device
 *   set POINT VALUE [QUALITY]      event POINT      margin NUMBER      pass DURATION
 *   due DURATION | never           when the result may next change by time alone
 *   gives true|false|unknown|absent       error TEXT (part of one message) */
struct run {
	struct alarm_world world;
	const char *file;
	unsigned line, cases;
	struct diag diag;
	struct expr *expr;
	struct expr_binding *binding;
	int bound; /* what expr_binding_new said */
	struct expr_moment moment;
};

static void end_case(struct run *r)
{
	expr_binding_free(steal(&r->binding));
	expr_free(steal(&r->expr));
	diag_fini(&r->diag);
	r->diag = (struct diag){ 0 };
	r->moment = (struct expr_moment){ .event_point = UINT32_MAX, .now_us = 1000 * HOUR };
	point_table_free(steal(&r->world.table));
}

static void begin_case(struct run *r, const char *text)
{
	struct expr_scope scope = {
		.class = &r->world.classes[0].class,
		.devices = { .devices = r->world.devices, .count = r->world.device_count },
		.subject = "rule 'case': when",
		.at = { .file = r->file, .line = r->line },
	};

	end_case(r);
	r->cases++;
	alarm_world_build(&r->world);
	r->bound = -EINVAL;
	if (expr_parse(text, &scope, &r->diag, &r->expr) == 0)
		r->bound = expr_binding_new(r->expr, r->world.table, &r->world.devices[0], &r->binding);
}

static uint32_t point_named(struct run *r, const char *name)
{
	struct point *p = strchr(name, '.') ? point_find(r->world.table, name)
					    : point_of(r->world.table, &r->world.devices[0], name);

	if (!p)
		fail_msg("%s:%u: no point %s", r->file, r->line, name);
	return point_index(r->world.table, p);
}

static void set_value(struct run *r, const char *name, const char *text, const char *quality)
{
	uint32_t index = point_named(r, name);
	struct point *p = &r->world.table->points[index];
	double number = 0;

	switch (p->spec->type) {
	case VALUE_NUMBER:
		assert_int_equal(str_to_double(text, &number), 0);
		p->value = value_number(number);
		break;
	case VALUE_BOOL: p->value = value_bool(str_equal(text, "true")); break;
	default: p->value = value_text(text); break;
	}
	p->quality = QUALITY_GOOD;
	if (*quality)
		assert_int_equal(value_quality_parse(quality, &p->quality), 0);
	p->mono_us = p->quality == QUALITY_GOOD ? r->moment.now_us : p->mono_us;
	if (r->binding)
		expr_binding_feed(r->binding, UINT32_MAX, r->moment.now_us);
}

static void happen(struct run *r, const char *name)
{
	uint32_t index = point_named(r, name);

	r->moment.event_point = index;
	r->world.table->points[index].value = value_event("");
	r->world.table->points[index].quality = QUALITY_GOOD;
	r->world.table->points[index].mono_us = r->moment.now_us;
	if (r->binding)
		expr_binding_feed(r->binding, index, r->moment.now_us);
}

static void pass(struct run *r, const char *text)
{
	int64_t us;

	assert_int_equal(str_to_duration(text, &us), 0);
	r->moment.now_us += us;
}

static void check_due(struct run *r, const char *wanted)
{
	int64_t due_us, wanted_us;
	char got[STR_DURATION_MAX];

	if (!r->binding)
		fail_msg("%s:%u: %s", r->file, r->line, r->diag.count ? r->diag.entries[0].text : "no case begun");
	due_us = expr_binding_due(r->binding, r->moment.now_us);
	if (due_us == INT64_MAX && str_equal(wanted, "never"))
		return;
	assert_int_equal(str_to_duration(wanted, &wanted_us), 0);
	if (due_us != r->moment.now_us + wanted_us)
		fail_msg("%s:%u: expected %s, got %s", r->file, r->line, wanted,
			 due_us == INT64_MAX ? "never" : str_from_duration(due_us - r->moment.now_us, got));
}

static void check_result(struct run *r, const char *wanted)
{
	static const char *const names[] = { [EXPR_FALSE] = "false", [EXPR_TRUE] = "true", [EXPR_UNKNOWN] = "unknown" };
	const char *got;

	if (str_equal(wanted, "absent") && r->bound == -ENODATA)
		return;
	if (!r->binding)
		fail_msg("%s:%u: %s", r->file, r->line, r->diag.count ? r->diag.entries[0].text : "no case begun");
	got = names[expr_evaluate(r->binding, &r->moment)];
	if (!str_equal(got, wanted))
		fail_msg("%s:%u: expected %s, got %s", r->file, r->line, wanted, got);
	r->moment.event_point = UINT32_MAX;
}

static void check_error(struct run *r, const char *wanted)
{
	for (size_t i = 0; i < r->diag.count; i++)
		if (strstr(r->diag.entries[i].text, wanted))
			return;
	fail_msg("%s:%u: expected the error: %s\n  got: %s", r->file, r->line, wanted,
		 r->diag.count ? r->diag.entries[0].text : "none");
}

static void run_line(struct run *r, char *line)
{
	char a[64] = "", b[64] = "", c[64] = "";
	char *rest = line + strcspn(line, " ");

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return;
	rest += *rest == ' ';
	sscanf(rest, "%63s %63s %63s", a, b, c);
	if (str_starts(line, "when "))
		begin_case(r, rest);
	else if (str_starts(line, "set "))
		set_value(r, a, b, c);
	else if (str_starts(line, "event "))
		happen(r, a);
	else if (str_starts(line, "pass "))
		pass(r, a);
	else if (str_starts(line, "due "))
		check_due(r, a);
	else if (str_starts(line, "margin "))
		assert_int_equal(str_to_double(a, &r->moment.margin), 0);
	else if (str_starts(line, "gives "))
		check_result(r, a);
	else if (str_starts(line, "error "))
		check_error(r, rest);
	else if (!alarm_world_line(&r->world, line))
		fail_msg("%s:%u: what is '%s'?", r->file, r->line, line);
}

static void every_case_of_the_file_gives_what_it_says(void **state)
{
	const char *dir = getenv("CASE_DIR");
	struct run r = { .file = *state };
	char path[512], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/expr/%s", dir ? dir : "tests/case", r.file);
	f = fopen(path, "re");
	assert_non_null(f);
	alarm_world_init(&r.world, "");
	while (fgets(line, sizeof(line), f)) {
		r.line++;
		run_line(&r, line);
	}
	fclose(f);
	end_case(&r);
	alarm_world_fini(&r.world);
	assert_true(r.cases > 10);
}

/* ---- limits ---- */

static struct alarm_world tank;

static int parse(const char *text, struct expr **ret_expr, char *ret_error, size_t room)
{
	struct expr_scope scope = { .class = &tank.classes[0].class, .subject = "rule 'x': when" };
	struct diag d = { 0 };
	int r;

	scope.devices = (struct device_list){ tank.devices, tank.device_count };
	r = expr_parse(text, &scope, &d, ret_expr);
	snprintf(ret_error, room, "%s", d.count ? d.entries[0].text : "");
	diag_fini(&d);
	return r;
}

static void assert_refused(const char *text, const char *why)
{
	struct expr *e = NULL;
	char error[256];

	assert_int_equal(parse(text, &e, error, sizeof(error)), -EINVAL);
	assert_null(e);
	if (!strstr(error, why))
		fail_msg("expected '%s' in: %s", why, error);
}

static char *repeated(const char *before, const char *unit, size_t times, const char *after)
{
	struct str_buf b = { 0 };

	str_buf_add(&b, before);
	for (size_t i = 0; i < times; i++)
		str_buf_add(&b, unit);
	str_buf_add(&b, after);
	return str_buf_take(&b);
}

static void parentheses_may_stand_64_deep_and_no_deeper(void **state)
{
	_cleanup_(expr_freep) struct expr *e = NULL;
	_cleanup_(freep) void *open = repeated("", "(", 64, "low"), *fits = repeated(open, ")", 64, "");
	_cleanup_(freep) void *deep = repeated("", "(", 65, "low");
	_cleanup_(freep) void *nots = repeated("", "!", 2000, "low");
	_cleanup_(freep) void *abyss = repeated("", "(", 4000, "");
	char error[256];

	(void)state;
	assert_int_equal(parse(fits, &e, error, sizeof(error)), 0);
	assert_refused(deep, "nested too deeply");
	assert_refused(nots, "nested too deeply");
	assert_refused(abyss, "nested too deeply");
}

static void values_that_wait_for_their_operator_are_bounded(void **state)
{
	/* Each level leaves five operands behind it. */
	_cleanup_(freep) void *text = repeated("", "low || low && true == 1 < 2 + 3 * (", 30, "");

	(void)state;
	assert_refused(text, "nested too deeply");
}

static void a_long_chain_needs_no_depth(void **state)
{
	_cleanup_(expr_freep) struct expr *e = NULL;
	_cleanup_(freep) void *text = repeated("low", " || low", 200, "");
	_cleanup_(freep) void *parts = repeated("low", " || low", 300, "");
	_cleanup_(freep) void *bytes = repeated("low", "          ", 500, "");
	char error[256];

	(void)state;
	assert_int_equal(parse(text, &e, error, sizeof(error)), 0);
	assert_refused(parts, "too many parts");
	assert_refused(bytes, "expected at most 4096");
}

static void no_cut_of_a_text_disturbs_the_parser(void **state)
{
	static const char whole[] = "(level > -3.5e-1 && !low) || state != \"溢出\" && t1.level / 2 <= 4 - level";
	char error[256];

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		_cleanup_(expr_freep) struct expr *e = NULL;
		_cleanup_(freep) void *text = mem_strndup(whole, len);
		int r = parse(text, &e, error, sizeof(error));

		assert_true((r == 0) == (e != NULL));
		assert_true((r == 0) == (error[0] == '\0'));
	}
}

static void a_point_read_twice_is_one_input(void **state)
{
	_cleanup_(expr_freep) struct expr *e = NULL;
	_cleanup_(expr_binding_freep) struct expr_binding *b = NULL;
	const uint32_t *points;
	char error[256];
	size_t count;

	(void)state;
	assert_int_equal(parse("state == \"x\" || level > 1 && level < 3 || t1.level == 5", &e, error, sizeof(error)),
			 0);
	assert_int_equal(expr_binding_new(e, tank.table, &tank.devices[0], &b), 0);
	points = expr_binding_points(b, &count);
	assert_int_equal(count, 2);
	assert_string_equal(tank.table->points[points[0]].name, "t1.state");
	assert_string_equal(tank.table->points[points[1]].name, "t1.level");
}

static void a_rule_without_a_class_needs_a_device_in_every_name(void **state)
{
	struct expr_scope scope = { .devices = { tank.devices, tank.device_count }, .subject = "rule 'x': when" };
	_cleanup_(diag_fini) struct diag d = { 0 };
	_cleanup_(expr_freep) struct expr *e = NULL;

	(void)state;
	assert_int_equal(expr_parse("level > 3", &scope, &d, &e), -EINVAL);
	assert_string_equal(d.entries[0].text, "rule 'x': when: 'level': expected device.point");
	assert_int_equal(expr_parse("t1.level > 3", &scope, &d, &e), 0);
}

static void a_profile_may_add_points_to_its_class(void **state)
{
	static const struct class lean = { .id = "lean" };
	static const struct profile_point points[] = { { .name = "depth", .type = VALUE_NUMBER, .unit = "m" } };
	static const struct profile profile = { .id = "p", .class = &lean, .points = points, .point_count = 1 };
	static const struct device device = { .id = "l1", .class = &lean, .profile = &profile };
	struct expr_scope scope = { .class = &lean, .devices = { &device, 1 }, .subject = "rule 'x': when" };
	_cleanup_(diag_fini) struct diag d = { 0 };
	_cleanup_(expr_freep) struct expr *e = NULL;

	(void)state;
	assert_int_equal(expr_parse("depth > 3", &scope, &d, &e), 0);
}

static void a_make_that_reads_a_point_as_another_type_does_not_have_it(void **state)
{
	static const struct class_point class_points[] = { { "level", VALUE_NUMBER, "" }, { "low", VALUE_BOOL, "" } };
	static const struct class class = { .id = "c", .points = class_points, .point_count = 2 };
	static const struct profile_point points[] = { { .name = "level", .type = VALUE_TEXT, .unit = "" },
						       { .name = "low", .type = VALUE_BOOL, .unit = "" } };
	static const struct profile profile = { .id = "p", .class = &class, .points = points, .point_count = 2 };
	static const struct device device = { .id = "d", .class = &class, .profile = &profile };
	struct expr_scope scope = { .class = &class, .devices = { &device, 1 }, .subject = "x" };
	_cleanup_(point_table_freep) struct point_table *table = point_table_new(scope.devices);
	_cleanup_(diag_fini) struct diag d = { 0 };
	_cleanup_(expr_freep) struct expr *e = NULL, *both = NULL;
	_cleanup_(expr_binding_freep) struct expr_binding *b = NULL;
	struct reading r = { .value = value_text("high") }, low = { .point = 1, .value = value_bool(true) };
	struct expr_moment m = { .event_point = UINT32_MAX };
	size_t count;

	(void)state;
	point_apply(table, &r);
	point_apply(table, &low);
	assert_int_equal(expr_parse("level > 3", &scope, &d, &e), 0);
	assert_int_equal(expr_binding_new(e, table, &device, &b), -ENODATA);
	assert_null(b);
	assert_int_equal(expr_parse("level > 3 || low", &scope, &d, &both), 0);
	assert_int_equal(expr_binding_new(both, table, &device, &b), 0);
	assert_int_equal(expr_evaluate(b, &m), EXPR_TRUE);
	assert_int_equal(expr_binding_points(b, &count)[0], 1);
	assert_int_equal(count, 1);
}

static bool forgives_what_begins_with_m(const void *who, const char *name)
{
	++*(int *)who;
	return name[0] == 'm';
}

static void a_forgiven_name_is_not_told_and_the_rest_is_checked(void **state)
{
	int asked = 0;
	struct expr_scope scope = {
		.class = &tank.classes[0].class, .subject = "x", .forgives = forgives_what_begins_with_m, .who = &asked
	};
	_cleanup_(diag_fini) struct diag d = { 0 };
	_cleanup_(expr_freep) struct expr *e = NULL;

	(void)state;
	assert_int_equal(expr_parse("missing > 3 && m-1.point == \"a\" || changed(m, \"5m\")", &scope, &d, &e),
			 -EINVAL);
	assert_null(e);
	assert_int_equal(d.count, 0);
	assert_int_equal(asked, 3);
	assert_int_equal(expr_parse("missing > 3 && levle > 3 && low > 2", &scope, &d, &e), -EINVAL);
	assert_int_equal(d.errors, 2);
	assert_int_equal(expr_parse("missing > && 3", &scope, &d, &e), -EINVAL);
	assert_int_equal(d.errors, 3);
	assert_int_equal(expr_parse("level > 3", &scope, &d, &e), 0);
}

static void a_value_counts_where_it_is_read_and_not_where_only_its_age_or_quality_is(void **state)
{
	struct expr_scope scope = { .class = &tank.classes[0].class,
				    .devices = { tank.devices, tank.device_count },
				    .subject = "x" };
	_cleanup_(diag_fini) struct diag d = { 0 };
	_cleanup_(expr_freep) struct expr *e = NULL;

	(void)state;
	assert_int_equal(expr_parse("low && level is stale || t1.level > 3 || age(state) > 5m", &scope, &d, &e), 0);
	assert_true(expr_takes(e, NULL, "low") && expr_reads(e, "low"));
	assert_true(!expr_takes(e, NULL, "level") && expr_reads(e, "level"));
	assert_true(!expr_takes(e, NULL, "state") && expr_reads(e, "state"));
	assert_true(expr_takes(e, "t1", "level") && expr_reads_of(e, "t1", "level"));
	assert_false(expr_takes(e, "t1", "low") || expr_takes(e, "t2", "level"));
}

static int make_tank(void **state)
{
	(void)state;
	alarm_world_init(&tank, "class tank\npoint level number %\npoint low bool\npoint state text\ndevice t1");
	alarm_world_build(&tank);
	return 0;
}

static int drop_tank(void **state)
{
	(void)state;
	alarm_world_fini(&tank);
	return 0;
}

#define CASE_FILE(file)                                                                                       \
	{                                                                                                     \
		.name = "every_case_of_" file "_gives_what_it_says",                                          \
		.test_func = every_case_of_the_file_gives_what_it_says, .initial_state = (char *)file ".case" \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_FILE("compare"),
		CASE_FILE("logic"),
		CASE_FILE("numbers"),
		CASE_FILE("unknown"),
		CASE_FILE("absent"),
		CASE_FILE("mistakes"),
		CASE_FILE("time"),
		CASE_FILE("quality"),
		CASE_FILE("functions"),
		CASE_FILE("parent"),
		cmocka_unit_test(parentheses_may_stand_64_deep_and_no_deeper),
		cmocka_unit_test(values_that_wait_for_their_operator_are_bounded),
		cmocka_unit_test(a_long_chain_needs_no_depth),
		cmocka_unit_test(no_cut_of_a_text_disturbs_the_parser),
		cmocka_unit_test(a_point_read_twice_is_one_input),
		cmocka_unit_test(a_rule_without_a_class_needs_a_device_in_every_name),
		cmocka_unit_test(a_profile_may_add_points_to_its_class),
		cmocka_unit_test(a_make_that_reads_a_point_as_another_type_does_not_have_it),
		cmocka_unit_test(a_forgiven_name_is_not_told_and_the_rest_is_checked),
		cmocka_unit_test(a_value_counts_where_it_is_read_and_not_where_only_its_age_or_quality_is),
	};

	return cmocka_run_group_tests(tests, make_tank, drop_tank);
}
