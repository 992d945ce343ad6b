#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "plugin/protocol.h"
#include "plugin/speech.h"
#include "plugin/supervisor.h"

static struct protocol_error error;

static struct protocol_message good(const char *line)
{
	struct protocol_message m;

	if (protocol_parse(line, strlen(line), &m, &error) < 0)
		fail_msg("%s: %s", line, error.text);
	return m;
}

/* The reason must name what was wrong. */
static void bad_len(const char *line, size_t len, const char *reason)
{
	struct protocol_message m = { .type = PROTOCOL_PONG };

	error.text[0] = '\0';
	if (protocol_parse(line, len, &m, &error) != -EBADMSG)
		fail_msg("taken: %.200s", line);
	assert_int_equal(m.type, PROTOCOL_PONG); /* outputs are untouched */
	if (!strstr(error.text, reason))
		fail_msg("%.200s: '%s', expected something with '%s'", line, error.text, reason);
}

static void bad(const char *line, const char *reason)
{
	bad_len(line, strlen(line), reason);
}

/* ---- good ones ---- */

static void every_type_of_the_protocol_is_known(void **state)
{
	static const struct {
		const char *line;
		enum protocol_type type;
	} rows[] = {
		{ "{\"type\":\"ready\",\"name\":\"x\",\"version\":\"1\",\"roles\":[\"source\"]}", PROTOCOL_READY },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{}}", PROTOCOL_SAMPLE },
		{ "{\"type\":\"stale\",\"device\":\"d\"}", PROTOCOL_STALE },
		{ "{\"type\":\"fault\",\"text\":\"no broker\"}", PROTOCOL_FAULT },
		{ "{\"type\":\"healthy\"}", PROTOCOL_HEALTHY },
		{ "{\"type\":\"discovered\",\"address\":\"0x1\",\"fields\":{}}", PROTOCOL_DISCOVERED },
		{ "{\"type\":\"delivered\",\"batch\":12}", PROTOCOL_DELIVERED },
		{ "{\"type\":\"refused\",\"batch\":12,\"retry\":false,\"text\":\"no\"}", PROTOCOL_REFUSED },
		{ "{\"type\":\"notified\",\"id\":7,\"ok\":true}", PROTOCOL_NOTIFIED },
		{ "{\"type\":\"result\",\"id\":9,\"ok\":false,\"text\":\"no\"}", PROTOCOL_RESULT },
		{ "{\"type\":\"pong\",\"id\":3,\"counters\":{\"samples\":12}}", PROTOCOL_PONG },
		{ "{\"type\":\"weather\",\"sun\":true}", PROTOCOL_UNKNOWN },
		{ " {\"type\" : \"healthy\"} \r", PROTOCOL_HEALTHY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct protocol_message m = good(rows[i].line);

		assert_int_equal(m.type, rows[i].type);
		protocol_message_fini(&m);
	}
}

static void ready_says_name_version_and_roles(void **state)
{
	struct protocol_message m = good("{\"type\":\"ready\",\"name\":\"mqtt\",\"version\":\"1.0\","
					 "\"roles\":[\"source\",\"uplink\",\"of a later version\",5]}");
	char text[PROTOCOL_ROLES_MAX];

	(void)state;
	assert_string_equal(m.name, "mqtt");
	assert_string_equal(m.version, "1.0");
	assert_int_equal(m.roles, SUPERVISOR_SOURCE | SUPERVISOR_UPLINK);
	protocol_name_roles(m.roles, text);
	assert_string_equal(text, "source uplink");
	protocol_name_roles(SUPERVISOR_SOURCE | SUPERVISOR_NOTIFIER | SUPERVISOR_UPLINK | SUPERVISOR_COMMAND, text);
	assert_string_equal(text, "source notifier uplink command");
	protocol_message_fini(&m);
	m = good("{\"type\":\"ready\",\"name\":\"x\",\"roles\":[\"notifier\",\"command\"]}");
	assert_null(m.version);
	assert_int_equal(m.roles, SUPERVISOR_NOTIFIER | SUPERVISOR_COMMAND);
	protocol_message_fini(&m);
}

