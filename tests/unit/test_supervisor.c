#include "supervisor_rig.h"
#include "unit.h"

#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define LONG_AGE  (45 * S)
#define SHORT_AGE (900 * MS) /* a ping every 300 ms */

/* {"lines":[…]} out of raw lines. */
static char *options_of(const char *member, const char *const *lines, size_t count)
{
	struct str_buf text = { 0 };

	str_buf_printf(&text, "{\"%s\":[", member);
	for (size_t i = 0; i < count; i++) {
		str_buf_add(&text, i ? "," : "");
		str_buf_add_json(&text, lines[i]);
	}
	str_buf_add(&text, "]}");
	return str_buf_take(&text);
}

static struct rig *started(const char *program, const char *options, int64_t max_age_us)
{
	struct rig *r = rig_new(program, options, max_age_us);

	rig_start(r, 3);
	return r;
}

static bool is_idle(void *context)
{
	return supervisor_idle(((struct rig *)context)->supervisor);
}

static int64_t stop_and_wait(struct rig *r)
{
	int64_t began_us = clock_mono_us();

	supervisor_stop(r->supervisor);
	assert_true(rig_until(is_idle, r, RIG_LIMIT));
	return clock_mono_us() - began_us;
}

static bool has_bad_line(void *context)
{
	return rig_status(context).bad_lines > 0;
}

/* ---- handshake and life ---- */

static void a_plugin_is_greeted_and_becomes_up(void **state)
{
	struct rig *r = started("puppet.py", "{\"echo\":true,\"n\":1.5}", LONG_AGE);
	struct status_plugin status;
	json_t *hello, *expected;

	(void)state;
	assert_string_equal(rig_status(r).state, "waiting");
	assert_false(supervisor_up(r->supervisor));
	rig_wait(r, "up", 1);
	hello = rig_echo(r, "hello", 1);
	expected = json_pack("{s:s,s:i,s:s,s:s,s:f,s:{s:b,s:f},s:[{s:s,s:s,s:s,s:s},{s:s,s:s,s:s,s:s}]}", "type",
			     "hello", "protocol", 1, "instance", r->id, "estate", "demo", "max_age", 45.0, "options",
			     "echo", 1, "n", 1.5, "devices", "id", "sos-1", "address", "0x00158d0001a2b3c4", "class",
			     "sos", "profile", "zigbee-sos", "id", "env-1", "address", "env-1", "class", "sos",
			     "profile", "zigbee-sos");
	json_object_set_new(expected, "max_age", json_integer(45));
	json_object_set_new(hello, "max_age",
			    json_integer((json_int_t)json_number_value(json_object_get(hello, "max_age"))));
	assert_true(json_equal(hello, expected));
	status = rig_status(r);
	assert_string_equal(status.state, "up");
	assert_string_equal(status.name, "puppet");
	assert_string_equal(status.version, "1.0");
	assert_string_equal(status.roles, "source uplink");
	assert_string_equal(status.text, "");
	assert_true(status.pid > 1);
	assert_true(rig_alive(status.pid));
	assert_int_equal(supervisor_roles(r->supervisor), SUPERVISOR_SOURCE | SUPERVISOR_UPLINK);
	assert_true(status.messages_in >= 2);
	assert_int_equal(status.messages_out, 1);
	assert_int_equal(status.restarts, 0);
	json_decref(hello);
	json_decref(expected);
	rig_free(r);
	assert_false(rig_alive(status.pid)); /* freed means gone */
}

static void more_devices_than_a_line_holds_are_all_told(void **state)
{
	struct rig *r = rig_new("puppet.py", "{\"echo\":true}", LONG_AGE);
	json_t *hello;

	(void)state;
	rig_start(r, 20001); /* 2 MB of JSON through a buffer of half a megabyte; one device is another's */
	hello = rig_echo(r, "hello", 1);
	assert_int_equal(json_integer_value(json_object_get(hello, "devices")), 20000);
	assert_true(rig_status(r).messages_out > 20);
	json_decref(hello);
	rig_free(r);
}

static void a_plugin_that_answers_pings_stays_up(void **state)
{
	struct rig *r = started("puppet.py", "{\"echo\":true}", SHORT_AGE);
	json_t *ping;

	(void)state;
	ping = rig_echo(r, "ping", 8); /* 2.4 s: far beyond its max_age */
	assert_int_equal(json_integer_value(json_object_get(ping, "id")), 8);
	assert_true(supervisor_up(r->supervisor));
	assert_int_equal(rig_count(r, "down"), 0);
	json_decref(ping);
	rig_free(r);
}

static void a_plugin_without_a_sign_of_life_is_killed_and_started_again(void **state)
{
	struct rig *r = started("hang.py", "{}", SHORT_AGE);
	int pid;

	(void)state;
	rig_wait(r, "up", 1);
	pid = rig_status(r).pid;
	assert_string_equal(rig_wait(r, "down", 1), "down gave no sign of life for 900ms");
	assert_false(supervisor_up(r->supervisor));
	assert_string_equal(rig_status(r).text, "gave no sign of life for 900ms");
	rig_wait(r, "up", 2);
	assert_int_not_equal(rig_status(r).pid, pid);
	assert_false(rig_alive(pid));
	assert_int_equal(rig_status(r).restarts, 1);
	rig_free(r);
}

