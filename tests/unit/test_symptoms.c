/* test_symptoms.c: what estatectl makes of the daemon's answers. */
#include "unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "ctl/symptoms.h"

static json_t *parse(const char *text)
{
	json_error_t wrong;
	json_t *json = json_loads(text, 0, &wrong);

	if (!json)
		fail_msg("%s: %s", text, wrong.text);
	return json;
}

static const json_t *find(const json_t *findings, const char *check, const char *subject)
{
	const json_t *row, *found = NULL;
	size_t i;

	json_array_foreach(findings, i, row) if (str_equal(json_string_value(json_object_get(row, "check")), check) &&
						 str_equal(json_string_value(json_object_get(row, "subject")), subject))
	{
		assert_null(found);
		found = row;
	}
	if (!found) {
		char *all = json_dumps(findings, 0);

		fail_msg("no %s %s in %s", check, subject, all);
	}
	return found;
}

static void says(const json_t *row, const char *level, const char *part)
{
	assert_string_equal(json_string_value(json_object_get(row, "level")), level);
	if (!strstr(json_string_value(json_object_get(row, "message")), part) &&
	    !strstr(json_string_value(json_object_get(row, "advice")), part))
		fail_msg("'%s' is not in '%s'", part, json_string_value(json_object_get(row, "message")));
}

#define BUS(type, state, up, rest)                                                                                    \
	"{\"bus\":\"riser\",\"type\":\"" type "\",\"target\":\"/dev/ttyS0\",\"state\":\"" state "\",\"units_up\":" up \
	",\"units_total\":2,\"answers\":1000,\"hint\":\"no answer\"" rest "}"
#define UNITS(first, second)                                                               \
	",\"units\":[{\"unit\":1,\"up\":" first ",\"polls\":9},{\"unit\":4,\"up\":" second \
	",\"polls\":9},{\"unit\":9,\"up\":false,\"polls\":0}]"

static json_t *judge_buses(const char *buses)
{
	struct symptoms_answers a = { .buses = parse(buses),
				      .devices = parse("[{\"device\":\"lift-1\",\"bus\":\"riser\",\"unit\":4},"
						       "{\"device\":\"lift-2\",\"bus\":\"riser\",\"unit\":4}]") };
	json_t *findings = json_array();

	symptoms_judge(&a, findings);
	json_decref(a.buses);
	json_decref(a.devices);
	return findings;
}

static void a_bus_whose_units_answer_is_in_order(void **state)
{
	json_t *findings = judge_buses("[" BUS("rtu", "up", "2", UNITS("true", "true")) "]");

	(void)state;
	says(find(findings, "bus", "riser"), "ok", "all its units answer");
	json_decref(findings);
}

static void a_silent_unit_names_its_devices_and_where_to_look(void **state)
{
	json_t *findings = judge_buses("[" BUS("rtu", "up", "1", UNITS("true", "false")) "]");
	const json_t *row = find(findings, "unit", "riser"), *values = json_object_get(row, "values");

	(void)state;
	says(row, "fault", "A/B wires");
	assert_string_equal(json_string_value(json_object_get(values, "unit")), "4");
	assert_string_equal(json_string_value(json_object_get(values, "devices")), "lift-1, lift-2");
	assert_string_equal(json_string_value(json_object_get(values, "hint")), "no answer");
	json_decref(findings);
}

static void a_bus_that_is_down_is_told_once_and_not_for_each_unit(void **state)
{
	json_t *findings = judge_buses("[" BUS("tcp", "down", "0", UNITS("false", "false")) "]");

	(void)state;
	says(find(findings, "bus", "riser"), "fault", "{target} is {state}");
	assert_int_equal(json_array_size(findings), 1);
	json_decref(findings);
}

static void damaged_and_late_lines_are_a_warning(void **state)
{
	json_t *findings = judge_buses("[" BUS("rtu", "up", "2", UNITS("true", "true") ",\"crc_errors\":30") "]");

	(void)state;
	says(find(findings, "bus", "riser"), "warning", "termination");
	json_decref(findings);
	findings = judge_buses("[" BUS("rtu", "up", "2", UNITS("true", "true") ",\"lag_ms\":9000") "]");
	says(find(findings, "bus", "riser"), "warning", "late");
	json_decref(findings);
	findings = judge_buses("[" BUS("rtu", "up", "2", UNITS("true", "true") ",\"crc_errors\":5") "]");
	says(find(findings, "bus", "riser"), "ok", "is up");
	json_decref(findings);
}