static void a_sample_says_device_fields_time_and_flags(void **state)
{
	struct protocol_message m = good("{\"type\":\"sample\",\"device\":\"sos-1204\",\"fields\":{\"a\":1},"
					 "\"at\":1718000000.120,\"id\":\"88\",\"retained\":true,\"test\":true}");

	(void)state;
	assert_string_equal(m.device, "sos-1204");
	assert_true(m.has_at);
	assert_int_equal(m.at_us, 1718000000120000);
	assert_true(m.test);
	assert_true(m.retained);
	assert_int_equal(json_object_size(m.fields), 1);
	protocol_message_fini(&m);
	m = good("{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"at\":null,\"id\":null,\"test\":null}");
	assert_false(m.has_at);
	assert_false(m.test);
	assert_false(m.retained);
	assert_null(m.id_json);
	protocol_message_fini(&m);
}

static void a_time_that_no_clock_shows_is_as_good_as_none(void **state)
{
	static const char *const times[] = { "0", "-1", "-1e300", "1e300", "1e11", "1718000000120" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char line[120];
		struct protocol_message m;

		snprintf(line, sizeof(line), "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"at\":%s}",
			 times[i]);
		m = good(line);
		assert_false(m.has_at);
		protocol_message_fini(&m);
	}
}

static void a_discovery_says_what_it_is_as_far_as_that_is_known(void **state)
{
	struct protocol_message m =
		good("{\"type\":\"discovered\",\"address\":\"0x1\",\"name\":\"door\",\"vendor\":\"v\","
		     "\"model\":\"m\",\"battery\":97.5,\"fields\":{\"a\":1}}");

	(void)state;
	assert_string_equal(m.address, "0x1");
	assert_string_equal(m.name, "door");
	assert_string_equal(m.vendor, "v");
	assert_string_equal(m.model, "m");
	assert_true(m.battery == 97.5);
	protocol_message_fini(&m);
	m = good("{\"type\":\"discovered\",\"address\":\"0x1\",\"model\":null,\"battery\":null}");
	assert_null(m.name);
	assert_null(m.vendor);
	assert_null(m.model);
	assert_true(isnan(m.battery));
	protocol_message_fini(&m);
}

static void an_id_is_echoed_as_it_came(void **state)
{
	static const char *const rows[][2] = {
		{ "88", "88" },
		{ "\"88\"", "\"88\"" },
		{ "-5", "-5" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "9007199254740993", "9007199254740993" }, /* a double could not hold it */
		{ "\"\"", "\"\"" },
		{ "\"a \\\"b\\\" \\\\ \\n c\"", "\"a \\\"b\\\" \\\\ \\n c\"" },
		{ "\"\xe6\xa0\x8b\"", "\"\xe6\xa0\x8b\"" },
		{ "88.0", "88" }, /* languages that know real numbers only */
		{ "1e3", "1000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char line[200];
		struct protocol_message m;

		snprintf(line, sizeof(line), "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":%s}",
			 rows[i][0]);
		m = good(line);
		assert_string_equal(m.id_json, rows[i][1]);
		protocol_message_fini(&m);
	}
}

static void an_answer_names_its_batch_or_id_exactly(void **state)
{
	struct protocol_message m = good("{\"type\":\"delivered\",\"batch\":9223372036854775807}");

	(void)state;
	assert_true(m.number == 9223372036854775807u);
	protocol_message_fini(&m);
	m = good("{\"type\":\"delivered\",\"batch\":0}");
	assert_true(m.number == 0);
	protocol_message_fini(&m);
	m = good("{\"type\":\"delivered\",\"batch\":12.0}");
	assert_true(m.number == 12);
	protocol_message_fini(&m);
	m = good("{\"type\":\"notified\",\"id\":7,\"ok\":false,\"batch\":\"of no interest\",\"text\":\"busy\"}");
	assert_true(m.number == 7);
	assert_false(m.flag);
	assert_string_equal(m.text, "busy");
	protocol_message_fini(&m);
	m = good("{\"type\":\"result\",\"id\":9007199254740993,\"ok\":true}");
	assert_true(m.number == 9007199254740993u);
	assert_true(m.flag);
	protocol_message_fini(&m);
}