static void half_a_line_is_no_sign_of_life(void **state)
{
	struct rig *r = started("garbage.py", "{\"what\":\"half\"}", SHORT_AGE);

	(void)state;
	assert_string_equal(rig_wait(r, "down", 1), "down gave no sign of life for 900ms");
	assert_int_equal(rig_status(r).bad_lines, 0);
	rig_free(r);
}

static void a_plugin_that_is_not_ready_in_ten_seconds_is_killed(void **state)
{
	struct rig *r = started("slow-ready.py", "{}", LONG_AGE);
	int64_t began_us = clock_mono_us();

	(void)state;
	assert_string_equal(rig_wait(r, "down", 1), "down was not ready within 10 s");
	assert_in_range((clock_mono_us() - began_us) / MS, 9900, 11500);
	assert_int_equal(rig_count(r, "up"), 0);
	rig_free(r);
}

/* ---- what it says ---- */

static void garbage_ends_a_plugin_with_the_reason(void **state)
{
	static const char *const rows[][2] = {
		{ "text", "down sent a bad line: not JSON" },
		{ "binary", "down sent a bad line: not JSON" },
		{ "array", "down sent a bad line: not an object" },
		{ "blank", "down sent a bad line: not JSON" },
		{ "kind", "down sent a bad line: 'sample': 'device': expected a text" },
		{ "long", "down sent a line of more than 64 KiB" },
		{ "endless", "down sent a line of more than 64 KiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char options[64];
		struct rig *r;
		int pid;

		snprintf(options, sizeof(options), "{\"what\":\"%s\"}", rows[i][0]);
		r = started("garbage.py", options, LONG_AGE);
		rig_wait(r, "up", 1);
		pid = rig_status(r).pid;
		rig_wait(r, rows[i][1], 1);
		assert_int_equal(rig_status(r).bad_lines, 1);
		assert_true(str_is_utf8(rig_status(r).text, strlen(rig_status(r).text)));
		assert_string_equal(rig_status(r).state, "waiting");
		rig_wait(r, "up", 2);
		assert_false(rig_alive(pid));
		rig_free(r);
	}
}

static void a_line_of_64_kib_is_taken_and_one_more_byte_is_not(void **state)
{
	struct rig *r = started("puppet.py", "{\"long\":65536}", LONG_AGE);

	(void)state;
	rig_wait(r, "fault xxx", 1);
	assert_true(supervisor_up(r->supervisor));
	rig_free(r);
	r = started("puppet.py", "{\"long\":65537}", LONG_AGE);
	rig_wait(r, "down sent a line of more than 64 KiB", 1);
	assert_int_equal(rig_count(r, "fault"), 0);
	rig_free(r);
}

static void samples_come_flattened_with_time_flags_and_id(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"sample\",\"device\":\"sos-1\",\"fields\":{\"action\":\"emergency\",\"object\":{\"t\":21.5,"
		"\"on\":true},"
		"\"none\":null},\"at\":1718000000.12,\"id\":\"88\",\"test\":true}",
		"{\"type\":\"sample\",\"device\":\"env-1\",\"fields\":{\"temperature\":7},\"id\":9007199254740993}",
		"{\"type\":\"sample\",\"device\":\"env-1\",\"fields\":{\"temperature\":8},\"at\":99999999999}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);
	int64_t before_us = clock_wall_us(), at_us;

	(void)state;
	assert_string_equal(rig_wait(r, "sample sos-1", 1),
			    "sample sos-1 action=emergency object.t=21.5 object.on=true none=null at=1718000000120000 "
			    "test id=\"88\"");
	/* Without a time, and with one of the future, it is now. */
	for (size_t n = 1; n <= 2; n++) {
		const char *told = rig_wait(r, "sample env-1", n);

		at_us = strtoll(strstr(told, "at=") + 3, NULL, 10);
		assert_true(at_us >= before_us && at_us <= clock_wall_us());
	}
	assert_non_null(strstr(rig_wait(r, "sample env-1", 1), "id=9007199254740993"));
	rig_free(r);
	free(options);
}

static void stored_echoes_the_id_as_it_came(void **state)
{
	static const char options[] =
		"{\"echo\":true,\"lines\":["
		"\"{\\\"type\\\":\\\"sample\\\",\\\"device\\\":\\\"sos-1\\\",\\\"fields\\\":{},\\\"id\\\":\\\"88 "
		"\\\\u6808 \\\\\\\"\\\"}\","
		"\"{\\\"type\\\":\\\"sample\\\",\\\"device\\\":\\\"sos-1\\\",\\\"fields\\\":{},\\\"id\\\":88}\"]}";
	struct rig *r = started("puppet.py", options, LONG_AGE);
	json_t *first = rig_echo(r, "stored", 1), *second = rig_echo(r, "stored", 2);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(first, "id")), "88 \xe6\xa0\x88 \"");
	assert_int_equal(json_integer_value(json_object_get(second, "id")), 88);
	json_decref(first);
	json_decref(second);
	rig_free(r);
}

