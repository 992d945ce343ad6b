/* Contacts with people who live here, in state.db. */
#include <string.h>

#include "base/mem.h"
#include "store/visit_reader.h"
#include "store_unit.h"

#define T0 ((int64_t)1795000000 * S)

static void add(struct store *s, const struct store_visit *visit, int64_t now_us)
{
	struct store_commit c = { .visits = visit,
				  .visit_count = 1,
				  .now = { .mono_us = HOUR, .wall_us = now_us },
				  .clock = CLOCK_SYNCHRONISED };

	assert_int_equal(store_unit_commit(s, c), 0);
}

struct seen {
	char places[256];
	int64_t sum_us;
};

static void see(void *context, const char *place, int64_t wall_us)
{
	struct seen *seen = context;

	strcat(strcat(seen->places, place), " ");
	seen->sum_us += wall_us - T0;
}

static void the_last_contact_in_person_of_each_dwelling_is_known_at_the_next_start(void **state)
{
	struct store *s = store_unit_open(*state);
	struct seen seen = { 0 };
	struct store_kept kept = { .context = &seen, .visited = see };

	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "visit", .worker = "grid worker 3" }, T0 + 5);
	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "visit", .at_us = T0 + 2 }, T0 + 7);
	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "phone" }, T0 + 50);
	add(s, &(struct store_visit){ .place = "b1/u1/101", .kind = "card" }, T0 + 100);
	add(s, &(struct store_visit){ .place = "b1/u1/102", .kind = "phone" }, T0 + 1000);
	store_close(s);
	s = store_unit_open(*state);
	assert_int_equal(store_restore(s, &kept), 0);
	assert_string_equal(seen.places, "b1/u1/101 b3/u1/1204 ");
	assert_true(seen.sum_us == 105);
	store_close(s);
}

static bool in_b3(const void *context, const char *place)
{
	(void)context;
	return place_contains("b3", place);
}

static json_t *read(const char *dir, struct visit_reader_ask ask,
		    int (*how)(const struct visit_reader_ask *, json_t *, struct str_buf *))
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	json_t *rows = json_array();

	ask.path = path;
	ask.limit = ask.limit ? ask.limit : 100;
	assert_int_equal(how(&ask, rows, &why), 0);
	return rows;
}

static void what_was_done_is_listed_and_summed_up(void **state)
{
	struct store *s = store_unit_open(*state);
	struct visit_reader_ask all = { .from_us = T0, .to_us = T0 + HOUR }, some = all;
	json_t *rows, *row;

	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "visit", .worker = "w3", .note = "ok" }, T0 + 5);
	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "phone", .worker = "w3" }, T0 + 6);
	add(s, &(struct store_visit){ .place = "b3/u1/1301", .kind = "card", .worker = "w3" }, T0 + 7);
	add(s, &(struct store_visit){ .place = "b30/u1/101", .kind = "visit", .worker = "w4" }, T0 + 8);
	add(s, &(struct store_visit){ .place = "b3/u1/1204", .kind = "visit", .worker = "w3" }, T0 + HOUR);
	rows = read(*state, all, visit_reader_list);
	assert_int_equal(json_array_size(rows), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "place")), "b30/u1/101");
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 3), "note")), "ok");
	json_decref(rows);
	some.wants = in_b3;
	some.worker = "w3";
	some.limit = 2;
	rows = read(*state, some, visit_reader_list);
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	rows = read(*state, all, visit_reader_figures);
	assert_int_equal(json_array_size(rows), 2);
	row = json_array_get(rows, 0);
	assert_string_equal(json_string_value(json_object_get(row, "worker")), "w3");
	assert_string_equal(json_string_value(json_object_get(row, "place")), "b3");
	assert_int_equal(json_integer_value(json_object_get(row, "visits")), 2);
	assert_int_equal(json_integer_value(json_object_get(row, "calls")), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "homes")), 2);
	json_decref(rows);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(the_last_contact_in_person_of_each_dwelling_is_known_at_the_next_start),
		STORE_UNIT_CASE(what_was_done_is_listed_and_summed_up),
	};

	return UNIT_RUN(tests);
}