static void a_refusal_is_for_now_unless_it_says_for_good(void **state)
{
	struct protocol_message m = good("{\"type\":\"refused\",\"batch\":1}");

	(void)state;
	assert_true(m.flag);
	assert_null(m.text);
	protocol_message_fini(&m);
	m = good("{\"type\":\"refused\",\"batch\":1,\"retry\":false}");
	assert_false(m.flag);
	assert_int_equal(m.seq, 0);
	protocol_message_fini(&m);
	m = good("{\"type\":\"refused\",\"batch\":1,\"retry\":false,\"seq\":10293}");
	assert_int_equal(m.number, 1);
	assert_int_equal(m.seq, 10293);
	protocol_message_fini(&m);
	m = good("{\"type\":\"refused\",\"batch\":1,\"seq\":null}");
	assert_int_equal(m.seq, 0);
	protocol_message_fini(&m);
}

static void unknown_members_are_ignored(void **state)
{
	struct protocol_message m =
		good("{\"type\":\"healthy\",\"text\":5,\"batch\":-1,\"id\":[1],\"at\":{},\"x\":null}");

	(void)state;
	assert_int_equal(m.type, PROTOCOL_HEALTHY);
	assert_null(m.text);
	protocol_message_fini(&m);
}

/* ---- bad ones ---- */

static void a_line_that_is_no_object_is_refused(void **state)
{
	(void)state;
	bad("", "not JSON");
	bad("Traceback (most recent call last):", "not JSON");
	bad("[]", "not an object");
	bad("[{\"type\":\"healthy\"}]", "not an object");
	bad("\"healthy\"", "not JSON");
	bad("{\"type\":\"healthy\"", "not JSON");
	bad("{\"type\":\"healthy\"}{\"type\":\"healthy\"}", "not JSON");
	bad("{'type':'healthy'}", "not JSON");
	bad("{\"type\":\"healthy\",}", "not JSON");
}

static void a_line_without_a_type_is_refused(void **state)
{
	(void)state;
	bad("{}", "no 'type'");
	bad("{\"type\":5}", "no 'type'");
	bad("{\"type\":null}", "no 'type'");
	bad("{\"Type\":\"healthy\"}", "no 'type'");
}

