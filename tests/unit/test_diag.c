#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "unit.h"

static char *printed(const struct diag *d)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	diag_print(d, to);
	fclose(to);
	return text;
}

static void all_are_printed_in_order_of_place_and_doubles_once(void **state)
{
	struct diag d = { 0 };
	char *text;

	(void)state;
	diag_error(&d, (struct diag_at){ "b.conf", 7 }, "unit = %d: expected 1..247", 300);
	diag_warning(&d, (struct diag_at){ "a.conf", 9 }, "second");
	diag_error(&d, (struct diag_at){ "a.conf", 2 }, "first");
	diag_error(&d, (struct diag_at){ "a.conf", 2 }, "first");
	text = printed(&d);
	assert_string_equal(text, "a.conf:2: error: first\n"
				  "a.conf:9: warning: second\n"
				  "b.conf:7: error: unit = 300: expected 1..247\n");
	assert_true(diag_failed(&d));
	free(text);
	diag_fini(&d);
}

static void too_many_are_counted(void **state)
{
	struct diag d = { 0 };
	char *text;

	(void)state;
	for (unsigned i = 0; i < DIAG_MAX + 5; i++)
		diag_error(&d, (struct diag_at){ "a", i + 1 }, "x");
	text = printed(&d);
	assert_non_null(strstr(text, "5 further messages are not shown"));
	assert_int_equal(d.errors, DIAG_MAX + 5);
	free(text);
	diag_fini(&d);
}

static void an_arena_keeps_everything_until_it_goes(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	char *texts[2000];

	(void)state;
	for (int i = 0; i < 2000; i++)
		texts[i] = arena_printf(a, "text %d", i);
	for (int i = 0; i < 2000; i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "text %d", i);
		assert_string_equal(texts[i], expected);
		assert_int_equal((uintptr_t)texts[i] % 16, 0);
	}
	assert_non_null(memset(arena_alloc(a, 100000), 1, 100000));
	assert_true(arena_used(a) >= 100000);
}

static void a_message_is_one_line_whatever_it_quotes(void **state)
{
	struct diag d = { 0 };

	(void)state;
	diag_error(&d, (struct diag_at){ "a.conf", 3 }, "place = \"%s\"", "b3/roof;\nx\t\x7f");
	assert_string_equal(d.entries[0].text, "place = \"b3/roof; x  \"");
	diag_error(&d, (struct diag_at){ "a.conf", 4 }, "id = \"%s\"", "\n\x82\t栋\xe6\xa0");
	assert_string_equal(d.entries[1].text, "id = \" ? 栋??\"");
	diag_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_printed_in_order_of_place_and_doubles_once),
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(a_message_is_one_line_whatever_it_quotes),
		cmocka_unit_test(an_arena_keeps_everything_until_it_goes),
	};

	return UNIT_RUN(tests);
}
