/* Copies of the site's files: whole or refused; and files that change while they are read. */
#include "conf/confcopy.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "unit.h"

static void make(struct str_buf *copy)
{
	confcopy_begin(copy);
	confcopy_add(copy, &(struct confcopy_file){ CONFFILE_SITE, "a", "", 1, 0 });
	confcopy_add(copy, &(struct confcopy_file){ CONFFILE_MAIN, "e.conf", "end 1\nfile 2 1 1\n", 6, 17 });
	confcopy_end(copy);
}

static int check(const char *text, size_t len)
{
	return confcopy_check(&(struct confcopy){ text, len });
}

static void what_was_added_comes_back_in_order(void **state)
{
	_cleanup_str_buf_ struct str_buf copy = { 0 };
	struct confcopy c;
	struct confcopy_file f;
	size_t position = 0;

	(void)state;
	make(&copy);
	c = (struct confcopy){ copy.text, copy.len };
	assert_int_equal(confcopy_check(&c), 0);
	assert_true(confcopy_next(&c, &position, &f));
	assert_int_equal(f.level, CONFFILE_SITE);
	assert_int_equal(f.len, 0);
	assert_true(confcopy_next(&c, &position, &f));
	assert_int_equal(f.level, CONFFILE_MAIN);
	assert_memory_equal(f.name, "e.conf", f.name_len);
	assert_int_equal(f.len, 17);
	assert_memory_equal(f.text, "end 1\nfile 2 1 1\n", f.len);
	assert_false(confcopy_next(&c, &position, &f));
}

static void a_copy_that_was_cut_or_changed_anywhere_is_refused(void **state)
{
	_cleanup_str_buf_ struct str_buf copy = { 0 };

	(void)state;
	make(&copy);
	for (size_t len = 0; len < copy.len; len++) {
		_cleanup_(freep) char *part =
			mem_dup(copy.text, len + 1); /* of its own size: no byte behind it is read */

		assert_int_equal(check(part, len), -EBADMSG);
	}
	for (size_t i = 0; i < copy.len; i++) {
		copy.text[i] ^= 1;
		assert_int_equal(check(copy.text, copy.len), -EBADMSG);
		copy.text[i] ^= 1;
	}
	str_buf_add(&copy, "x");
	assert_int_equal(check(copy.text, copy.len), -EBADMSG);
}

static void a_whole_checksum_over_senseless_lines_is_refused(void **state)
{
	static const char *const lines[] = { "file 3 1 1\na\nb\n",
					     "file 2 99999999999 1\na\n",
					     "file 2 1 18446744073709551615\na\n",
					     "file 2 1 50\na\nb\n",
					     "file 2 1\n",
					     "rubbish\n",
					     "file -1 1 1\na\nb\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_str_buf_ struct str_buf copy = { 0 };

		confcopy_begin(&copy);
		str_buf_add(&copy, lines[i]);
		confcopy_end(&copy);
		assert_int_equal(check(copy.text, copy.len), -EBADMSG);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void a_file_that_is_written_or_replaced_after_it_was_read_has_changed(void **state)
{
	char dir[] = "/tmp/test_confcopy.XXXXXX", path[64], other[64];
	struct conffile_text t;
	struct diag d = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/e.conf", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	write_file(path, "a = 1;\n");
	assert_int_equal(conffile_read(path, &d, &t), 0);
	assert_false(conffile_changed(&t));
	write_file(path, "a = 2; b = 3;\n"); /* in place, as cp does */
	assert_true(conffile_changed(&t));
	conffile_text_fini(&t);
	assert_int_equal(conffile_read(path, &d, &t), 0);
	assert_false(conffile_changed(&t));
	write_file(other, "a = 2; b = 3;\n"); /* as an editor does */
	assert_int_equal(rename(other, path), 0);
	assert_true(conffile_changed(&t));
	assert_int_equal(unlink(path), 0);
	assert_true(conffile_changed(&t));
	conffile_text_fini(&t);
	assert_int_equal(rmdir(dir), 0);
	diag_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_comes_back_in_order),
		cmocka_unit_test(a_copy_that_was_cut_or_changed_anywhere_is_refused),
		cmocka_unit_test(a_whole_checksum_over_senseless_lines_is_refused),
		cmocka_unit_test(a_file_that_is_written_or_replaced_after_it_was_read_has_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
