#include "ctl/adopted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/tree.h"
#include "unit.h"

#define ROW "{ id = \"new\"; }"

static void expect(const char *text, const char *wanted)
{
	struct str_buf to _cleanup_str_buf_ = { 0 };

	assert_int_equal(adopted_insert(text, ROW, &to), 0);
	assert_string_equal(strstr(to.text, "devices"), wanted);
}

static void a_new_file_has_one_row_and_its_end(void **state)
{
	(void)state;
	expect("", "devices: (\n\t  " ROW "\n);\n");
	expect(" \n\n", "devices: (\n\t  " ROW "\n);\n");
}

static void a_further_row_is_set_off_by_a_comma(void **state)
{
	(void)state;
	expect("devices: (\n\t  { id = \"a\"; }\n);\n", "devices: (\n\t  { id = \"a\"; }\n\t, " ROW "\n);\n");
	expect("devices: (\n\t  { id = \"a\"; }\n\t, { id = \"b\"; }\n); # end\n\n",
	       "devices: (\n\t  { id = \"a\"; }\n\t, { id = \"b\"; }\n\t, " ROW "\n); # end\n\n");
}

static void where_all_rows_were_removed_there_is_no_comma(void **state)
{
	(void)state;
	expect("devices: (\n);\n", "devices: (\n\t  " ROW "\n);\n");
	expect("devices: (\n# { id = \"a\"; }\n);", "devices: (\n# { id = \"a\"; }\n\t  " ROW "\n);");
}

static void a_file_of_another_shape_is_refused(void **state)
{
	static const char *const texts[] = {
		"devices: ( { id = \"a\"; } );\n",
		"devices: (\n\t{ id = \"a\"; }\n",
		"devices: (\n);\nlog: { };\n",
		"rules: (\n);\n",
		"#",
		");",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct str_buf to _cleanup_str_buf_ = { 0 };

		assert_int_equal(adopted_insert(texts[i], ROW, &to), -EBADMSG);
		assert_int_equal(to.len, 0);
	}
}

/* ---- the file ---- */

struct world {
	char dir[64], conf[96], file[128];
};

static int begin(void **state)
{
	static struct world w;
	FILE *f;

	snprintf(w.dir, sizeof(w.dir), "/tmp/test_adopted.XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	snprintf(w.conf, sizeof(w.conf), "%s/estated.conf", w.dir);
	snprintf(w.file, sizeof(w.file), "%s/conf.d/adopted.conf", w.dir);
	f = fopen(w.conf, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(w.conf, 0640), 0);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	return tree_remove(w->dir);
}

static void two_at_the_same_time_do_not_lose_a_row(void **state)
{
	struct world *w = *state;
	struct adopted one _cleanup_adopted_ = { .folder = -1 }, other _cleanup_adopted_ = { .folder = -1 };

	assert_int_equal(adopted_open(&one, w->conf), 0);
	assert_string_equal(one.path, w->file);
	assert_int_equal(adopted_open(&other, w->conf), -EBUSY);
}

static void a_new_file_is_as_readable_as_the_main_one_and_undone_it_is_gone(void **state)
{
	struct world *w = *state;
	struct adopted a _cleanup_adopted_ = { .folder = -1 };
	struct stat st;

	assert_int_equal(adopted_open(&a, w->conf), 0);
	assert_int_equal(adopted_add(&a, ROW), 0);
	assert_int_equal(stat(w->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(adopted_undo(&a), 0);
	assert_int_equal(stat(w->file, &st), -1);
}

static void what_was_there_comes_back_with_its_mode(void **state)
{
	struct world *w = *state;
	struct adopted first _cleanup_adopted_ = { .folder = -1 }, again _cleanup_adopted_ = { .folder = -1 };
	struct adopted last _cleanup_adopted_ = { .folder = -1 };
	struct stat st;

	assert_int_equal(adopted_open(&first, w->conf), 0);
	assert_int_equal(adopted_add(&first, ROW), 0);
	adopted_close(&first);
	first = (struct adopted){ .folder = -1 };
	assert_int_equal(chmod(w->file, 0600), 0);
	assert_int_equal(adopted_open(&again, w->conf), 0);
	assert_int_equal(adopted_add(&again, "{ id = \"second\"; }"), 0);
	assert_int_equal(adopted_undo(&again), 0);
	adopted_close(&again);
	again = (struct adopted){ .folder = -1 };
	assert_int_equal(adopted_open(&last, w->conf), 0);
	assert_non_null(strstr(last.text.text, ROW));
	assert_null(strstr(last.text.text, "second"));
	assert_int_equal(stat(w->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_link_in_its_place_is_not_followed(void **state)
{
	struct world *w = *state;
	struct adopted a _cleanup_adopted_ = { .folder = -1 };
	char folder[96];

	snprintf(folder, sizeof(folder), "%s/conf.d", w->dir);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(symlink("/etc/hostname", w->file), 0);
	assert_int_equal(adopted_open(&a, w->conf), -ELOOP);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_has_one_row_and_its_end),
		cmocka_unit_test(a_further_row_is_set_off_by_a_comma),
		cmocka_unit_test(where_all_rows_were_removed_there_is_no_comma),
		cmocka_unit_test(a_file_of_another_shape_is_refused),
		WORLD(two_at_the_same_time_do_not_lose_a_row),
		WORLD(a_new_file_is_as_readable_as_the_main_one_and_undone_it_is_gone),
		WORLD(what_was_there_comes_back_with_its_mode),
		WORLD(a_link_in_its_place_is_not_followed),
	};

	return UNIT_RUN(tests);
}