static json_t *judge_points(const char *plugin_state, const char *points)
{
	struct str_buf plugins _cleanup_str_buf_ = { 0 };
	struct symptoms_answers a = { .devices = parse(
					      "[{\"device\":\"sos-1\",\"plugin\":\"zigbee\",\"address\":\"0x1\"}]"),
				      .points = parse(points) };
	json_t *findings = json_array();

	str_buf_printf(&plugins, "[{\"plugin\":\"zigbee\",\"state\":\"%s\"}]", plugin_state);
	a.plugins = parse(plugins.text);
	symptoms_judge(&a, findings);
	json_decref(a.devices);
	json_decref(a.points);
	json_decref(a.plugins);
	return findings;
}

#define POINT(name, quality) "{\"point\":\"sos-1." name "\",\"device\":\"sos-1\",\"quality\":\"" quality "\"}"

static void a_silent_device_is_told_where_its_plugin_is_up(void **state)
{
	json_t *findings = judge_points("up", "[" POINT("pressed", "stale") "," POINT("battery", "stale") "]");

	(void)state;
	says(find(findings, "device", "sos-1"), "fault", "battery");
	json_decref(findings);
	findings = judge_points("up", "[" POINT("pressed", "lost") "]");
	says(find(findings, "device", "sos-1"), "warning", "since estated was started");
	json_decref(findings);
	findings = judge_points("up", "[" POINT("pressed", "stale") "," POINT("battery", "good") "]");
	says(find(findings, "device", "devices"), "ok", "");
	json_decref(findings);
	findings = judge_points("fault", "[" POINT("pressed", "lost") "]");
	says(find(findings, "device", "devices"), "ok", ""); /* the plugin is told, and not each of its devices */
	says(find(findings, "plugin", "zigbee"), "fault", "{text}");
	json_decref(findings);
}

static void points_that_cannot_be_read_are_told_by_device(void **state)
{
	json_t *findings =
		judge_points("up", "[" POINT("pressed", "good") "," POINT("x", "bad") "," POINT("y", "bad") "]");
	const json_t *row = find(findings, "points", "sos-1"), *values = json_object_get(row, "values");

	(void)state;
	says(row, "fault", "profile");
	assert_string_equal(json_string_value(json_object_get(values, "count")), "2");
	assert_string_equal(json_string_value(json_object_get(values, "point")), "sos-1.x");
	json_decref(findings);
}

static void of_very_many_silent_devices_the_rest_is_counted(void **state)
{
	json_t *devices = json_array(), *points = json_array(), *findings = json_array();
	struct symptoms_answers a = { .devices = devices, .points = points };

	(void)state;
	a.plugins = parse("[{\"plugin\":\"zigbee\",\"state\":\"up\"}]");
	for (int i = 0; i < 50; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d-%d", i);
		json_array_append_new(devices,
				      json_pack("{ss ss ss}", "device", id, "plugin", "zigbee", "address", "1"));
		json_array_append_new(points, json_pack("{ss ss ss}", "point", id, "device", id, "quality", "stale"));
	}
	symptoms_judge(&a, findings);
	assert_int_equal(json_array_size(findings), 20 + 1 + 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(find(findings, "device", "devices"), "values"), "count")),
			    "30");
	json_decref(a.plugins);
	json_decref(devices);
	json_decref(points);
	json_decref(findings);
}

static json_t *judge_one(struct symptoms_answers a)
{
	json_t *findings = json_array();

	symptoms_judge(&a, findings);
	json_decref(a.status);
	json_decref(a.plugins);
	json_decref(a.outbox);
	json_decref(a.clock);
	return findings;
}

