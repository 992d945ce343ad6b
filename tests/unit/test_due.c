/* The heap of what is due next. */
#include "unit.h"

#include "alarm/due.h"
#include "base/util.h"

static void assert_heap(const struct due *d)
{
	for (size_t i = 0; i < d->count; i++) {
		assert_int_equal(d->items[i]->slot, i + 1);
		assert_true(i == 0 || d->items[(i - 1) / 2]->at_us <= d->items[i]->at_us);
	}
}

static void the_earliest_comes_first(void **state)
{
	struct due_item a = { 0 }, b = { 0 }, c = { 0 };
	struct due d = { 0 };

	(void)state;
	assert_null(due_first(&d));
	due_set(&d, &a, 30);
	due_set(&d, &b, 10);
	due_set(&d, &c, INT64_MAX);
	assert_ptr_equal(due_first(&d), &b);
	due_set(&d, &b, 40);
	assert_ptr_equal(due_first(&d), &a);
	due_set(&d, &c, 5);
	assert_ptr_equal(due_first(&d), &c);
	due_remove(&d, &c);
	due_remove(&d, &c);
	assert_ptr_equal(due_first(&d), &a);
	due_remove(&d, &a);
	due_remove(&d, &b);
	assert_null(due_first(&d));
	due_fini(&d);
}

static void a_thousand_random_moves_keep_the_order(void **state)
{
	static struct due_item items[200];
	uint64_t seed = 42;
	struct due d = { 0 };
	int64_t last = -1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct due_item *item;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		item = &items[(seed >> 33) % ARRAY_SIZE(items)];
		if ((seed >> 20) % 4 == 0)
			due_remove(&d, item);
		else
			due_set(&d, item, (int64_t)((seed >> 40) % 1000));
		assert_heap(&d);
	}
	assert_true(d.count > 100);
	while (due_first(&d)) {
		struct due_item *first = due_first(&d);

		assert_true(first->at_us >= last);
		last = first->at_us;
		due_remove(&d, first);
		assert_int_equal(first->slot, 0);
	}
	due_fini(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_comes_first),
		cmocka_unit_test(a_thousand_random_moves_keep_the_order),
	};

	return UNIT_RUN(tests);
}
