/* CRC-32C: what stands in files for years must be the sum that everybody calls so. */
#include "unit.h"

#include "base/crc32.h"

static void it_is_the_sum_of_the_specification(void **state)
{
	static const uint8_t zeros[32];
	uint8_t rising[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rising); i++)
		rising[i] = (uint8_t)i;
	assert_int_equal(crc32_add(0, "123456789", 9), 0xe3069283);
	/* RFC 3720, B.4 */
	assert_int_equal(crc32_add(0, zeros, sizeof(zeros)), 0x8a9136aa);
	assert_int_equal(crc32_add(0, rising, sizeof(rising)), 0x46dd794e);
}

static void pieces_give_what_the_whole_gives(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 9; cut++)
		assert_int_equal(crc32_add(crc32_add(0, "123456789", cut), "123456789" + cut, 9 - cut), 0xe3069283);
}

static void nothing_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(crc32_add(0, NULL, 0), 0);
	assert_int_equal(crc32_add(0xe3069283, NULL, 0), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_sum_of_the_specification),
		cmocka_unit_test(pieces_give_what_the_whole_gives),
		cmocka_unit_test(nothing_changes_nothing),
	};

	return UNIT_RUN(tests);
}