static void a_device_that_is_not_its_own_is_ignored_once_aloud(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"sample\",\"device\":\"unknown\",\"fields\":{\"temperature\":1}}",
		"{\"type\":\"sample\",\"device\":\"foreign\",\"fields\":{\"temperature\":1},\"id\":5}",
		"{\"type\":\"stale\",\"device\":\"foreign\"}",
		"{\"type\":\"stale\",\"device\":\"sos-1\"}",
		"{\"type\":\"sample\",\"device\":\"sos-1\",\"fields\":{\"temperature\":1}}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	rig_wait(r, "sample", 1);
	assert_int_equal(rig_count(r, "sample sos-1"), 1);
	assert_int_equal(rig_count(r, "stale"), 1);
	assert_int_equal(rig_status(r).messages_out, 2); /* hello; stored, so that it forgets */
	assert_int_equal(rig_log_count("not its own"), 1);
	assert_true(supervisor_up(r->supervisor));
	rig_free(r);
	free(options);
}

static void a_retained_value_is_no_event(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"sample\",\"device\":\"sos-1\",\"fields\":{\"action\":\"emergency\",\"temperature\":1},"
		"\"retained\":true}",
		"{\"type\":\"sample\",\"device\":\"sos-1\",\"fields\":{\"action\":\"emergency\",\"temperature\":2},"
		"\"retained\":false}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	assert_true(str_starts(rig_wait(r, "sample", 1), "sample sos-1 temperature=1 at="));
	assert_true(str_starts(rig_wait(r, "sample", 2), "sample sos-1 action=emergency temperature=2 at="));
	rig_free(r);
	free(options);
}

static void unknown_types_are_counted_and_logged_once(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"weather\"}",
		"{\"type\":\"tide\"}",
		"{\"type\":\"weather\"}",
		"{\"type\":\"discovered\",\"address\":\"end\"}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	assert_string_equal(rig_wait(r, "discovered end", 1), "discovered end none");
	assert_int_equal(rig_status(r).unknown, 3);
	assert_int_equal(rig_log_count("type 'weather'"), 1);
	assert_int_equal(rig_log_count("type 'tide'"), 0);
	assert_true(supervisor_up(r->supervisor));
	rig_free(r);
	free(options);
}

static void unknown_addresses_without_an_end_are_cut(void **state)
{
	struct str_buf options = { 0 };
	struct rig *r;

	(void)state;
	str_buf_add(&options, "{\"lines\":[");
	for (int i = 0; i < 1200; i++)
		str_buf_add(&options, "\"{\\\"type\\\":\\\"discovered\\\",\\\"address\\\":\\\"a\\\"}\",");
	str_buf_add(&options, "\"{\\\"type\\\":\\\"fault\\\",\\\"text\\\":\\\"end\\\"}\"]}");
	r = started("puppet.py", options.text, LONG_AGE);
	rig_wait(r, "fault end", 1);
	assert_int_equal(rig_count(r, "discovered"), 1000);
	assert_int_equal(rig_log_count("unknown addresses"), 1);
	rig_free(r);
	str_buf_fini(&options);
}

static void answers_reach_who_asked(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"delivered\",\"batch\":12}",
		"{\"type\":\"refused\",\"batch\":13,\"retry\":true,\"text\":\"full\"}",
		"{\"type\":\"refused\",\"batch\":14,\"retry\":false}",
		"{\"type\":\"refused\",\"batch\":15,\"retry\":false,\"seq\":10293}",
		"{\"type\":\"notified\",\"id\":7,\"ok\":false,\"text\":\"no network\"}",
		"{\"type\":\"result\",\"id\":9,\"ok\":true,\"door\":\"b3-u1\"}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	rig_wait(r, "result 9 ok b3-u1", 1);
	rig_wait(r, "delivered 12", 1);
	rig_wait(r, "refused 13 retry full seq 0", 1);
	rig_wait(r, "refused 14 never - seq 0", 1);
	rig_wait(r, "refused 15 never - seq 10293", 1);
	rig_wait(r, "notified 7 failed no network", 1);
	rig_free(r);
	free(options);
}

static void answers_that_nobody_asked_for_are_no_harm(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"notified\",\"id\":7,\"ok\":true}",
		"{\"type\":\"result\",\"id\":9,\"ok\":true}",
		"{\"type\":\"discovered\",\"address\":\"end\"}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = rig_new("puppet.py", options, LONG_AGE);

	(void)state;
	r->calls.notified = NULL;
	r->calls.result = NULL;
	rig_start(r, 3);
	rig_wait(r, "discovered end", 1);
	rig_free(r);
	free(options);
}

static void a_fault_and_its_end_are_told_and_shown(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"healthy\"}", /* was never ill: nothing to tell */
		"{\"type\":\"fault\",\"text\":\"no broker\"}",
	};
	char *options = options_of("lines", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	rig_wait(r, "fault no broker", 1);
	assert_string_equal(rig_status(r).state, "fault");
	assert_string_equal(rig_status(r).text, "no broker");
	assert_true(supervisor_up(r->supervisor));
	assert_int_equal(rig_count(r, "healthy"), 0);
	rig_free(r);
	free(options);
}

static void a_fault_before_ready_is_told_after_it(void **state)
{
	static const char options[] = "{\"before\":[\"{\\\"type\\\":\\\"fault\\\",\\\"text\\\":\\\"no broker\\\"}\"],"
				      "\"on_stop\":[\"{\\\"type\\\":\\\"healthy\\\"}\"]}";
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	rig_wait(r, "fault no broker", 1);
	assert_string_equal(r->told[0], "up");
	assert_string_equal(rig_status(r).state, "fault");
	rig_free(r);
}

