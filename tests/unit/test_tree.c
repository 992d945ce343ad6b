/* base/tree.c, base/site.c: folders of files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/site.h"
#include "base/str.h"
#include "base/tree.h"
#include "unit.h"

static char *path_in(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", dir, name);
	return str_buf_take(&path);
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_(freep) char *path = path_in(dir, name);
	FILE *f;

	assert_int_equal(tree_make_above(path, strlen(dir), 0750), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_dir(void **state)
{
	char path[] = "/tmp/test_tree-XXXXXX";

	*state = mkdtemp(path) ? mem_strdup(path) : NULL;
	return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
	int r = tree_remove(*state);

	free(*state);
	return r;
}

static bool not_hidden(const char *name)
{
	return !strstr(name, "hidden");
}

static void files_are_listed_in_order_with_those_in_folders(void **state)
{
	_cleanup_(tree_fini) struct tree t = { 0 };
	_cleanup_(freep) char *link = path_in(*state, "link");

	put(*state, "b", "22");
	put(*state, "folder/below/c", "333");
	put(*state, "hidden/x", "");
	put(*state, "a", "1");
	assert_int_equal(symlink("a", link), 0);
	assert_int_equal(tree_list(*state, &(struct tree_wish){ .wanted = not_hidden }, &t), 0);
	assert_int_equal(t.count, 3);
	assert_string_equal(t.files[0].name, "a");
	assert_string_equal(t.files[1].name, "b");
	assert_string_equal(t.files[2].name, "folder/below/c");
	assert_int_equal(t.files[2].bytes, 3);
	tree_fini(&t);
	assert_int_equal(tree_list(*state, &(struct tree_wish){ .links = TREE_FILE_LINKS, .wanted = not_hidden }, &t),
			 0);
	assert_int_equal(t.count, 4);
	assert_string_equal(t.files[3].name, "link");
	assert_int_equal(t.files[3].bytes, 1);
}

static void a_link_to_a_folder_is_never_followed(void **state)
{
	_cleanup_(tree_fini) struct tree t = { 0 };
	_cleanup_(freep) char *box = path_in(*state, "box"), *precious = path_in(*state, "precious"),
			      *link = path_in(*state, "box/link"), *kept = path_in(*state, "precious/x");

	put(*state, "precious/x", "x");
	put(*state, "box/y", "y");
	assert_int_equal(symlink(precious, link), 0);
	assert_int_equal(tree_list(box, &(struct tree_wish){ .links = TREE_FILE_LINKS }, &t), 0);
	assert_int_equal(t.count, 1);
	assert_int_equal(tree_remove(box), 0);
	assert_int_equal(access(box, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_equal(tree_remove(box), 0);
}

static void what_is_deeper_than_any_of_ours_is_refused(void **state)
{
	struct tree t = { 0 };

	put(*state, "1/2/3/4/5/6/7/file", "");
	assert_int_equal(tree_list(*state, &(struct tree_wish){ 0 }, &t), 0);
	tree_fini(&t);
	put(*state, "1/2/3/4/5/6/7/8/file", "");
	assert_int_equal(tree_list(*state, &(struct tree_wish){ 0 }, &t), -E2BIG);
	assert_int_equal(t.count, 0);
}

static void a_way_to_a_file_leads_over_no_link(void **state)
{
	_cleanup_(freep) char *link = path_in(*state, "box/link"), *elsewhere = path_in(*state, "elsewhere"),
			      *box = path_in(*state, "box"), *made = path_in(*state, "box/a/b");
	struct stat st;
	int fd;

	put(*state, "elsewhere/x", "x");
	put(*state, "box/file", "y");
	assert_int_equal(symlink(elsewhere, link), 0);
	assert_in_range(-tree_open_above(box, "link/x", 0), 1, 4095);
	assert_in_range(-tree_open_above(box, "link/x", 0755), 1, 4095);
	assert_int_equal(tree_open_above(box, "file/x", 0755), -ENOTDIR);
	assert_int_equal(tree_open_above(box, "a/b/c", 0), -ENOENT);
	fd = tree_open_above(box, "a/b/c", 0750);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
}

static void only_a_file_itself_is_opened_as_one(void **state)
{
	_cleanup_(freep) char *file = path_in(*state, "file"), *link = path_in(*state, "link"),
			      *pipe = path_in(*state, "pipe");
	int fd;

	put(*state, "file", "x");
	assert_int_equal(symlink("file", link), 0);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = tree_open_file(file);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tree_open_file(link), -ELOOP);
	assert_int_equal(tree_open_file(pipe), -ELOOP); /* and it is not waited for */
	assert_int_equal(tree_open_file(*state), -ELOOP);
}

