/* Secrets of plugins: where they are looked for, and what is said of those that are not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sdk/sdk_secret.h"

static struct {
	char top[64], passed[80], kept[80];
} dirs;

static int make_dirs(void **state)
{
	(void)state;
	strcpy(dirs.top, "/tmp/test-secret-XXXXXX");
	if (!mkdtemp(dirs.top))
		return -1;
	snprintf(dirs.passed, sizeof(dirs.passed), "%s/passed", dirs.top);
	snprintf(dirs.kept, sizeof(dirs.kept), "%s/kept", dirs.top);
	setenv("CREDENTIALS_DIRECTORY", dirs.passed, 1);
	setenv("ESTATE_CREDENTIALS", dirs.kept, 1);
	return mkdir(dirs.passed, 0700) + mkdir(dirs.kept, 0700);
}

static int remove_dirs(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dirs.top);
	return system(command);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static char secret[SDK_SECRET_MAX], why[SDK_SECRET_WHY_MAX];

static int read_credential(const char *name)
{
	return sdk_secret_read(&(struct sdk_secret){ .credential = name }, secret, why);
}

static void it_is_the_first_line_however_that_ends(void **state)
{
	static const char *const texts[] = { "geheim 密码\n", "geheim 密码", "geheim 密码\r\n", "geheim 密码\nmore\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(dirs.kept, "a", texts[i]);
		assert_int_equal(read_credential("a"), strlen("geheim 密码"));
		assert_string_equal(secret, "geheim 密码");
		assert_string_equal(why, "");
	}
}

static void what_the_service_manager_passed_on_comes_first(void **state)
{
	(void)state;
	put(dirs.kept, "both", "kept");
	assert_true(read_credential("both") > 0);
	assert_string_equal(secret, "kept");
	put(dirs.passed, "both", "passed");
	assert_true(read_credential("both") > 0);
	assert_string_equal(secret, "passed");
}

static void a_missing_one_is_named_with_what_to_do(void **state)
{
	char expected[160];

	(void)state;
	assert_int_equal(read_credential("mqtt-password"), -ENOENT);
	assert_string_equal(secret, "");
	assert_non_null(strstr(why, "credential 'mqtt-password' is missing: as root: install -o "));
	snprintf(expected, sizeof(expected), " -m 400 FILE %s/mqtt-password", dirs.kept);
	assert_non_null(strstr(why, expected));
	assert_int_equal(sdk_secret_probe(&(struct sdk_secret){ .file = "/nonexistent/x" }, why), -ENOENT);
	assert_string_equal(why, "option 'password_file' = \"/nonexistent/x\": No such file or directory");
	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("ESTATE_CREDENTIALS");
	assert_int_equal(read_credential("mqtt-password"), -ENOENT);
	assert_non_null(strstr(why, "/credentials/mqtt-password"));
	setenv("CREDENTIALS_DIRECTORY", dirs.passed, 1);
	setenv("ESTATE_CREDENTIALS", dirs.kept, 1);
}

static void an_empty_or_endless_one_is_none(void **state)
{
	char line[SDK_SECRET_MAX + 2];

	(void)state;
	put(dirs.kept, "empty", "\nsecond line\n");
	assert_int_equal(read_credential("empty"), -ENODATA);
	assert_string_equal(why, "credential 'empty': its first line is empty");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	put(dirs.kept, "long", line);
	assert_int_equal(read_credential("long"), -E2BIG);
	line[SDK_SECRET_MAX - 1] = '\0';
	put(dirs.kept, "long", line);
	assert_int_equal(read_credential("long"), SDK_SECRET_MAX - 1);
	assert_string_equal(secret, line);
}

static void none_given_is_no_fault_and_two_are(void **state)
{
	(void)state;
	assert_int_equal(sdk_secret_probe(&(struct sdk_secret){ 0 }, why), 0);
	assert_int_equal(sdk_secret_probe(&(struct sdk_secret){ .file = "/dev/null", .credential = "a" }, why),
			 -EINVAL);
	assert_non_null(strstr(why, "both given"));
}

static void a_file_that_a_library_reads_is_found_and_its_option_named(void **state)
{
	struct sdk_secret key = { .option = "key", .file = "/no/such/key.pem" };
	char path[SDK_SECRET_PATH_MAX];

	(void)state;
	assert_int_equal(sdk_secret_path(&key, path, why), -ENOENT);
	assert_non_null(strstr(why, "option 'key_file' = \"/no/such/key.pem\": No such file"));
	key.credential = "k";
	assert_int_equal(sdk_secret_path(&key, path, why), -EINVAL);
	assert_non_null(strstr(why, "key_file and key_credential are both given"));
	key = (struct sdk_secret){ .file = "/dev/null" };
	assert_int_equal(sdk_secret_path(&key, path, why), 0);
	assert_string_equal(path, "/dev/null");
	key = (struct sdk_secret){ .option = "key" };
	assert_int_equal(sdk_secret_path(&key, path, why), 0);
	assert_string_equal(path, "");
}

static void a_name_cannot_leave_its_folder(void **state)
{
	static const char *const wrong[] = { "", "a/b", "../a", "..", ".hidden", "a:b" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(sdk_secret_check_credential(wrong[i]));
	assert_null(sdk_secret_check_credential("mqtt-password"));
	assert_null(sdk_secret_check_credential("云.password"));
	assert_null(sdk_secret_check_file("/etc/estated/secret"));
	assert_non_null(strstr(sdk_secret_check_file("secret"), "_credential"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_first_line_however_that_ends),
		cmocka_unit_test(what_the_service_manager_passed_on_comes_first),
		cmocka_unit_test(a_missing_one_is_named_with_what_to_do),
		cmocka_unit_test(an_empty_or_endless_one_is_none),
		cmocka_unit_test(none_given_is_no_fault_and_two_are),
		cmocka_unit_test(a_file_that_a_library_reads_is_found_and_its_option_named),
		cmocka_unit_test(a_name_cannot_leave_its_folder),
	};

	return cmocka_run_group_tests(tests, make_dirs, remove_dirs);
}
