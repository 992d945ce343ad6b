#include "unit.h"

#include <string.h>

#include "base/arena.h"

static void what_is_taken_is_cleared_aligned_and_its_own(void **state)
{
	struct arena *a = arena_new();
	uint8_t *taken[2000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		size_t size = 1 + i * 7 % 300;

		taken[i] = arena_alloc(a, size);
		assert_int_equal((uintptr_t)taken[i] % sizeof(void *), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(taken[i][k], 0);
		memset(taken[i], (int)(i % 251 + 1), size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		for (size_t k = 0; k < 1 + i * 7 % 300; k++)
			assert_int_equal(taken[i][k], i % 251 + 1);
	arena_free(a);
}

static void what_was_foreseen_lies_in_one_piece(void **state)
{
	struct arena *a = arena_new_for(64 * 1024);
	char *first = arena_alloc(a, 16), *last = first;

	(void)state;
	while (arena_used(a) + 1024 <= 64 * 1024)
		last = arena_alloc(a, 1024);
	assert_true(last > first && last - first < 64 * 1024);
	/* Too little is no mistake. */
	last = arena_alloc(a, 100 * 1024);
	memset(last, 1, 100 * 1024);
	arena_free(a);
}

static void a_text_is_copied(void **state)
{
	struct arena *a = arena_new();
	char text[] = "lift";
	char *copy = arena_strdup(a, text);

	(void)state;
	text[0] = 'x';
	assert_string_equal(copy, "lift");
	assert_null(arena_strdup(a, NULL));
	assert_string_equal(arena_printf(a, "%s-%d", copy, 7), "lift-7");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_cleared_aligned_and_its_own),
		cmocka_unit_test(what_was_foreseen_lies_in_one_piece),
		cmocka_unit_test(a_text_is_copied),
	};

	return UNIT_RUN(tests);
}
