/* What is known of dwellings, in a mapped file: written to its draft, then to its slot, so that a kill amid a write costs that write
 * alone. */
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

static size_t load(unsigned char *bytes, size_t room)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(bytes, 1, room, file);
	fclose(file);
	return len;
}

/* The file is in the order in which it is written: a kill leaves the front of what is new, and the rest of what was before. */
static void a_write_that_was_cut_off_leaves_it_or_the_one_before(void **state)
{
	static unsigned char before[16384], after[16384];
	struct homefile *f = placed();
	bool old = false, new = false;
	size_t len;

	(void)state;
	put(f, 1, 7);
	len = load(before, sizeof(before));
	put(f, 1, 9);
	assert_int_equal(load(after, sizeof(after)), len);
	homefile_free(f);
	for (size_t cut = 0; cut <= len; cut += 13) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fwrite(after, 1, cut, file);
		fwrite(before + cut, 1, len - cut, file);
		fclose(file);
		recall();
		assert_true(found[1] == 7 || found[1] == 9);
		assert_true(found[1] == 9 || !new); /* once it is there, it stays */
		assert_int_equal(found[0], 1);
		old = old || found[1] == 7;
		new = new || found[1] == 9;
	}
	assert_true(old && new);
}

static void draft_and_slot_damaged_is_as_if_nothing_were_known(void **state)
{
	struct homefile *f = placed();

	(void)state;
	put(f, 1, 9);
	homefile_free(f);
	for (size_t skip = 0; skip < BLOCK; skip += BLOCK / 2)
		spoil(9, skip);
	recall();
	assert_int_equal(found[1], -1);
	assert_int_equal(found[0], 1);
}

static void nothing_is_left_of_one_that_was_cleared(void **state)
{
	static unsigned char bytes[16384];
	struct homefile *f = placed();
	size_t len;

	(void)state;
	put(f, 1, 9);
	homefile_clear(f, 1);
	homefile_clear(f, HOMES);
	len = load(bytes, sizeof(bytes));
	for (size_t i = 3; i < len; i++)
		assert_false(bytes[i] == 9 && bytes[i - 1] == 9 && bytes[i - 2] == 9);
	assert_null(memmem(bytes, len, "b1/1", 4));
	recall();
	assert_int_equal(found[1], -1);
	assert_int_equal(found[0], 1);
	put(f, 1, 3);
	recall();
	assert_int_equal(found[1], 3);
	homefile_free(f);
}

static void what_is_written_does_not_stay_in_this_process_memory(void **state)
{
	enum { MANY = 2000, LONG = 6000 };
	static unsigned char bytes[LONG];
	struct homefile *f = homefile_prepare(dir, MANY, LONG);
	char place[24], line[256];
	long shared_kb = -1;
	FILE *status;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(place, sizeof(place), "b1/%zu", i);
		homefile_put(f, i, &(struct homefile_block){ place, bytes, sizeof(bytes) });
	}
	status = fopen("/proc/self/smaps", "r");
	assert_non_null(status);
	for (bool ours = false; fgets(line, sizeof(line), status);) {
		if (strstr(line, dir))
			ours = true;
		if (ours && sscanf(line, "Rss: %ld kB", &shared_kb) == 1)
			break;
	}
	fclose(status);
	homefile_free(f);
	assert_in_range(shared_kb, 0, MANY * LONG / 1024 / 3); /* the kernel may keep some neighbours */
}

static void a_file_that_is_cut_short_or_of_another_boot_or_version_is_passed_over(void **state)
{
	static const struct {
		long at;
		int byte;
	} harms[] = { { 0, 'E' }, { 14, '1' }, { 16, 'x' }, { 56, 9 }, { 64, 9 } };

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

static void a_block_of_another_length_and_a_slot_too_many_are_not_written(void **state)
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
		cmocka_unit_test(a_write_that_was_cut_off_leaves_it_or_the_one_before),
		cmocka_unit_test(draft_and_slot_damaged_is_as_if_nothing_were_known),
		cmocka_unit_test(nothing_is_left_of_one_that_was_cleared),
		cmocka_unit_test(what_is_written_does_not_stay_in_this_process_memory),
		cmocka_unit_test(a_file_that_is_cut_short_or_of_another_boot_or_version_is_passed_over),
		cmocka_unit_test(a_block_of_another_length_and_a_slot_too_many_are_not_written),
		cmocka_unit_test(what_was_prepared_and_not_placed_changes_nothing),
		cmocka_unit_test(no_dwelling_is_no_file),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