static void a_member_that_is_missing_or_of_another_kind_is_refused_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"type\":\"ready\",\"roles\":[\"source\"]}", "'ready' without 'name'" },
		{ "{\"type\":\"ready\",\"name\":\"x\"}", "'roles'" },
		{ "{\"type\":\"ready\",\"name\":\"x\",\"roles\":[]}", "'roles'" },
		{ "{\"type\":\"ready\",\"name\":\"x\",\"roles\":\"source\"}", "'roles'" },
		{ "{\"type\":\"ready\",\"name\":\"x\",\"roles\":[\"sauce\"]}", "'roles'" },
		{ "{\"type\":\"ready\",\"name\":\"x\",\"version\":1,\"roles\":[\"source\"]}",
		  "'version': expected a text" },
		{ "{\"type\":\"ready\",\"name\":null,\"roles\":[\"source\"]}", "'name' is null" },
		{ "{\"type\":\"sample\",\"fields\":{}}", "'sample' without 'device': expected a text" },
		{ "{\"type\":\"sample\",\"device\":\"d\"}", "'sample' without 'fields': expected an object" },
		{ "{\"type\":\"sample\",\"device\":7,\"fields\":{}}", "'device': expected a text" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":[]}", "'fields': expected an object" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":null}", "'fields' is null" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"at\":\"now\"}", "'at': expected a number" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":true}", "'id': expected a whole" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":1.5}", "'id': expected a whole" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":1e300}", "'id': expected a whole" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"test\":1}", "'test': expected true or false" },
		{ "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"retained\":\"yes\"}", "'retained'" },
		{ "{\"type\":\"stale\"}", "'stale' without 'device'" },
		{ "{\"type\":\"fault\"}", "'fault' without 'text'" },
		{ "{\"type\":\"discovered\"}", "'discovered' without 'address'" },
		{ "{\"type\":\"discovered\",\"address\":\"a\",\"fields\":5}", "'fields': expected an object" },
		{ "{\"type\":\"discovered\",\"address\":\"a\",\"battery\":\"low\"}", "'battery': expected a number" },
		{ "{\"type\":\"discovered\",\"address\":\"a\",\"model\":7}", "'model': expected a text" },
		{ "{\"type\":\"delivered\"}", "'delivered' without 'batch'" },
		{ "{\"type\":\"delivered\",\"batch\":\"12\"}", "'batch': expected a whole number" },
		{ "{\"type\":\"delivered\",\"batch\":-1}", "'batch': expected a whole number from 0" },
		{ "{\"type\":\"delivered\",\"batch\":-1.0}", "'batch': expected a whole number from 0" },
		{ "{\"type\":\"delivered\",\"batch\":1.5}", "'batch': expected a whole number" },
		{ "{\"type\":\"delivered\",\"batch\":1e300}", "'batch': expected a whole number" },
		{ "{\"type\":\"delivered\",\"batch\":18446744073709551615}", "'batch': expected a whole number" },
		{ "{\"type\":\"refused\",\"batch\":1,\"retry\":\"yes\"}", "'retry': expected true or false" },
		{ "{\"type\":\"refused\",\"batch\":1,\"text\":1}", "'text': expected a text" },
		{ "{\"type\":\"refused\",\"batch\":1,\"seq\":-1}", "'seq': expected a whole number from 0" },
		{ "{\"type\":\"notified\",\"id\":1}", "'notified' without 'ok'" },
		{ "{\"type\":\"notified\",\"ok\":true}", "'notified' without 'id'" },
		{ "{\"type\":\"notified\",\"id\":-7,\"ok\":true}", "'id': expected a whole number from 0" },
		{ "{\"type\":\"result\",\"id\":\"9\",\"ok\":true}", "'id': expected a whole number" },
		{ "{\"type\":\"result\",\"id\":9,\"ok\":null}", "'ok' is null" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		bad(rows[i][0], rows[i][1]);
}

static void numbers_that_are_not_json_are_refused(void **state)
{
	static const char *const numbers[] = { "NaN",  "Infinity", "-Infinity", "1e400", "-1e400",
					       "0x10", "+1",       "01",        ".5",    "1." };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char line[120];

		snprintf(line, sizeof(line), "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{\"n\":%s}}",
			 numbers[i]);
		bad(line, "not JSON");
	}
}

static void a_number_beyond_64_bits_among_the_fields_ends_no_plugin(void **state)
{
	struct protocol_message m =
		good("{\"type\":\"sample\",\"device\":\"d\",\"fields\":{\"serial\":123456789012345678901},\"id\":88}");
	struct mapping_field field;
	struct arena *arena = arena_new();
	size_t count = protocol_fields(m.fields, &(struct protocol_flat){ .arena = arena, .fields = &field, .max = 1 });

	(void)state;
	assert_int_equal(count, 1);
	assert_int_equal(field.value.type, VALUE_NUMBER);
	assert_true(fabs(field.value.number - 123456789012345678901.0) < 1e6);
	assert_string_equal(m.id_json, "88");
	arena_free(arena);
	protocol_message_fini(&m);
}

