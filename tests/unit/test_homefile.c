/* What is known of dwellings, in a mapped file: two copies each, so that a kill amid a write costs that write alone. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/homefile.h"
#include "base/clock.h"

#define HOMES 3
#define BLOCK 1000 /* no multiple of eight */

static char dir[] = "/tmp/estated-homefile-XXXXXX";
static char path[128];

/* What is found by the next process: by dwelling, the byte that its block is full of; -1: none, -2: mixed. */
static int found[HOMES];
static int64_t alive_us;

static void take(void *context, const struct homefile_block *b, int64_t at_us)
{
	const unsigned char *bytes = b->bytes;
	int home = b->place[1] - '0';

	(void)context;
	assert_in_range(home, 0, HOMES - 1);
	assert_int_equal(b->len, BLOCK);
	found[home] = bytes[0];
	for (size_t i = 1; i < BLOCK; i++)
		if (bytes[i] != bytes[0])
			found[home] = -2;
	alive_us = at_us;
}

static void recall(void)
{
	for (int i = 0; i < HOMES; i++)
		found[i] = -1;
	homefile_recall(dir, &(struct homefile_reader){ .home = take });
}

static void put(struct homefile *f, size_t home, int value)
{
	char place[] = { 'b', (char)('0' + home), '/', '1', '\0' };
	unsigned char bytes[BLOCK];

	memset(bytes, value, sizeof(bytes));
	homefile_put(f, home, &(struct homefile_block){ place, bytes, sizeof(bytes) });
}

static struct homefile *placed(void)
{
	struct homefile *f = homefile_prepare(dir, HOMES, BLOCK);

	put(f, 0, 1);
	put(f, 1, 1);
	homefile_place(f);
	return f;
}

/* Every place at which the bytes of the file are `value`, one after another, are spoilt from the `skip`-th on. */
static void spoil(int value, size_t skip)
{
	FILE *file = fopen(path, "r+");
	int c;

	assert_non_null(file);
	for (size_t seen = 0, at = 0; (c = fgetc(file)) != EOF; at++) {
		if (c != value || seen++ < skip)
			continue;
		assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
		fputc(0xee, file);
		assert_int_equal(fseek(file, (long)at + 1, SEEK_SET), 0);
	}
	fclose(file);
}

static void the_newest_that_was_written_is_found(void **state)
{
	struct homefile *f = placed();

	(void)state;
	recall();
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 1);
	assert_int_equal(found[2], -1);
	for (int value = 2; value < 20; value++) {
		put(f, 1, value);
		homefile_alive(f, value);
		recall();
		assert_int_equal(found[0], 1);
		assert_int_equal(found[1], value);
		assert_int_equal(alive_us, value);
	}
	homefile_free(f);
	recall();
	assert_int_equal(found[1], 19);
}

static void a_write_that_was_cut_off_leaves_the_one_before(void **state)
{
	(void)state;
	for (size_t written = 0; written < BLOCK; written += 37) {
		struct homefile *f = placed();

		put(f, 1, 7);
		put(f, 1, 9);
		homefile_free(f);
		spoil(9, written);
		recall();
		assert_int_equal(found[1], 7);
		assert_int_equal(found[0], 1);
	}
}

static void both_copies_damaged_is_as_if_nothing_were_known(void **state)
{
	struct homefile *f = placed();

	(void)state;
	put(f, 1, 7);
	put(f, 1, 9);
	homefile_free(f);
	spoil(9, 3);
	spoil(7, 3);
	recall();
	assert_int_equal(found[1], -1);
	assert_int_equal(found[0], 1);
}

static void a_file_that_is_cut_short_or_of_another_boot_or_version_is_passed_over(void **state)
{
	static const struct {
		long at;
		int byte;
	} harms[] = { { 0, 'E' }, { 14, '2' }, { 16, 'x' }, { 56, 9 }, { 64, 9 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(harms); i++) {
		FILE *file;

		homefile_free(placed());
		file = fopen(path, "r+");
		fseek(file, harms[i].at, SEEK_SET);
		fputc(harms[i].byte, file);
		fclose(file);
		recall();
		assert_int_equal(found[0], -1);
	}
	for (int len = 0; len < 200; len += 8) {
		homefile_free(placed());
		assert_int_equal(truncate(path, len), 0);
		recall();
		assert_int_equal(found[0], -1);
	}
	unlink(path);
	recall();
	assert_int_equal(found[0], -1);
}

static void a_block_of_another_length_and_a_dwelling_too_many_are_not_written(void **state)
{
	struct homefile *f = placed();
	unsigned char bytes[BLOCK + 1] = { 0 };

	(void)state;
	homefile_put(f, 0, &(struct homefile_block){ "b0/1", bytes, sizeof(bytes) });
	homefile_put(f, HOMES, &(struct homefile_block){ "b0/1", bytes, BLOCK });
	homefile_free(f);
	recall();
	assert_int_equal(found[0], 1);
}

static void what_was_prepared_and_not_placed_changes_nothing(void **state)
{
	struct homefile *before = placed(), *f = homefile_prepare(dir, HOMES, BLOCK);
	char draft[160];

	(void)state;
	put(f, 0, 5);
	recall();
	assert_int_equal(found[0], 1);
	homefile_free(f);
	snprintf(draft, sizeof(draft), "%s.new", path);
	assert_int_not_equal(access(draft, F_OK), 0);
	homefile_free(before);
}

static void no_dwelling_is_no_file(void **state)
{
	struct homefile *f;

	(void)state;
	homefile_free(placed());
	f = homefile_prepare(dir, 0, 0);
	homefile_place(f);
	homefile_alive(f, 1);
	homefile_free(f);
	assert_int_not_equal(access(path, F_OK), 0);
}

static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/homes", dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_that_was_written_is_found),
		cmocka_unit_test(a_write_that_was_cut_off_leaves_the_one_before),
		cmocka_unit_test(both_copies_damaged_is_as_if_nothing_were_known),
		cmocka_unit_test(a_file_that_is_cut_short_or_of_another_boot_or_version_is_passed_over),
		cmocka_unit_test(a_block_of_another_length_and_a_dwelling_too_many_are_not_written),
		cmocka_unit_test(what_was_prepared_and_not_placed_changes_nothing),
		cmocka_unit_test(no_dwelling_is_no_file),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
