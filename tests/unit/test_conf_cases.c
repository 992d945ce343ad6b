/* test_conf_cases.c: tests/case/conf/: a file is a configuration, or several, and the messages that it must give, word
 * by word:
 *
 *     # what it shows
 *     --- estated.conf
 *     …
 *     --- conf.d/more.conf
 *     …
 *     --- expect
 *     estated.conf:4: error: …
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf_world.h"
#include "unit.h"

#define CASES_MAX 200

static char *read_case(const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const char *dir = getenv("CASE_DIR");
	struct str_buf text = { 0 };
	char part[4096];
	size_t n;
	FILE *f;

	str_buf_printf(&path, "%s/conf/%s", dir ? dir : "tests/case", name);
	f = fopen(str_buf_text(&path), "re");
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		str_buf_add_len(&text, part, n);
	fclose(f);
	return str_buf_take(&text);
}

/* Writes the files of the case; returns what is expected. */
static const char *unpack(struct conf_world *w, char *text)
{
	char *section = strstr(text, "\n--- ");

	while (section) {
		char *name = section + strlen("\n--- "), *body = strchr(name, '\n');

		assert_non_null(body);
		*body++ = '\0';
		if (str_equal(name, "expect"))
			return body;
		/* The newline before the next section ends the last line. */
		section = str_starts(body, "--- ") ? body - 1 : strstr(body, "\n--- ");
		assert_non_null(section);
		conf_world_write(w, name, body, section < body ? 0 : (size_t)(section - body) + 1);
	}
	fail_msg("a case without --- expect");
	return NULL;
}

static void says_what_the_case_expects(void **state)
{
	_cleanup_(freep) char *text = read_case(*state), *said = NULL;
	struct conf_world w;
	const char *expected;
	int r;

	conf_world_init(&w);
	expected = unpack(&w, text);
	r = conf_world_load(&w);
	said = conf_world_messages(&w);
	assert_string_equal(said, expected);
	assert_int_equal(r < 0, strstr(expected, ": error: ") != NULL);
	assert_int_equal(w.conf == NULL, r < 0);
	conf_world_fini(&w);
}

static int is_case(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && str_equal(entry->d_name + len - 5, ".case");
}

int main(void)
{
	static struct CMUnitTest tests[CASES_MAX];
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const char *dir = getenv("CASE_DIR");
	struct dirent **found = NULL;
	int count, failed;

	str_buf_printf(&path, "%s/conf", dir ? dir : "tests/case");
	count = scandir(str_buf_text(&path), &found, is_case, alphasort);
	if (count <= 0 || count > CASES_MAX) {
		fprintf(stderr, "%s: expected 1..%d cases\n", str_buf_text(&path), CASES_MAX);
		return 1;
	}
	for (int i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = found[i]->d_name,
						.test_func = says_what_the_case_expects,
						.initial_state = found[i]->d_name };
	failed = _cmocka_run_group_tests("conf cases", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(found[i]);
	free(found);
	return failed;
}
