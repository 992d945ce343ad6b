#include "unit.h"

#include "base/search.h"

static int compare(const void *key, const void *row)
{
	const int *a = key, *b = row;

	return (*a > *b) - (*a < *b);
}

static size_t first(const int *rows, size_t count, int key)
{
	return search_first(&(struct search_rows){ rows, count, sizeof(*rows), compare }, &key);
}

static void among_none_all_stand_first(void **state)
{
	(void)state;
	assert_int_equal(first(NULL, 0, 7), 0);
}

static void every_row_of_every_length_is_found_and_so_is_every_gap(void **state)
{
	int rows[33];

	(void)state;
	for (size_t count = 1; count <= 33; count++) {
		for (size_t i = 0; i < count; i++)
			rows[i] = 2 * (int)i;
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(first(rows, count, 2 * (int)i), i);
			assert_int_equal(first(rows, count, 2 * (int)i - 1), i);
		}
		assert_int_equal(first(rows, count, 2 * (int)count - 1), count);
	}
}

static void of_equal_rows_it_is_the_first(void **state)
{
	static const int rows[] = { 1, 3, 3, 3, 3, 9 };

	(void)state;
	assert_int_equal(first(rows, 6, 3), 1);
	assert_int_equal(first(rows, 6, 4), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(among_none_all_stand_first),
		cmocka_unit_test(every_row_of_every_length_is_found_and_so_is_every_gap),
		cmocka_unit_test(of_equal_rows_it_is_the_first),
	};

	return UNIT_RUN(tests);
}
