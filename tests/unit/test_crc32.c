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

/* Bit by bit, as the specification says it. */
static uint32_t plainly(uint32_t crc, const uint8_t *bytes, size_t len)
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void any_length_from_any_address_gives_the_same_sum(void **state)
{
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; from + len <= sizeof(bytes); len++)
			assert_int_equal(crc32_add(0x1234, bytes + from, len), plainly(0x1234, bytes + from, len));
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
		cmocka_unit_test(any_length_from_any_address_gives_the_same_sum),
		cmocka_unit_test(nothing_changes_nothing),
	};

	return UNIT_RUN(tests);
}