static void a_member_twice_is_refused(void **state)
{
	(void)state;
	bad("{\"type\":\"healthy\",\"type\":\"pong\"}", "duplicate");
	bad("{\"type\":\"sample\",\"device\":\"d\",\"fields\":{\"a\":1,\"a\":2}}", "duplicate");
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
	static const char nul[] = "{\"type\":\"healthy\"}\0{\"type\":\"healthy\"}";

	(void)state;
	bad("{\"type\":\"fault\",\"text\":\"\xff\xfe\"}", "not JSON");
	bad("{\"type\":\"fault\",\"text\":\"\xc0\x80\"}", "not JSON");         /* overlong */
	bad("{\"type\":\"fault\",\"text\":\"\xed\xa0\x80\"}", "not JSON");     /* a surrogate */
	bad("{\"type\":\"fault\",\"text\":\"\xf4\x90\x80\x80\"}", "not JSON"); /* beyond Unicode */
	bad("{\"type\":\"fault\",\"text\":\"\xe6\xa0\"}", "not JSON");         /* cut */
	bad("{\"type\":\"fault\",\"text\":\"\\ud800\"}", "not JSON");
	bad("{\"type\":\"fault\",\"text\":\"a\\u0000b\"}", "not JSON");
	bad("{\"type\":\"fault\",\"text\":\"tab\there\"}", "not JSON");
	bad_len(nul, sizeof(nul) - 1, "not JSON");
}

static void nesting_without_an_end_is_refused(void **state)
{
	struct str_buf line = { 0 };

	(void)state;
	str_buf_add(&line, "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{\"a\":");
	while (line.len < PROTOCOL_LINE_MAX - 1)
		str_buf_add(&line, "[");
	bad_len(line.text, line.len, "not JSON");
	str_buf_clear(&line);
	while (line.len < PROTOCOL_LINE_MAX - 8)
		str_buf_add(&line, "{\"a\":");
	bad_len(line.text, line.len, "not JSON");
	str_buf_fini(&line);
}

static void an_id_longer_than_256_bytes_is_refused(void **state)
{
	struct str_buf line = { 0 };
	struct protocol_message m;

	(void)state;
	str_buf_add(&line, "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":\"");
	for (int i = 0; i < PROTOCOL_ID_MAX; i++)
		str_buf_add(&line, "i");
	str_buf_add(&line, "\"}");
	m = good(line.text);
	assert_int_equal(strlen(m.id_json), PROTOCOL_ID_MAX + 2);
	protocol_message_fini(&m);
	str_buf_clear(&line);
	str_buf_add(&line, "{\"type\":\"sample\",\"device\":\"d\",\"fields\":{},\"id\":\"");
	for (int i = 0; i <= PROTOCOL_ID_MAX; i++)
		str_buf_add(&line, "i");
	str_buf_add(&line, "\"}");
	bad(line.text, "256 bytes");
	str_buf_fini(&line);
}

static void a_reason_is_cut_not_overrun(void **state)
{
	struct str_buf line = { 0 };

	(void)state;
	while (line.len < 3000)
		str_buf_add(&line, "\xe6\xa0\x8b");
	bad(line.text, "not JSON");
	assert_true(strlen(error.text) < sizeof(error.text));
	str_buf_fini(&line);
}

static void a_line_of_64_kib_is_read_whole(void **state)
{
	struct str_buf line = { 0 };
	struct protocol_message m;

	(void)state;
	str_buf_add(&line, "{\"type\":\"fault\",\"text\":\"");
	while (line.len < PROTOCOL_LINE_MAX - 3)
		str_buf_add(&line, "x");
	str_buf_add(&line, "\"}");
	assert_int_equal(line.len, PROTOCOL_LINE_MAX - 1);
	m = good(line.text);
	assert_int_equal(strlen(m.text), PROTOCOL_LINE_MAX - 3 - strlen("{\"type\":\"fault\",\"text\":\""));
	protocol_message_fini(&m);
	str_buf_fini(&line);
}

/* ---- fields ---- */

struct flat {
	struct arena *arena;
	struct protocol_message message;
	struct mapping_field fields[PROTOCOL_FIELDS_MAX];
	size_t count;
};

static void flatten(struct flat *f, const char *fields)
{
	struct str_buf line = { 0 };

	str_buf_printf(&line, "{\"type\":\"sample\",\"device\":\"d\",\"fields\":%s}", fields);
	f->message = good(line.text);
	str_buf_fini(&line);
	f->arena = arena_new();
	f->count = protocol_fields(
		f->message.fields,
		&(struct protocol_flat){ .arena = f->arena, .fields = f->fields, .max = PROTOCOL_FIELDS_MAX });
}

