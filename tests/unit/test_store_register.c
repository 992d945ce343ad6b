/* The register of residents over restarts of the store: every version, damage, erasing. */
#include "store_unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/resident_field.h"

static struct resident kept[16];
static size_t kept_count;

static void see(void *context, const struct resident *r)
{
	(void)context;
	resident_copy(r, &kept[kept_count++]);
}

static void forget(void)
{
	while (kept_count)
		resident_fini(&kept[--kept_count]);
}

static void read_kept(const char *dir)
{
	struct store *s = store_unit_open(dir);

	forget();
	assert_int_equal(store_restore(s, &(struct store_kept){ .resident = see }), 0);
	store_close(s);
}

static int end(void **state)
{
	forget();
	return store_unit_teardown(state);
}

static struct resident made(const char *id, uint64_t version, const char *phone)
{
	struct resident r = { .version = version, .changed_us = clock_wall_us(), .floor = 12 };
	struct str_buf problem = { 0 };

	assert_int_equal(resident_field_set(&r, RESIDENT_FIELD_ID, id, &problem), 0);
	assert_int_equal(resident_field_set(&r, RESIDENT_FIELD_PLACE, "b3/u1/1204", &problem), 0);
	assert_int_equal(resident_field_set(&r, RESIDENT_FIELD_PHONE, phone, &problem), 0);
	assert_int_equal(resident_field_set(&r, RESIDENT_FIELD_CATEGORIES, "独居;高龄", &problem), 0);
	assert_int_equal(resident_field_set(&r, RESIDENT_FIELD_ABSENCES, "2026-10-01/2026-10-07", &problem), 0);
	r.changed_by = mem_strdup("desk");
	return r;
}

/* Submits, and waits until it is answered; returns its error. */
static int commit(struct store *s, struct store_register change)
{
	struct store_audit audit = { .kind = "resident", .what = "r-12" };
	struct store_done done;
	int error;

	change.audits = &audit;
	change.audit_count = 1;
	change.now = clock_now();
	change.token = 7;
	assert_int_equal(store_submit_register(s, &change), 0);
	store_unit_wait(s, STORE_REGISTER, &done);
	assert_int_equal(done.token, 7);
	error = done.error;
	store_done_fini(&done);
	return error;
}

static void put(struct store *s, const char *id, uint64_t version, const char *phone)
{
	struct resident r = made(id, version, phone);

	assert_int_equal(commit(s, (struct store_register){ .changed = &r, .changed_count = 1 }), 0);
	resident_fini(&r);
}

static void the_newest_version_of_each_comes_back(void **state)
{
	struct store *s = store_unit_open(*state);

	put(s, "r-12", 1, "1");
	put(s, "r-12", 2, "2");
	put(s, "r-11", 1, "3");
	store_close(s);
	read_kept(*state);
	assert_int_equal(kept_count, 2);
	assert_string_equal(kept[0].id, "r-11");
	assert_string_equal(kept[1].phone, "2");
	assert_int_equal(kept[1].version, 2);
	assert_int_equal(kept[1].floor, 12);
	assert_int_equal(kept[1].categories, 1U << RESIDENT_LIVES_ALONE | 1U << RESIDENT_AGED);
	assert_int_equal(kept[1].absence_count, 1);
	assert_string_equal(kept[1].changed_by, "desk");
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM resident"), 3);
}

static void of_a_damaged_version_the_one_before_counts(void **state)
{
	struct store *s = store_unit_open(*state);

	put(s, "r-12", 1, "1");
	put(s, "r-12", 2, "2");
	store_close(s);
	store_unit_run(*state, "state.db", "UPDATE resident SET place = 'b3/u1/1304' WHERE version = 2");
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_int_equal(kept[0].version, 1);
	assert_string_equal(kept[0].place, "b3/u1/1204");
}

static void old_versions_go_when_there_are_too_many(void **state)
{
	struct store *s = store_unit_open(*state);

	for (uint64_t version = 1; version <= 205; version++)
		put(s, "r-12", version, "1");
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM resident"), 200);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT min(version) FROM resident"), 6);
}

static void who_is_erased_leaves_no_row(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_done done;

	put(s, "r-12", 1, "1");
	put(s, "r-12", 2, "2");
	put(s, "r-13", 1, "3");
	assert_int_equal(commit(s, (struct store_register){ .erased = "r-12" }), 0);
	assert_int_equal(store_submit_versions(s, "r-12", 9), 0);
	store_unit_wait(s, STORE_REGISTER, &done);
	assert_int_equal(done.token, 9);
	assert_int_equal(done.message_count, 0);
	store_done_fini(&done);
	store_close(s);
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_string_equal(kept[0].id, "r-13");
	assert_int_equal(store_unit_ask(*state, "state.db",
					"SELECT count(*) FROM audit WHERE record LIKE '%\"kind\":\"resident\"%'"),
			 4);
}

static void the_register_is_saved_out_of_a_damaged_file(void **state)
{
	struct store *s = store_unit_open(*state);

	put(s, "r-12", 1, "1");
	store_close(s);
	/* The index of alarms' transitions has a root page that is none: the file is made anew. */
	store_unit_run(*state, "state.db",
		       "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 100000 WHERE name = "
		       "'transition_alarm'");
	read_kept(*state);
	assert_int_equal(kept_count, 1);
	assert_string_equal(kept[0].id, "r-12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_newest_version_of_each_comes_back, store_unit_setup, end),
		cmocka_unit_test_setup_teardown(of_a_damaged_version_the_one_before_counts, store_unit_setup, end),
		cmocka_unit_test_setup_teardown(old_versions_go_when_there_are_too_many, store_unit_setup, end),
		cmocka_unit_test_setup_teardown(who_is_erased_leaves_no_row, store_unit_setup, end),
		cmocka_unit_test_setup_teardown(the_register_is_saved_out_of_a_damaged_file, store_unit_setup, end),
	};

	clock_set_zone("Asia/Shanghai");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
