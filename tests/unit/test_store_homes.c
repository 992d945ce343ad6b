/* What was learned of dwellings, over restarts of the store: whole rows only, and of which moment they are. */
#include "store_unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static char kept[512]; /* "b3/1:aaa;" of each */
static bool same_boot;
static int64_t mono_us;

static void see(void *context, const struct store_kept_home *h)
{
	size_t len = strlen(kept);

	(void)context;
	snprintf(kept + len, sizeof(kept) - len, "%s:%.*s;", h->place, (int)h->len, (const char *)h->bytes);
	same_boot = h->same_boot;
	mono_us = h->mono_us;
}

static const char *read_kept(const char *dir)
{
	struct store *s = store_unit_open(dir);

	kept[0] = '\0';
	assert_int_equal(store_restore(s, &(struct store_kept){ .home = see }), 0);
	store_close(s);
	return kept;
}

/* bytes NULL: it goes. */
static void put(const char *dir, const char *place, const char *bytes)
{
	struct store *s = store_unit_open(dir);
	struct store_home home = { place, bytes, bytes ? strlen(bytes) : 0 };
	struct store_commit c = { .homes = &home, .home_count = 1, .now = { .mono_us = 42 * S, .wall_us = 43 * S } };

	assert_int_equal(store_unit_commit(s, c), 0);
	store_close(s);
}

static void the_last_of_each_dwelling_is_there_after_a_restart(void **state)
{
	const char *dir = *state;

	put(dir, "b3/1", "aaa");
	put(dir, "b3/2", "bbb");
	put(dir, "b3/1", "cccc");
	assert_string_equal(read_kept(dir), "b3/1:cccc;b3/2:bbb;");
	assert_true(same_boot);
	assert_int_equal(mono_us, 42 * S);
	put(dir, "b3/1", NULL);
	assert_string_equal(read_kept(dir), "b3/2:bbb;");
}

static void a_damaged_row_is_left_out(void **state)
{
	const char *dir = *state;

	put(dir, "b3/1", "aaa");
	put(dir, "b3/2", "bbb");
	store_unit_run(dir, "state.db", "UPDATE home SET block = CAST('abb' AS BLOB) WHERE place = 'b3/2'");
	assert_string_equal(read_kept(dir), "b3/1:aaa;");
}

static void an_erased_dwelling_leaves_nothing(void **state)
{
	const char *dir = *state;
	struct store *s;
	struct store_done done;

	put(dir, "b3/1", "aaa");
	put(dir, "b3/2", "bbb");
	s = store_unit_open(dir);
	assert_int_equal(store_submit_register(
				 s, &(struct store_register){ .erased = "r-12", .erased_place = "b3/1", .token = 7 }),
			 0);
	store_unit_wait(s, STORE_REGISTER, &done);
	assert_int_equal(done.error, 0);
	store_done_fini(&done);
	store_close(s);
	assert_string_equal(read_kept(dir), "b3/2:bbb;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(the_last_of_each_dwelling_is_there_after_a_restart),
		STORE_UNIT_CASE(a_damaged_row_is_left_out),
		STORE_UNIT_CASE(an_erased_dwelling_leaves_nothing),
	};

	return UNIT_RUN(tests);
}