static void flat_fini(struct flat *f)
{
	arena_free(f->arena);
	protocol_message_fini(&f->message);
}

static const struct value *field(const struct flat *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_equal(f->fields[i].path, path))
			return &f->fields[i].value;
	fail_msg("no field %s", path);
	return NULL;
}

static void fields_are_flattened_with_their_types(void **state)
{
	struct flat f;

	(void)state;
	flatten(&f, "{\"n\":21.5,\"i\":-3,\"yes\":true,\"no\":false,\"t\":\"\xe6\xa0\x8b\",\"nil\":null,\"list\":[1,2],"
		    "\"object\":{\"temperature\":7,\"deep\":{\"er\":\"x\"}},\"a.b\":1,\"\":2,\"empty\":{}}");
	assert_int_equal(f.count, 11);
	assert_true(fabs(field(&f, "n")->number - 21.5) < 1e-9);
	assert_true(fabs(field(&f, "i")->number + 3) < 1e-9);
	assert_int_equal(field(&f, "yes")->type, VALUE_BOOL);
	assert_true(field(&f, "yes")->boolean);
	assert_false(field(&f, "no")->boolean);
	assert_string_equal(field(&f, "t")->text, "\xe6\xa0\x8b");
	assert_int_equal(field(&f, "nil")->type, VALUE_NONE);
	assert_int_equal(field(&f, "list")->type, VALUE_NONE);
	assert_true(fabs(field(&f, "object.temperature")->number - 7) < 1e-9);
	assert_string_equal(field(&f, "object.deep.er")->text, "x");
	assert_true(fabs(field(&f, "a.b")->number - 1) < 1e-9);
	assert_true(fabs(field(&f, "")->number - 2) < 1e-9);
	flat_fini(&f);
}

static void a_long_text_is_cut_between_characters(void **state)
{
	struct str_buf fields = { 0 };
	struct flat f;

	(void)state;
	str_buf_add(&fields, "{\"t\":\"");
	for (int i = 0; i < 100; i++)
		str_buf_add(&fields, "\xe6\xa0\x8b");
	str_buf_add(&fields, "\"}");
	flatten(&f, fields.text);
	assert_true(strlen(field(&f, "t")->text) < VALUE_TEXT_MAX);
	assert_int_equal(strlen(field(&f, "t")->text) % 3, 0);
	assert_true(strlen(field(&f, "t")->text) > VALUE_TEXT_MAX - 5);
	flat_fini(&f);
	str_buf_fini(&fields);
}

static void more_fields_than_256_are_left_out(void **state)
{
	struct str_buf fields = { 0 };
	struct flat f;

	(void)state;
	str_buf_add(&fields, "{\"first\":{");
	for (int i = 0; i < 3000; i++)
		str_buf_printf(&fields, "%s\"f%d\":%d", i ? "," : "", i, i);
	str_buf_add(&fields, "},\"last\":1}");
	flatten(&f, fields.text);
	assert_int_equal(f.count, PROTOCOL_FIELDS_MAX);
	assert_string_equal(f.fields[0].path, "first.f0");
	assert_string_equal(f.fields[PROTOCOL_FIELDS_MAX - 1].path, "first.f255");
	flat_fini(&f);
	str_buf_fini(&fields);
}

static void nesting_beyond_eight_levels_is_a_null(void **state)
{
	struct str_buf fields = { 0 };
	struct flat f;

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_buf_add(&fields, "{\"a\":");
	str_buf_add(&fields, "1");
	for (int i = 0; i < 1000; i++)
		str_buf_add(&fields, "}");
	flatten(&f, fields.text);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.fields[0].path, "a.a.a.a.a.a.a.a.a");
	assert_int_equal(f.fields[0].value.type, VALUE_NONE);
	flat_fini(&f);
	str_buf_fini(&fields);
}

/* ---- what the daemon says ---- */

#define MANY 3000

struct introduced {
	struct class class;
	struct profile profile, of_class;
	struct plugin plugin;
	struct estate estate;
	struct device devices[MANY];
	const struct device *list[MANY];
	char ids[MANY][16];
};