static void plugins_say_what_is_wrong_in_their_own_words(void **state)
{
	static const struct {
		const char *row, *level;
	} cases[] = {
		{ "[{\"plugin\":\"p\",\"state\":\"up\",\"restarts\":0}]", "ok" },
		{ "[{\"plugin\":\"p\",\"state\":\"up\",\"restarts\":7,\"text\":\"exited with 3\"}]", "warning" },
		{ "[{\"plugin\":\"p\",\"state\":\"starting\"}]", "warning" },
		{ "[{\"plugin\":\"p\",\"state\":\"fault\",\"text\":\"no broker\"}]", "fault" },
		{ "[{\"plugin\":\"p\",\"state\":\"waiting\",\"text\":\"exited with 3\"}]", "fault" },
		{ "[{\"plugin\":\"p\",\"state\":\"stopped\"}]", "fault" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *findings = judge_one((struct symptoms_answers){ .plugins = parse(cases[i].row) });

		says(find(findings, "plugin", "p"), cases[i].level, "");
		json_decref(findings);
	}
}

static void what_waits_too_long_is_told_by_lane(void **state)
{
	static const struct {
		const char *lane, *oldest, *level;
	} cases[] = {
		{ "alarm", "1970-01-02T00:00:00Z", "fault" },
		{ "data", "1970-01-02T00:00:00Z", "warning" },
		{ "alarm", "1970-01-02T11:58:00Z", "ok" },
		{ "data", "1970-01-02T11:30:00Z", "ok" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_str_buf_ struct str_buf row = { 0 }, subject = { 0 };
		json_t *findings;

		str_buf_printf(&row, "[{\"uplink\":\"cloud\",\"lane\":\"%s\",\"pending\":3,\"oldest\":\"%s\"}]",
			       cases[i].lane, cases[i].oldest);
		str_buf_printf(&subject, "cloud/%s", cases[i].lane);
		findings = judge_one((struct symptoms_answers){ .outbox = parse(row.text), .now_us = DAY + 12 * HOUR });
		says(find(findings, "outbox", subject.text), cases[i].level, "");
		json_decref(findings);
	}
}

static void the_daemons_own_troubles_are_told(void **state)
{
	json_t *findings = judge_one((struct symptoms_answers){
		.status = parse("{\"version\":\"1\",\"ready\":false,\"store\":{\"ok\":false,\"fault\":\"disk full\"}}"),
		.clock = parse("{\"quality\":\"unset\"}") });

	(void)state;
	says(find(findings, "daemon", "estated"), "warning", "not every device");
	says(find(findings, "store", "estated"), "fault", "{fault}");
	says(find(findings, "clock", "estated"), "fault", "clock set");
	json_decref(findings);
	findings = judge_one((struct symptoms_answers){
		.status = parse("{\"version\":\"1\",\"ready\":true,\"store\":{\"ok\":true,\"history_dropped\":2},"
				"\"counters\":{\"samples_lost\":3}}") });
	says(find(findings, "daemon", "estated"), "ok", "ready");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(find(findings, "store", "estated"), "values"), "count")),
			    "5");
	json_decref(findings);
}

static void no_answers_are_no_findings(void **state)
{
	json_t *findings = judge_one((struct symptoms_answers){ 0 });

	(void)state;
	assert_int_equal(json_array_size(findings), 0);
	json_decref(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bus_whose_units_answer_is_in_order),
		cmocka_unit_test(a_silent_unit_names_its_devices_and_where_to_look),
		cmocka_unit_test(a_bus_that_is_down_is_told_once_and_not_for_each_unit),
		cmocka_unit_test(damaged_and_late_lines_are_a_warning),
		cmocka_unit_test(a_silent_device_is_told_where_its_plugin_is_up),
		cmocka_unit_test(points_that_cannot_be_read_are_told_by_device),
		cmocka_unit_test(of_very_many_silent_devices_the_rest_is_counted),
		cmocka_unit_test(plugins_say_what_is_wrong_in_their_own_words),
		cmocka_unit_test(what_waits_too_long_is_told_by_lane),
		cmocka_unit_test(the_daemons_own_troubles_are_told),
		cmocka_unit_test(no_answers_are_no_findings),
	};

	return UNIT_RUN(tests);
}
