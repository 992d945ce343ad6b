/* fuzz_codec_at.c: model/codec.c's texts of a configuration: "holding:1.11", "u32", "badc".
 *
 * Input: the first byte's lowest bit is the profile's base, the rest the text. What was understood is printed and must be
 * understood the same again. */
#include "fuzz.h"

#include "base/util.h"
#include "model/codec.h"

static void print_at(const struct codec_wire *w, int base, char *buf, size_t room)
{
	int len = snprintf(buf, room, "%s:%d", codec_table_name(w->table), w->address + base);

	if (w->bit_low >= 0)
		snprintf(buf + len, room - (size_t)len, ".%d-%d", w->bit_low, w->bit_high);
}

static bool same_at(const struct codec_wire *a, const struct codec_wire *b)
{
	return a->table == b->table && a->address == b->address && a->bit_low == b->bit_low &&
	       a->bit_high == b->bit_high;
}

static void check_at(const char *text, int base)
{
	struct codec_wire untouched, w, again = { 0 };
	const char *expected = NULL;
	char printed[64];

	memset(&untouched, 0x55, sizeof(untouched));
	w = untouched;
	if (codec_parse_at(text, base, &w, &expected) < 0) {
		FUZZ_CLAIM(expected && strncmp(expected, "expected ", 9) == 0);
		FUZZ_CLAIM(memcmp(&w, &untouched, sizeof(w)) == 0);
		return;
	}
	FUZZ_CLAIM(!expected && w.table >= CODEC_COIL && w.table <= CODEC_HOLDING);
	FUZZ_CLAIM(w.registers == untouched.registers && w.type == untouched.type);
	FUZZ_CLAIM((w.bit_low == -1 && w.bit_high == -1) ||
		   (w.bit_low >= 0 && w.bit_low <= w.bit_high && w.bit_high <= 15));
	FUZZ_CLAIM(!codec_table_is_bits(w.table) || w.bit_low == -1);
	print_at(&w, base, printed, sizeof(printed));
	FUZZ_CLAIM(codec_parse_at(printed, base, &again, &expected) == 0 && same_at(&w, &again));
}

static void check_words(const char *text)
{
	static const char *const orders[] = { "abcd", "cdab", "badc", "dcba" };
	enum codec_type type;
	enum codec_order order;

	if (codec_parse_type(text, &type) == 0) {
		FUZZ_CLAIM(strcmp(codec_type_name(type), text) == 0);
		FUZZ_CLAIM(codec_type_registers(type) == 1 || codec_type_registers(type) == 2 ||
			   codec_type_registers(type) == 4);
	}
	if (codec_parse_order(text, &order) == 0)
		FUZZ_CLAIM(order < ARRAY_SIZE(orders) && strcmp(orders[order], text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	int base = fuzz_u8(&in) & 1;
	char *text = fuzz_rest(&in);

	check_at(text, base);
	check_words(text);
	free(text);
	return 0;
}