static struct introduced *introduce(const char *options)
{
	struct introduced *x = MEM_NEW(struct introduced);

	x->class = (struct class){ .id = "sos" };
	x->profile = (struct profile){ .id = "zigbee-sos", .class = &x->class };
	x->of_class = (struct profile){ .id = "class:sos", .class = &x->class };
	x->plugin = (struct plugin){ .id = "zigbee", .program = "p", .options_json = options, .max_age_us = 1500 * MS };
	x->estate = (struct estate){ .id = "demo" };
	for (int i = 0; i < MANY; i++) {
		snprintf(x->ids[i], sizeof(x->ids[i]), "sos-%d", i);
		x->devices[i] = (struct device){ .id = x->ids[i],
						 .address = "0x00 \"15\" \xe6\xa0\x8b",
						 .class = &x->class,
						 .profile = &x->profile };
		x->list[i] = &x->devices[i];
	}
	return x;
}

static struct speech_introduction speech_of(struct introduced *x, size_t count)
{
	return (struct speech_introduction){
		.plugin = &x->plugin, .estate = &x->estate, .devices = x->list, .device_count = count
	};
}

static json_t *parsed(const struct str_buf *text)
{
	json_error_t why;
	json_t *json = json_loadb(text->text, text->len, JSON_REJECT_DUPLICATES, &why);

	if (!json)
		fail_msg("%s: %.300s", why.text, text->text);
	assert_true(text->len < PROTOCOL_LINE_MAX);
	assert_null(strchr(text->text, '\n'));
	return json;
}

static void hello_says_who_and_what(void **state)
{
	struct introduced *x = introduce("{\"url\":\"mqtt://127.0.0.1\"}");
	struct speech_introduction i = speech_of(x, 2);
	struct str_buf text = { 0 };
	size_t next = 99;
	json_t *json, *expected;

	(void)state;
	x->devices[1].profile = &x->of_class;
	assert_int_equal(speech_hello(&text, &i, &next), 0);
	assert_int_equal(next, 2);
	json = parsed(&text);
	expected = json_pack("{s:s,s:i,s:s,s:s,s:f,s:{s:s},s:[{s:s,s:s,s:s,s:s},{s:s,s:s,s:s}]}", "type", "hello",
			     "protocol", 1, "instance", "zigbee", "estate", "demo", "max_age", 1.5, "options", "url",
			     "mqtt://127.0.0.1", "devices", "id", "sos-0", "address", "0x00 \"15\" \xe6\xa0\x8b",
			     "class", "sos", "profile", "zigbee-sos", "id", "sos-1", "address",
			     "0x00 \"15\" \xe6\xa0\x8b", "class", "sos");
	assert_non_null(expected);
	assert_true(json_equal(json, expected));
	json_decref(json);
	json_decref(expected);
	str_buf_fini(&text);
	free(x);
}

/* Counts the devices of one line and checks that they go on at next. */
static size_t devices_of(const json_t *json, size_t next)
{
	const json_t *devices = json_object_get(json, "devices");

	for (size_t i = 0; i < json_array_size(devices); i++) {
		char id[16];

		snprintf(id, sizeof(id), "sos-%zu", next + i);
		assert_string_equal(json_string_value(json_object_get(json_array_get(devices, i), "id")), id);
	}
	return json_array_size(devices);
}

static void devices_beyond_a_line_follow_in_further_ones(void **state)
{
	struct introduced *x = introduce("{}");
	struct speech_introduction i = speech_of(x, MANY);
	struct str_buf text = { 0 };
	size_t next = 0, told, lines = 1;
	json_t *json;

	(void)state;
	assert_int_equal(speech_hello(&text, &i, &next), 0);
	json = parsed(&text);
	told = devices_of(json, 0);
	assert_int_equal(told, next);
	while (json_is_true(json_object_get(json, "more"))) {
		json_decref(json);
		str_buf_clear(&text);
		assert_int_equal(speech_devices(&text, &i, told, &next), 0);
		json = parsed(&text);
		assert_string_equal(json_string_value(json_object_get(json, "type")), "devices");
		told += devices_of(json, told);
		assert_int_equal(told, next);
		lines++;
	}
	assert_int_equal(told, MANY);
	assert_true(lines > 3);
	json_decref(json);
	str_buf_fini(&text);
	free(x);
}

