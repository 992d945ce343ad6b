#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor/finding.h"

static void add_some(struct findings *f)
{
	finding_about(f, "serial", "riser-3");
	finding_fault(f, "{port} is not there", "plug it in", "port", "/dev/ttyUSB0", NULL);
	finding_about(f, "clock", "time");
	finding_warning(f, "a\nb\033[31m", "", NULL);
	finding_ok(f, "fine", NULL);
}

static void each_is_one_line_and_the_worst_stand_first_in_the_summary(void **state)
{
	_cleanup_findings_ struct findings f = { 0 };
	char text[512] = "";
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	finding_about(&f, "memory", "x");
	finding_ok(&f, "first", NULL);
	add_some(&f);
	finding_print(&f, to);
	fclose(to);
	assert_string_equal(text, "ok       memory x: first\n"
				  "fault    serial riser-3: /dev/ttyUSB0 is not there → plug it in\n"
				  "warning  clock time: a b [31m\n"
				  "ok       clock time: fine\n"
				  "1 fault: serial riser-3; 1 warning: clock time; 2 ok\n");
}

static void json_has_the_text_and_its_parts(void **state)
{
	_cleanup_findings_ struct findings f = { 0 };
	json_t *list, *row;
	char *text;

	(void)state;
	add_some(&f);
	text = finding_json(&f);
	list = json_loads(text, 0, NULL);
	free(text);
	assert_int_equal(json_array_size(list), 3);
	row = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(row, "check")), "serial");
	assert_string_equal(json_string_value(json_object_get(row, "level")), "fault");
	assert_string_equal(json_string_value(json_object_get(row, "subject")), "riser-3");
	assert_string_equal(json_string_value(json_object_get(row, "text")), "/dev/ttyUSB0 is not there");
	assert_string_equal(json_string_value(json_object_get(row, "hint")), "plug it in");
	assert_string_equal(json_string_value(json_object_get(row, "message")), "{port} is not there");
	assert_string_equal(json_string_value(json_object_get(json_object_get(row, "values"), "port")), "/dev/ttyUSB0");
	json_decref(list);
}

static void a_name_that_is_no_utf8_still_makes_json(void **state)
{
	_cleanup_findings_ struct findings f = { 0 };
	json_t *list;
	char *text;

	(void)state;
	finding_about(&f, "access", "/tmp/\xff\xfe");
	finding_ok(&f, "{path}", "path", "\xc3(", NULL);
	text = finding_json(&f);
	list = json_loads(text, 0, NULL);
	free(text);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
}

static void levels_are_counted(void **state)
{
	_cleanup_findings_ struct findings f = { 0 };

	(void)state;
	add_some(&f);
	assert_int_equal(finding_count(&f, FINDING_FAULT), 1);
	assert_int_equal(finding_count(&f, FINDING_WARNING), 1);
	assert_int_equal(finding_count(&f, FINDING_OK), 1);
	assert_false(finding_clean_since(&f, 0));
	assert_false(finding_clean_since(&f, 1));
	assert_true(finding_clean_since(&f, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_one_line_and_the_worst_stand_first_in_the_summary),
		cmocka_unit_test(json_has_the_text_and_its_parts),
		cmocka_unit_test(a_name_that_is_no_utf8_still_makes_json),
		cmocka_unit_test(levels_are_counted),
	};

	return UNIT_RUN(tests);
}