static void work_before_ready_does_not_count(void **state)
{
	static const char *const lines[] = {
		"{\"type\":\"sample\",\"device\":\"sos-1\",\"fields\":{\"temperature\":1}}",
		"{\"type\":\"delivered\",\"batch\":1}",
	};
	char *options = options_of("before", lines, ARRAY_SIZE(lines));
	struct rig *r = started("puppet.py", options, LONG_AGE);

	(void)state;
	rig_wait(r, "up", 1);
	assert_int_equal(r->told_count, 1);
	rig_free(r);
	free(options);
}

/* ---- its end ---- */

static void the_end_of_a_process_is_told_in_plain_words(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"how\":\"exit\"}", "down exited with 3" },
		{ "{\"how\":\"signal\"}", "down killed by signal 11 (Segmentation fault)" },
		{ "{\"how\":\"fault\"}", "down exited with 1: the vendor's library gave up" },
		{ "{\"how\":\"fault\",\"when\":\"hello\"}", "down exited with 1: the vendor's library gave up" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig *r = started("crash.py", rows[i][0], LONG_AGE);

		assert_string_equal(rig_wait(r, "down", 1), rows[i][1]);
		rig_free(r);
	}
}

static void last_words_still_count(void **state)
{
	struct str_buf options = { 0 };
	struct rig *r;

	(void)state;
	str_buf_add(&options, "{\"exit\":0,\"log\":[\"one\",\"two\"],\"lines\":[");
	for (int i = 0; i < 500; i++)
		str_buf_printf(&options,
			       "%s\"{\\\"type\\\":\\\"sample\\\",\\\"device\\\":\\\"sos-1\\\",\\\"fields\\\":{"
			       "\\\"n\\\":%d}}\"",
			       i ? "," : "", i);
	str_buf_add(&options, "]}");
	r = started("puppet.py", options.text, LONG_AGE);
	assert_string_equal(rig_wait(r, "down", 1), "down exited with 0");
	assert_int_equal(rig_count(r, "sample"), 500);
	assert_int_equal(rig_log_count(": two"), 1);
	rig_free(r);
	str_buf_fini(&options);
}