static void options_beyond_a_line_are_an_error_not_a_long_line(void **state)
{
	struct str_buf options = { 0 }, text = { 0 };
	struct speech_introduction i;
	struct introduced *x;
	size_t next = 77;

	(void)state;
	str_buf_add(&options, "{\"x\":\"");
	while (options.len < PROTOCOL_LINE_MAX)
		str_buf_add(&options, "yyyyyyyy");
	str_buf_add(&options, "\"}");
	x = introduce(options.text);
	i = speech_of(x, 1);
	assert_int_equal(speech_hello(&text, &i, &next), -EMSGSIZE);
	assert_int_equal(next, 77);
	str_buf_fini(&text);
	str_buf_fini(&options);
	free(x);
}

static void envelopes_go_into_a_batch_byte_for_byte(void **state)
{
	static const char *const messages[] = { "{\"seq\":1,\"x\":1.10}", "{\"seq\":2}" };
	struct str_buf text = { 0 };

	(void)state;
	speech_deliver(&text,
		       &(struct supervisor_batch){ .batch = 12, .lane = "alarm", .messages = messages, .count = 2 });
	assert_string_equal(text.text, "{\"type\":\"deliver\",\"batch\":12,\"lane\":\"alarm\","
				       "\"messages\":[{\"seq\":1,\"x\":1.10},{\"seq\":2}]}");
	str_buf_clear(&text);
	speech_stored(&text, "\"88\"");
	assert_string_equal(text.text, "{\"type\":\"stored\",\"id\":\"88\"}");
	str_buf_clear(&text);
	speech_ping(&text, 3);
	assert_string_equal(text.text, "{\"type\":\"ping\",\"id\":3}");
	str_buf_clear(&text);
	speech_stop(&text);
	assert_string_equal(text.text, "{\"type\":\"stop\"}");
	str_buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_the_protocol_is_known),
		cmocka_unit_test(ready_says_name_version_and_roles),
		cmocka_unit_test(a_sample_says_device_fields_time_and_flags),
		cmocka_unit_test(a_time_that_no_clock_shows_is_as_good_as_none),
		cmocka_unit_test(a_discovery_says_what_it_is_as_far_as_that_is_known),
		cmocka_unit_test(an_id_is_echoed_as_it_came),
		cmocka_unit_test(an_answer_names_its_batch_or_id_exactly),
		cmocka_unit_test(a_refusal_is_for_now_unless_it_says_for_good),
		cmocka_unit_test(unknown_members_are_ignored),
		cmocka_unit_test(a_line_that_is_no_object_is_refused),
		cmocka_unit_test(a_line_without_a_type_is_refused),
		cmocka_unit_test(a_member_that_is_missing_or_of_another_kind_is_refused_by_name),
		cmocka_unit_test(numbers_that_are_not_json_are_refused),
		cmocka_unit_test(a_number_beyond_64_bits_among_the_fields_ends_no_plugin),
		cmocka_unit_test(a_member_twice_is_refused),
		cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
		cmocka_unit_test(nesting_without_an_end_is_refused),
		cmocka_unit_test(an_id_longer_than_256_bytes_is_refused),
		cmocka_unit_test(a_reason_is_cut_not_overrun),
		cmocka_unit_test(a_line_of_64_kib_is_read_whole),
		cmocka_unit_test(fields_are_flattened_with_their_types),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(more_fields_than_256_are_left_out),
		cmocka_unit_test(nesting_beyond_eight_levels_is_a_null),
		cmocka_unit_test(hello_says_who_and_what),
		cmocka_unit_test(devices_beyond_a_line_follow_in_further_ones),
		cmocka_unit_test(options_beyond_a_line_are_an_error_not_a_long_line),
		cmocka_unit_test(envelopes_go_into_a_batch_byte_for_byte),
	};

	return UNIT_RUN(tests);
}
