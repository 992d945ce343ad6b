#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "conf/keys.h"
#include "conf/schema.h"
#include "unit.h"

static void the_walk_visits_every_key_once(void **state)
{
	struct schema_walk w = { 0 };
	const struct schema_key *k;
	size_t count = 0, unit = 0;

	(void)state;
	while ((k = schema_next(&w))) {
		count++;
		assert_ptr_equal(schema_find_key(w.group, k->key), k); /* no key stands twice in its group */
		unit += str_equal(w.group->name, "devices") && str_equal(k->key, "unit");
		assert_ptr_equal(schema_group(w.group->name), w.group);
	}
	assert_int_equal(unit, 1);
	assert_true(count > 90);
	assert_null(schema_next(&w));
}

static void every_row_explains_itself(void **state)
{
	struct schema_walk w = { 0 };
	const struct schema_key *k;
	char buf[SCHEMA_EXPECTED_MAX];

	(void)state;
	while ((k = schema_next(&w))) {
		assert_true(strlen(k->help) > 3);
		assert_true(strlen(schema_expected(k, buf)) > 3);
		assert_true(k - w.group->keys < SCHEMA_KEYS_MAX);
		assert_true(k->range.words || k->type != SCHEMA_WORD);
		assert_string_not_equal(schema_type_name(k->type), "?");
		assert_string_not_equal(schema_reload_name(k->reload), "?");
	}
}

/* A default outside of its own range would refuse a file that says it aloud. */
static void every_default_is_a_value_of_its_row(void **state)
{
	struct schema_walk w = { 0 };
	const struct schema_key *k;
	int64_t i;
	double n;

	(void)state;
	while ((k = schema_next(&w))) {
		bool limited = k->range.min != k->range.max;

		if (!k->fallback || k->fallback == schema_must)
			continue;
		switch (k->type) {
		case SCHEMA_INT:
			assert_int_equal(str_to_i64(k->fallback, &i), 0);
			assert_true(!limited || (i >= k->range.min && i <= k->range.max));
			break;
		case SCHEMA_DURATION:
			assert_int_equal(str_to_duration(k->fallback, &i), 0);
			assert_true(!limited || (i >= k->range.min && i <= k->range.max));
			break;
		case SCHEMA_SIZE:
			assert_int_equal(str_to_size(k->fallback, &i), 0);
			assert_true(!limited || (i >= k->range.min && i <= k->range.max));
			break;
		case SCHEMA_NUMBER: assert_int_equal(str_to_double(k->fallback, &n), 0); break;
		case SCHEMA_WORD: assert_true(schema_word_index(k, k->fallback) >= 0); break;
		case SCHEMA_BOOL: assert_true(str_equal(k->fallback, "true") || str_equal(k->fallback, "false")); break;
		default: assert_true(k->type == SCHEMA_TEXT); break;
		}
	}
}

static void expectations_read_well(void **state)
{
	char buf[SCHEMA_EXPECTED_MAX];

	(void)state;
	assert_string_equal(schema_expected(schema_find_key(schema_group("devices"), "unit"), buf), "1..247");
	assert_string_equal(schema_expected(schema_find_key(schema_group("buses"), "baud"), buf), "1200..115200 Bd");
	assert_string_equal(schema_expected(schema_find_key(schema_group("buses"), "type"), buf),
			    "tcp, rtu, rtu-over-tcp or dial-in");
	assert_string_equal(schema_range(schema_find_key(schema_group("buses"), "timeout"), buf), "20ms..30s");
	assert_string_equal(schema_range(schema_find_key(schema_group("rules"), "hysteresis"), buf), "0 or more");
	assert_string_equal(schema_range(schema_find_key(schema_group("rules"), "text"), buf), "");
}

static void words_are_found_whole(void **state)
{
	const struct schema_key *type = schema_find_key(schema_group("buses"), "type");

	(void)state;
	assert_int_equal(schema_word_index(type, "tcp"), 0);
	assert_int_equal(schema_word_index(type, "rtu"), 1);
	assert_int_equal(schema_word_index(type, "rtu-over-tcp"), 2);
	assert_int_equal(schema_word_index(type, "dial-in"), 3);
	assert_int_equal(schema_word_index(type, "rtu-over"), -1);
	assert_int_equal(schema_word_index(type, ""), -1);
	assert_int_equal(schema_word_index(type, "tcp rtu"), -1);
}

static const json_t *find_row(const json_t *rows, const char *group, const char *key)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (str_equal(json_string_value(json_object_get(row, "group")), group) &&
					     str_equal(json_string_value(json_object_get(row, "key")), key)) return row;
	fail_msg("no %s.%s", group, key);
	return NULL;
}

static void programs_read_every_key_as_json(void **state)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	struct schema_walk w = { 0 };
	const json_t *baud, *type;
	size_t count = 0;
	json_t *rows;

	(void)state;
	keys_json(&text);
	rows = json_loads(str_buf_text(&text), JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_array(rows));
	while (schema_next(&w))
		count++;
	assert_int_equal(json_array_size(rows), count);
	baud = find_row(rows, "buses", "baud");
	assert_string_equal(json_string_value(json_object_get(baud, "unit")), "Bd");
	assert_string_equal(json_string_value(json_object_get(baud, "default")), "9600");
	assert_string_equal(json_string_value(json_object_get(baud, "range")), "1200..115200 Bd");
	assert_true(json_is_null(json_object_get(baud, "words")));
	assert_true(json_is_false(json_object_get(baud, "reloadable")));
	type = find_row(rows, "buses", "type");
	assert_int_equal(json_array_size(json_object_get(type, "words")), 4);
	assert_string_equal(json_string_value(json_array_get(json_object_get(type, "words"), 3)), "dial-in");
	assert_true(json_is_true(json_object_get(type, "required")));
	assert_true(json_is_null(json_object_get(type, "default")));
	assert_true(json_is_true(json_object_get(find_row(rows, "buses", "timeout"), "reloadable")));
	json_decref(rows);
}

static void the_man_page_has_every_group_and_key(void **state)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	struct schema_walk w = { 0 };
	size_t keys = 0, paragraphs = 0;

	(void)state;
	keys_man(&text);
	while (schema_next(&w))
		keys++;
	for (const char *at = text.text; (at = strstr(at, "\n.TP\n")); at++)
		paragraphs++;
	assert_int_equal(paragraphs, keys);
	assert_non_null(strstr(text.text, ".SS profiles.points.repeat\n"));
	assert_non_null(
		strstr(text.text, "\n\\fBbaud\\fR (integer, 1200..115200 Bd; default 9600; \\fIrestarts\\fR)\n"));
	for (const char *at = text.text; *at; at++)
		assert_true((unsigned char)*at < 0x80); /* shown in any locale */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_walk_visits_every_key_once),
		cmocka_unit_test(every_row_explains_itself),
		cmocka_unit_test(every_default_is_a_value_of_its_row),
		cmocka_unit_test(expectations_read_well),
		cmocka_unit_test(words_are_found_whole),
		cmocka_unit_test(programs_read_every_key_as_json),
		cmocka_unit_test(the_man_page_has_every_group_and_key),
	};

	return UNIT_RUN(tests);
}