static void a_program_that_cannot_run_is_a_fault_with_retries(void **state)
{
	char folder[] = "/tmp/test-supervisor-XXXXXX", plain[80], broken[80];
	const struct {
		const char *program, *why;
	} rows[] = {
		{ "/nonexistent/plugin", "down /nonexistent/plugin does not start: No such file or directory" },
		{ folder, "Is a directory" },
		{ plain, "Permission denied" },
		{ broken, "down exited with 127: the program cannot be executed: No such file or directory" },
	};

	(void)state;
	assert_non_null(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(plain, sizeof(plain), "%s/plain", folder);
	snprintf(broken, sizeof(broken), "%s/broken", folder);
	fclose(fopen(plain, "w"));
	FILE *f = fopen(broken, "w");
	fputs("#!/nonexistent/python\n", f);
	fclose(f);
	chmod(broken, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig *r = started(rows[i].program, "{}", LONG_AGE);

		assert_non_null(strstr(rig_wait(r, "down", 1), rows[i].why));
		assert_int_equal(rig_status(r).pid, 0);
		rig_wait(r, "down", 2); /* tried again */
		rig_free(r);
	}
	unlink(plain);
	unlink(broken);
	rmdir(folder);
}

static void a_name_is_looked_up_in_the_plugin_folder(void **state)
{
	struct rig *r = rig_new("puppet.py", "{}", LONG_AGE);

	(void)state;
	r->plugin.program = "mqtt-source";
	rig_start(r, 0);
	assert_string_equal(rig_wait(r, "down", 1),
			    "down /nonexistent/mqtt-source does not start: No such file or directory");
	rig_free(r);
}

static void options_that_fill_a_line_are_a_fault(void **state)
{
	struct str_buf options = { 0 };
	struct rig *r;

	(void)state;
	str_buf_add(&options, "{\"x\":\"");
	while (options.len < 64 * 1024)
		str_buf_add(&options, "yyyyyyyy");
	str_buf_add(&options, "\"}");
	r = started("puppet.py", options.text, LONG_AGE);
	assert_string_equal(rig_wait(r, "down", 1), "down its options are longer than a line of the protocol (64 KiB)");
	rig_wait(r, "down", 2);
	rig_free(r);
	str_buf_fini(&options);
}

static bool has_process(void *context)
{
	return rig_status(context).pid > 0;
}

/* From now to the next start. */
static int64_t wait_for_process_ms(struct rig *r)
{
	int64_t began_us = clock_mono_us();

	assert_true(rig_until(has_process, r, RIG_LIMIT));
	return (clock_mono_us() - began_us) / MS;
}

static void restarts_come_later_and_later_until_it_was_steady(void **state)
{
	struct rig *r = started("crash.py", "{}", LONG_AGE);
	int64_t waits_ms[3];

	(void)state;
	rig_wait(r, "down", 1);
	for (size_t i = 0; i < ARRAY_SIZE(waits_ms); i++) {
		waits_ms[i] = wait_for_process_ms(r);
		rig_wait(r, "down", i + 2);
	}
	/* 75 to 100 % of 1, 2, 4 s. */
	assert_in_range(waits_ms[0], 740, 1400);
	assert_in_range(waits_ms[1], 1490, 2400);
	assert_in_range(waits_ms[2], 2990, 4400);
	assert_int_equal(rig_status(r).restarts, 4);
	assert_int_equal(rig_log_count("nothing comes from it now"), 4); /* each time it had been up */
	rig_free(r);
}

static void a_steady_plugin_is_started_again_at_once(void **state)
{
	struct rig *r = started("puppet.py", "{}", 400 * MS);

	(void)state;
	rig_wait(r, "up", 1);
	kill(rig_status(r).pid, SIGKILL);
	rig_wait(r, "down killed by signal 9", 1);
	rig_wait(r, "up", 2); /* the next step would be 2 s */
	rig_run(S);           /* steady: up for twice its max_age */
	kill(rig_status(r).pid, SIGKILL);
	rig_wait(r, "down killed by signal 9", 2);
	assert_in_range(wait_for_process_ms(r), 740, 1400);
	rig_free(r);
}

/* ---- stop ---- */

static void stop_ends_a_plugin_in_order(void **state)
{
	static const char options[] =
		"{\"echo\":true,\"on_stop\":[\"{\\\"type\\\":\\\"delivered\\\",\\\"batch\\\":5}\","
		"\"{\\\"type\\\":\\\"sample\\\",\\\"device\\\":\\\"sos-1\\\",\\\"fields\\\":{}}\"]}";
	struct rig *r = started("puppet.py", options, LONG_AGE);
	json_t *stop;

	(void)state;
	rig_wait(r, "up", 1);
	assert_true(stop_and_wait(r) < 1500 * MS);
	stop = rig_echo(r, "stop", 1);
	json_decref(stop);
	assert_int_equal(rig_count(r, "delivered 5"), 1); /* what it says until its end counts */
	assert_int_equal(rig_count(r, "sample sos-1"), 1);
	assert_int_equal(rig_count(r, "down"), 0);
	assert_string_equal(rig_status(r).state, "stopped");
	assert_int_equal(rig_status(r).pid, 0);
	assert_int_equal(supervisor_deliver(r->supervisor, &(struct supervisor_batch){ .lane = "alarm" }), -ENOTCONN);
	rig_run(1200 * MS);
	assert_string_equal(rig_status(r).state, "stopped"); /* for good */
	rig_free(r);
}

static void a_plugin_that_ignores_stop_and_sigterm_is_killed(void **state)
{
	struct rig *r = started("hang.py", "{}", LONG_AGE);
	int pid;
	int64_t took_us;

	(void)state;
	rig_wait(r, "up", 1);
	pid = rig_status(r).pid;
	took_us = stop_and_wait(r);
	assert_in_range(took_us / MS, 2900, 4000);
	assert_false(rig_alive(pid));
	rig_free(r);
}

static void a_plugin_that_only_knows_sigterm_ends_by_it(void **state)
{
	struct rig *r = started("deaf.py", "{}", LONG_AGE);

	(void)state;
	rig_wait(r, "up", 1);
	assert_in_range(stop_and_wait(r) / MS, 1950, 2900);
	rig_free(r);
}

static void stop_works_at_every_moment(void **state)
{
	struct rig *r = started("puppet.py", "{}", LONG_AGE);

	(void)state;
	assert_true(stop_and_wait(r) < 100 * MS); /* before it was started at all */
	rig_run(200 * MS);
	assert_true(supervisor_idle(r->supervisor));
	rig_free(r);

	r = started("slow-ready.py", "{}", LONG_AGE);
	while (rig_status(r).pid == 0)
		event_base_loop(rig_base(), EVLOOP_ONCE);
	assert_string_equal(rig_status(r).state, "starting");
	assert_true(stop_and_wait(r) < 1900 * MS);
	supervisor_stop(r->supervisor); /* twice is no harm */
	rig_free(r);

	r = started("crash.py", "{}", LONG_AGE);
	rig_wait(r, "down", 1);
	stop_and_wait(r);
	rig_run(1200 * MS);
	assert_int_equal(rig_count(r, "up"), 1);
	rig_free(r);
}

static void stop_from_within_a_call_is_kept(void **state)
{
	static const char *const rows[][2] = { { "crash.py", "down" },
					       { "garbage.py", "down" },
					       { "puppet.py", "up" },
					       { "/nonexistent/plugin", "down" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig *r = rig_new(rows[i][0], "{}", LONG_AGE);

		r->stop_at = rows[i][1];
		rig_start(r, 0);
		rig_wait(r, rows[i][1], 1);
		assert_true(rig_until(is_idle, r, RIG_LIMIT));
		rig_run(1200 * MS);
		assert_int_equal(rig_count(r, rows[i][1]), 1);
		assert_string_equal(rig_status(r).state, "stopped");
		rig_free(r);
	}
}

/* ---- misbehaviour ---- */

static void a_plugin_that_closes_a_pipe_is_ended(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"close\":\"stdout\"}", "down closed its stdout" },
		{ "{\"close\":\"stdin\"}", "down closed its stdin" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig *r = started("puppet.py", rows[i][0], 6 * S); /* the first ping after 2 s */
		int64_t began_us = clock_mono_us();

		assert_string_equal(rig_wait(r, "down", 1), rows[i][1]);
		assert_true(clock_mono_us() - began_us < 5 * S); /* not by its silence */
		rig_free(r);
	}
}

static void children_of_a_plugin_end_with_it(void **state)
{
	static const char *const then[] = { "{\"then\":\"exit\"}", "{\"then\":\"stay\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(then); i++) {
		struct rig *r = started("fork.py", then[i], LONG_AGE);
		int children[3];

		for (size_t n = 0; n < ARRAY_SIZE(children); n++) {
			json_t *child = rig_echo(r, "child", n + 1);

			children[n] = (int)json_integer_value(json_object_get(child, "pid"));
			json_decref(child);
			assert_true(children[n] > 1);
			assert_true(i == 0 || rig_alive(children[n]));
		}
		if (i == 0)
			rig_wait(r, "down exited with 0", 1);
		else
			stop_and_wait(r);
		for (size_t n = 0; n < ARRAY_SIZE(children); n++) {
			/* Killed with the leader's end, but by the kernel in its own time. */
			for (int turn = 0; turn < 100 && rig_alive(children[n]); turn++)
				rig_run(10 * MS);
			assert_false(rig_alive(children[n]));
		}
		rig_free(r);
	}
}

struct turns {
	size_t count;
	int64_t last_us, worst_us;
};

static void on_turn(evutil_socket_t fd, short events, void *context)
{
	struct turns *t = context;
	int64_t now_us = clock_mono_us();

	(void)fd;
	(void)events;
	if (t->last_us && now_us - t->last_us > t->worst_us)
		t->worst_us = now_us - t->last_us;
	t->last_us = now_us;
	t->count++;
}

static struct rig *start_flood(const char *options)
{
	struct rig *r = rig_new("flood.py", options, LONG_AGE);

	r->quiet = true;
	rig_start(r, 3);
	rig_wait(r, "up", 1);
	return r;
}

struct flood {
	const char *options;
	uint64_t least, most; /* samples that come through in 3 s */
	bool throttled;
};

/* Two plugins, one that floods, one that behaves: the daemon and the other must not feel it. */
static void endure(const struct flood *f)
{
	struct rig *well = started("puppet.py", "{\"echo\":true}", SHORT_AGE), *r;
	struct turns turns = { 0 };
	struct event *timer = event_new(rig_base(), -1, EV_PERSIST, on_turn, &turns);
	size_t memory, pings;

	rig_wait(well, "up", 1);
	r = start_flood(f->options);
	event_add(timer, &(struct timeval){ .tv_usec = 10000 });
	rig_run(S);
	memory = rig_memory();
	pings = rig_count(well, "discovered ping");
	rig_run(2 * S);
	pings = rig_count(well, "discovered ping") - pings;
	print_message("# %s: %zu turns of 10 ms in 3 s, the longest %" PRId64 " ms; %" PRIu64
		      " samples, throttled %" PRIu64 ", %zu KiB more in 2 s, %zu pings of the other\n",
		      f->options, turns.count, turns.worst_us / MS, r->samples, rig_status(r).throttled,
		      rig_memory() > memory ? (rig_memory() - memory) / 1024 : 0, pings);
	assert_true(turns.count > 150);
	assert_true(turns.worst_us < 500 * MS);
	assert_true(rig_memory() <= memory + 4 * 1024 * 1024);
	assert_true(pings >= 5);
	assert_int_equal(rig_count(well, "down"), 0);
	assert_int_equal(rig_count(r, "down"), 0);
	assert_in_range(r->samples, f->least, f->most);
	assert_true((rig_status(r).throttled > 3) == f->throttled);
	event_free(timer);
	rig_free(well);
	rig_free(r);
}

static void a_flood_of_lines_is_slowed_down(void **state)
{
	(void)state;
	/* 4,000 at once and 2,000 a second. */
	endure(&(struct flood){ .options = "{\"lines\":100000}", .least = 6000, .most = 11000, .throttled = true });
	assert_int_equal(rig_log_count("slowed down"), 1);
}

static void after_a_flood_nothing_is_missing(void **state)
{
	struct rig *r = start_flood("{\"lines\":7000}");

	(void)state;
	rig_wait(r, "discovered after the flood", 1);
	assert_int_equal(r->samples, 7000);
	rig_free(r);
}

static void a_flood_of_long_lines_is_slowed_down_by_their_length(void **state)
{
	(void)state;
	/* Each counts as 64 lines. */
	endure(&(struct flood){ .options = "{\"what\":\"long\"}", .least = 40, .most = 180, .throttled = true });
}

static void a_flood_on_stderr_is_cut_and_counted(void **state)
{
	struct rig *r;

	(void)state;
	endure(&(struct flood){ .options = "{\"what\":\"log\"}" });
	assert_int_equal(rig_log_count("something is wrong"),
			 21); /* the last one with the word that more are counted */
	assert_int_equal(rig_log_count("logs too much: more of its lines are only counted"), 1);
	r = start_flood("{\"what\":\"log\",\"lines\":2000}");
	rig_wait(r, "discovered after the flood", 1); /* it is read, so the plugin gets on */
	rig_free(r);
}

static void stderr_is_logged_with_its_level_also_an_unfinished_line(void **state)
{
	struct rig *r = started(
		"puppet.py", "{\"log\":[\"<4>a warning\",\"<9>no level\",\"<\",\"\",\"plain\"],\"exit\":0}", LONG_AGE);

	(void)state;
	rig_wait(r, "down", 1);
	assert_int_equal(rig_log_count(": a warning"), 1);
	assert_int_equal(rig_log_count(": <9>no level"), 1);
	assert_int_equal(rig_log_count(": plain"), 1);
	rig_free(r);
}

static void a_plugin_that_does_not_read_gets_no_more_than_its_buffer(void **state)
{
	struct rig *r = started("deaf.py", "{}", LONG_AGE);
	struct str_buf envelope = { 0 };
	const char *messages[1];
	struct supervisor_batch batch = { .batch = 1, .lane = "alarm", .messages = messages, .count = 1 };
	size_t sent = 0, memory;
	int error;

	(void)state;
	str_buf_add(&envelope, "{\"x\":\"");
	while (envelope.len < 40 * 1024)
		str_buf_add(&envelope, "y");
	str_buf_add(&envelope, "\"}");
	messages[0] = envelope.text;
	assert_int_equal(supervisor_deliver(r->supervisor, &batch), -ENOTCONN);
	rig_wait(r, "up", 1);
	memory = rig_memory();
	while ((error = supervisor_deliver(r->supervisor, &batch)) == 0 && sent < 1000) {
		batch.batch++;
		sent++;
		if (sent % 10 == 0)
			rig_run(10 * MS);
	}
	assert_int_equal(error, -EAGAIN);
	assert_in_range(sent, 12, 15); /* 512 KiB of ours, and a pipe of 64 KiB */
	for (int i = 0; i < 1000; i++)
		assert_int_equal(supervisor_deliver(r->supervisor, &batch), -EAGAIN);
	assert_true(rig_memory() < memory + 8 * 1024 * 1024);
	assert_true(rig_status(r).throttled >= 1000);
	rig_run(500 * MS);
	assert_true(supervisor_up(r->supervisor)); /* it lives; who gave it messages keeps them */
	while (envelope.len < 64 * 1024)
		str_buf_add(&envelope, " ");
	messages[0] = envelope.text;
	assert_int_equal(supervisor_deliver(r->supervisor, &batch), -EMSGSIZE);
	rig_free(r);
	str_buf_fini(&envelope);
}

static void batches_and_other_messages_arrive_as_they_are(void **state)
{
	static const char *const messages[] = { "{\"seq\":1}", "{\"seq\":2}" };
	struct rig *r = started("puppet.py", "{\"echo\":true}", LONG_AGE);
	json_t *command = json_pack("{s:s,s:i,s:s}", "type", "command", "id", 9, "verb", "unlock"), *echo, *expected;

	(void)state;
	rig_wait(r, "up", 1);
	assert_int_equal(supervisor_deliver(r->supervisor,
					    &(struct supervisor_batch){
						    .batch = 12, .lane = "alarm", .messages = messages, .count = 2 }),
			 0);
	assert_int_equal(supervisor_send(r->supervisor, command), 0);
	echo = rig_echo(r, "deliver", 1);
	expected = json_pack("{s:s,s:i,s:s,s:[{s:i},{s:i}]}", "type", "deliver", "batch", 12, "lane", "alarm",
			     "messages", "seq", 1, "seq", 2);
	assert_true(json_equal(echo, expected));
	json_decref(echo);
	json_decref(expected);
	echo = rig_echo(r, "command", 1);
	assert_true(json_equal(echo, command));
	json_decref(echo);
	json_decref(command);
	rig_free(r);
}

static void temporary_files_are_its_own_and_go_with_it(void **state)
{
	struct rig *r = started("puppet.py", "{\"write\":\"file\"}", LONG_AGE);
	json_t *wrote = rig_echo(r, "wrote", 1);
	char path[256], *slash;
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s", json_string_value(json_object_get(wrote, "path")));
	json_decref(wrote);
	assert_int_equal(stat(path, &st), 0);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_non_null(strstr(path, r->id));
	rig_free(r);
	assert_int_equal(stat(path, &st), -1);
}

static void temporary_files_of_a_daemon_that_was_killed_are_removed(void **state)
{
	char base[] = "/tmp/test-supervisor-XXXXXX", old[160], deep[200], link_path[240], of_another[160];
	struct rig *r = rig_new("puppet.py", "{}", LONG_AGE);
	pid_t gone = fork();
	struct stat st;

	(void)state;
	if (gone == 0)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_non_null(mkdtemp(base));
	chmod(base, 0777);
	snprintf(old, sizeof(old), "%s/estated-%s-%d-abcdef", base, r->id, gone);
	snprintf(deep, sizeof(deep), "%s/deep", old);
	snprintf(link_path, sizeof(link_path), "%s/link", deep);
	snprintf(of_another, sizeof(of_another), "%s/estated-%s-%d-abcdef", base, r->id, getppid());
	assert_true(mkdir(old, 0700) == 0 && mkdir(deep, 0700) == 0 && mkdir(of_another, 0700) == 0);
	assert_int_equal(symlink(of_another, link_path), 0);
	setenv("TMPDIR", base, 1);
	rig_start(r, 0);
	rig_wait(r, "up", 1);
	unsetenv("TMPDIR");
	assert_int_equal(stat(old, &st), -1);
	assert_int_equal(stat(of_another, &st), 0); /* that daemon lives, and no link was followed */
	rig_free(r);
	assert_int_equal(rmdir(of_another), 0);
	assert_int_equal(rmdir(base), 0);
}

static void a_temporary_folder_closed_to_its_user_is_not_used(void **state)
{
	char folder[] = "/tmp/test-supervisor-XXXXXX";
	struct rig *r;
	json_t *wrote;

	(void)state;
	assert_non_null(mkdtemp(folder)); /* 0700, ours */
	setenv("TMPDIR", folder, 1);
	r = started("puppet.py", "{\"write\":\"file\"}", LONG_AGE);
	wrote = rig_echo(r, "wrote", 1);
	/* Open to whom the plugin runs as only where that is us. */
	assert_true(str_starts(json_string_value(json_object_get(wrote, "path")),
			       rig_plugins_are_us() ? folder : "/tmp/estated-"));
	json_decref(wrote);
	rig_free(r);
	unsetenv("TMPDIR");
	assert_int_equal(rmdir(folder), 0); /* nothing was left in it */
}

static void bad_lines_do_not_wait_for_the_process_to_end(void **state)
{
	struct rig *r = started("garbage.py", "{}", LONG_AGE);

	(void)state;
	assert_true(rig_until(has_bad_line, r, RIG_LIMIT));
	assert_int_equal(rig_count(r, "down"), 1); /* told in the same turn */
	assert_false(supervisor_up(r->supervisor));
	assert_int_equal(supervisor_roles(r->supervisor), 0);
	rig_free(r);
}

/* The last one: what is done here cannot be undone in this process. */
static void without_pidfd_an_end_is_noticed_by_sigchld(void **state)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	struct rig *one, *other;

	(void)state;
	assert_non_null(ctx);
	assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(pidfd_open), 0), 0);
	if (seccomp_load(ctx) < 0) {
		seccomp_release(ctx);
		print_message("# not asserted: this system grants no seccomp filter to hide pidfd with\n");
		return;
	}
	seccomp_release(ctx);
	other = started("puppet.py", "{}", LONG_AGE);
	rig_wait(other, "up", 1);
	one = started("crash.py", "{}", LONG_AGE);
	rig_wait(one, "down exited with 3", 2);
	rig_free(one);
	one = started("crash.py", "{\"when\":\"hello\"}", LONG_AGE);
	rig_wait(one, "down exited with 3", 1);
	rig_free(one);
	assert_int_equal(rig_count(other, "down"), 0);
	assert_true(stop_and_wait(other) < 1500 * MS);
	rig_free(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_plugin_is_greeted_and_becomes_up),
		CASE(more_devices_than_a_line_holds_are_all_told),
		CASE(a_plugin_that_answers_pings_stays_up),
		CASE(a_plugin_without_a_sign_of_life_is_killed_and_started_again),
		CASE(half_a_line_is_no_sign_of_life),
		CASE(a_plugin_that_is_not_ready_in_ten_seconds_is_killed),
		CASE(garbage_ends_a_plugin_with_the_reason),
		CASE(a_line_of_64_kib_is_taken_and_one_more_byte_is_not),
		CASE(samples_come_flattened_with_time_flags_and_id),
		CASE(stored_echoes_the_id_as_it_came),
		CASE(a_device_that_is_not_its_own_is_ignored_once_aloud),
		CASE(a_retained_value_is_no_event),
		CASE(unknown_types_are_counted_and_logged_once),
		CASE(unknown_addresses_without_an_end_are_cut),
		CASE(answers_reach_who_asked),
		CASE(answers_that_nobody_asked_for_are_no_harm),
		CASE(a_fault_and_its_end_are_told_and_shown),
		CASE(a_fault_before_ready_is_told_after_it),
		CASE(work_before_ready_does_not_count),
		CASE(the_end_of_a_process_is_told_in_plain_words),
		CASE(last_words_still_count),
		CASE(a_program_that_cannot_run_is_a_fault_with_retries),
		CASE(a_name_is_looked_up_in_the_plugin_folder),
		CASE(options_that_fill_a_line_are_a_fault),
		CASE(restarts_come_later_and_later_until_it_was_steady),
		CASE(a_steady_plugin_is_started_again_at_once),
		CASE(stop_ends_a_plugin_in_order),
		CASE(a_plugin_that_ignores_stop_and_sigterm_is_killed),
		CASE(a_plugin_that_only_knows_sigterm_ends_by_it),
		CASE(stop_works_at_every_moment),
		CASE(stop_from_within_a_call_is_kept),
		CASE(a_plugin_that_closes_a_pipe_is_ended),
		CASE(children_of_a_plugin_end_with_it),
		CASE(a_flood_of_lines_is_slowed_down),
		CASE(after_a_flood_nothing_is_missing),
		CASE(a_flood_of_long_lines_is_slowed_down_by_their_length),
		CASE(a_flood_on_stderr_is_cut_and_counted),
		CASE(stderr_is_logged_with_its_level_also_an_unfinished_line),
		CASE(a_plugin_that_does_not_read_gets_no_more_than_its_buffer),
		CASE(batches_and_other_messages_arrive_as_they_are),
		CASE(temporary_files_are_its_own_and_go_with_it),
		CASE(temporary_files_of_a_daemon_that_was_killed_are_removed),
		CASE(a_temporary_folder_closed_to_its_user_is_not_used),
		CASE(bad_lines_do_not_wait_for_the_process_to_end),
		CASE(without_pidfd_an_end_is_noticed_by_sigchld),
	};

	return UNIT_RUN(tests);
}