static void a_missing_folder_is_told(void **state)
{
	_cleanup_(freep) char *path = path_in(*state, "none");
	struct tree t = { 0 };

	assert_int_equal(tree_list(path, &(struct tree_wish){ 0 }, &t), -ENOENT);
}

static void a_copy_has_every_byte_and_holes_where_there_are_zeros(void **state)
{
	_cleanup_(freep) char *from = path_in(*state, "from"), *to = path_in(*state, "to");
	char bytes[8] = { 0 };
	struct stat st;
	int fd = open(from, O_RDWR | O_CREAT, 0600);

	assert_int_equal(pwrite(fd, "begin", 5, 0), 5);
	assert_int_equal(pwrite(fd, "end", 3, 4 << 20), 3);
	assert_int_equal(ftruncate(fd, 9 << 20), 0);
	close(fd);
	put(*state, "to", "something else that is replaced");
	assert_int_equal(tree_copy(from, to, 0640), 0);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_size, 9 << 20);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_true(st.st_blocks * 512 < 1 << 20);
	fd = open(to, O_RDONLY);
	assert_int_equal(pread(fd, bytes, 5, 0), 5);
	assert_string_equal(bytes, "begin");
	assert_int_equal(pread(fd, bytes, 5, (4 << 20) - 1), 5);
	assert_memory_equal(bytes, "\0end\0", 5);
	close(fd);
	assert_int_equal(tree_copy("/nowhere", to, 0600), -ENOENT);
}

static void folders_are_made_with_their_mode_whatever_the_umask(void **state)
{
	_cleanup_(freep) char *file = path_in(*state, "conf.d/x/file"), *folder = path_in(*state, "conf.d");
	mode_t before = umask(077);
	struct stat st;

	assert_int_equal(tree_make_above(file, strlen(*state), 0755), 0);
	umask(before);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_int_equal(tree_make_above(file, strlen(*state), 0755), 0);
	assert_int_equal(tree_sync(folder), 0);
}

static void the_site_s_configuration_is_what_the_loader_reads(void **state)
{
	static const char *const ours[] = { "site.conf", "conf.d/a.conf", "profiles/x.conf", "rules/x.conf" };
	static const char *const others[] = { "estated.conf",    "conf.d/.a.conf", "conf.d/a.conf~",
					      "conf.d/b/c.conf", "conf.d/.conf",   "credentials/x",
					      "other/x.conf",    "conf.d/",        "profiles.conf/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(site_is_conf(ours[i], "site.conf"));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(site_is_conf(others[i], "site.conf"));
	assert_true(site_is_ours("credentials/cloud"));
	assert_false(site_is_ours(SITE_STAGING));
	assert_false(site_is_ours(SITE_ASIDE "20261122T030000"));
	assert_false(site_is_ours("conf.d/.swp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_listed_in_order_with_those_in_folders, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_link_to_a_folder_is_never_followed, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_deeper_than_any_of_ours_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_way_to_a_file_leads_over_no_link, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(only_a_file_itself_is_opened_as_one, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_missing_folder_is_told, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_copy_has_every_byte_and_holes_where_there_are_zeros, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(folders_are_made_with_their_mode_whatever_the_umask, make_dir,
						remove_dir),
		cmocka_unit_test(the_site_s_configuration_is_what_the_loader_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
