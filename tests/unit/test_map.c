#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "unit.h"

#define KEYS 5000

static void what_was_put_is_found_until_it_is_removed(void **state)
{
	_cleanup_(map_freep) struct map *m = map_new();
	char **keys = mem_array(KEYS, sizeof(*keys));
	size_t position = 0, walked = 0;

	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%zu", i);
		keys[i] = mem_strdup(key);
		assert_null(map_put(m, keys[i], keys[i]));
	}
	for (size_t i = 0; i < KEYS; i += 3)
		assert_ptr_equal(map_remove(m, keys[i]), keys[i]);
	for (size_t i = 0; i < KEYS; i++)
		assert_ptr_equal(map_find(m, keys[i]), i % 3 ? keys[i] : NULL);
	while (map_next(m, &position))
		walked++;
	assert_int_equal(walked, map_count(m));
	assert_int_equal(walked, KEYS - (KEYS + 2) / 3);
	for (size_t i = 0; i < KEYS; i++)
		free(keys[i]);
	free(keys);
}

static void a_second_put_returns_what_it_replaced(void **state)
{
	_cleanup_(map_freep) struct map *m = map_new();
	int first, second;

	(void)state;
	map_put(m, "a", &first);
	assert_ptr_equal(map_put(m, "a", &second), &first);
	assert_ptr_equal(map_find(m, "a"), &second);
	assert_int_equal(map_count(m), 1);
	assert_null(map_remove(m, "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_until_it_is_removed),
		cmocka_unit_test(a_second_put_returns_what_it_replaced),
	};

	return UNIT_RUN(tests);
}
