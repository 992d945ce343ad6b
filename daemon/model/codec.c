#include "model/codec.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* clang-format off */
static const char *const table_names[] = {
	[CODEC_TABLE_NONE] = "none",
	[CODEC_COIL]       = "coil",
	[CODEC_DISCRETE]   = "discrete",
	[CODEC_INPUT]      = "input",
	[CODEC_HOLDING]    = "holding",
};

enum codec_kind { KIND_BITS, KIND_UNSIGNED, KIND_SIGNED, KIND_FLOAT, KIND_BCD, KIND_STRING, KIND_FIELDS };

static const struct codec_row {
	const char *name;
	enum codec_kind kind;
	unsigned registers, width; /* width in bits */
} rows[] = {
	[CODEC_BIT]    = { "bit",    KIND_BITS,     1, 16 },
	[CODEC_U8]     = { "u8",     KIND_UNSIGNED, 1, 8 },
	[CODEC_I8]     = { "i8",     KIND_SIGNED,   1, 8 },
	[CODEC_U16]    = { "u16",    KIND_UNSIGNED, 1, 16 },
	[CODEC_I16]    = { "i16",    KIND_SIGNED,   1, 16 },
	[CODEC_U32]    = { "u32",    KIND_UNSIGNED, 2, 32 },
	[CODEC_I32]    = { "i32",    KIND_SIGNED,   2, 32 },
	[CODEC_U64]    = { "u64",    KIND_UNSIGNED, 4, 64 },
	[CODEC_I64]    = { "i64",    KIND_SIGNED,   4, 64 },
	[CODEC_F32]    = { "f32",    KIND_FLOAT,    2, 32 },
	[CODEC_F64]    = { "f64",    KIND_FLOAT,    4, 64 },
	[CODEC_BCD16]  = { "bcd16",  KIND_BCD,      1, 16 },
	[CODEC_BCD32]  = { "bcd32",  KIND_BCD,      2, 32 },
	[CODEC_STRING] = { "string", KIND_STRING,   1, 0 },
	[CODEC_ANY]    = { "any",    KIND_FIELDS,   1, 0 },
	[CODEC_WHICH]  = { "which",  KIND_FIELDS,   1, 0 },
};

static const struct {
	const char *name;
	bool words_reversed, bytes_swapped;
} orders[] = {
	[CODEC_ABCD] = { "abcd", false, false },
	[CODEC_CDAB] = { "cdab", true,  false },
	[CODEC_BADC] = { "badc", false, true },
	[CODEC_DCBA] = { "dcba", true,  true },
};
/* clang-format on */

#define EXPECTED_TABLE     "expected coil:ADDRESS, discrete:ADDRESS, input:ADDRESS or holding:ADDRESS"
#define EXPECTED_ADDRESS   "expected an address 0..65535 after the colon"
#define EXPECTED_ADDRESS_1 "expected an address 1..65536 after the colon, as base is 1"
#define EXPECTED_BITS      "expected .BIT (0..15), .LOW-HIGH, .hi or .lo after the address"
#define EXPECTED_BITS_UP   "expected the lower bit first: .LOW-HIGH, each 0..15"
#define EXPECTED_NO_BITS   "expected nothing after the address: a coil or discrete input is one bit"

const char *codec_table_name(enum codec_table t)
{
	return table_names[t];
}

const char *codec_type_name(enum codec_type t)
{
	return rows[t].name;
}

bool codec_table_is_bits(enum codec_table t)
{
	return t == CODEC_COIL || t == CODEC_DISCRETE;
}

const char *codec_order_name(enum codec_order o)
{
	return orders[o].name;
}

unsigned codec_type_registers(enum codec_type t)
{
	return rows[t].registers;
}

bool codec_type_has_length(enum codec_type t)
{
	return rows[t].width == 0;
}

int codec_parse_type(const char *name, enum codec_type *ret_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0) {
			*ret_type = (enum codec_type)i;
			return 0;
		}
	return -EINVAL;
}

int codec_parse_order(const char *name, enum codec_order *ret_order)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		if (strcmp(orders[i].name, name) == 0) {
			*ret_order = (enum codec_order)i;
			return 0;
		}
	return -EINVAL;
}

/* Decimal digits only, as far as they go; the first other byte is told in *ret_end. -1: no digit, or far too large. */
static int64_t parse_digits(const char *s, const char **ret_end)
{
	int64_t n = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && n < 1000000; p++)
		n = n * 10 + (*p - '0');
	*ret_end = p;
	return p == s ? -1 : n;
}

static const char *parse_bits(const char *suffix, struct codec_wire *w)
{
	int64_t low, high;
	const char *end;

	if (codec_table_is_bits(w->table))
		return EXPECTED_NO_BITS;
	if (strcmp(suffix, ".hi") == 0 || strcmp(suffix, ".lo") == 0) {
		w->bit_low = suffix[1] == 'h' ? 8 : 0;
		w->bit_high = (int8_t)(w->bit_low + 7);
		return NULL;
	}
	low = high = *suffix == '.' ? parse_digits(suffix + 1, &end) : -1;
	if (low < 0)
		return EXPECTED_BITS;
	if (*end == '-')
		high = parse_digits(end + 1, &end);
	if (high < 0 || *end != '\0' || low > 15)
		return EXPECTED_BITS;
	if (high < low || high > 15)
		return EXPECTED_BITS_UP;
	w->bit_low = (int8_t)low;
	w->bit_high = (int8_t)high;
	return NULL;
}

/* NULL when at was understood. */
static const char *parse_at(const char *at, int base, struct codec_wire *w)
{
	const char *colon = strchr(at, ':'), *end;
	int64_t address;

	for (enum codec_table t = CODEC_COIL; colon && t <= CODEC_HOLDING; t++)
		if (strncmp(at, table_names[t], (size_t)(colon - at)) == 0 && table_names[t][colon - at] == '\0')
			w->table = t;
	if (w->table == CODEC_TABLE_NONE)
		return EXPECTED_TABLE;
	address = parse_digits(colon + 1, &end);
	if (address < 0 || address - base < 0 || address - base > UINT16_MAX || (*end != '\0' && *end != '.'))
		return base == 1 ? EXPECTED_ADDRESS_1 : EXPECTED_ADDRESS;
	w->address = (uint16_t)(address - base);
	return *end == '\0' ? NULL : parse_bits(end, w);
}

int codec_parse_at(const char *at, int base, struct codec_wire *ret_wire, const char **ret_expected)
{
	struct codec_wire w = { .bit_low = -1, .bit_high = -1 };
	const char *expected = parse_at(at, base, &w);

	if (expected) {
		*ret_expected = expected;
		return -EINVAL;
	}
	ret_wire->table = w.table;
	ret_wire->address = w.address;
	ret_wire->bit_low = w.bit_low;
	ret_wire->bit_high = w.bit_high;
	return 0;
}

enum value_type codec_value_type(const struct codec_wire *w)
{
	if (w->text_count > 0 || w->type == CODEC_STRING || w->type == CODEC_WHICH)
		return VALUE_TEXT;
	return codec_table_is_bits(w->table) || w->type == CODEC_BIT || w->type == CODEC_ANY ? VALUE_BOOL
											     : VALUE_NUMBER;
}

/* The registers as one unsigned number, most significant byte first. */
static uint64_t raw_of(const struct codec_wire *w, const uint16_t *regs)
{
	unsigned n = rows[w->type].registers;
	uint64_t raw = 0;

	for (unsigned i = 0; i < n; i++) {
		uint16_t word = regs[orders[w->order].words_reversed ? n - 1 - i : i];

		if (orders[w->order].bytes_swapped)
			word = (uint16_t)(word << 8 | word >> 8);
		raw = raw << 16 | word;
	}
	return raw;
}

static uint64_t mask_of(unsigned width)
{
	return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

/* The field of the raw value that the point means, and its width in bits. */
static uint64_t field_of(const struct codec_wire *w, uint64_t raw, unsigned *ret_width)
{
	unsigned low = 0, width = rows[w->type].width;

	if (w->bit_low >= 0) {
		low = (unsigned)w->bit_low;
		width = MIN((unsigned)(w->bit_high - w->bit_low + 1), width);
	}
	*ret_width = width;
	return raw >> low & mask_of(width);
}

static int64_t sign_extend(uint64_t field, unsigned width)
{
	if (width < 64 && field >> (width - 1) & 1)
		field |= ~mask_of(width);
	return (int64_t)field;
}

static int bcd_of(uint64_t field, int64_t *ret_number)
{
	int64_t number = 0;

	for (int shift = 28; shift >= 0; shift -= 4) {
		unsigned digit = field >> shift & 0xf;

		if (digit > 9)
			return 1;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return 0;
}

/* To 15 digits of the larger of the two: what a double surely holds of their sum. A power of ten up to
 * 1e22 is exact, and dividing by it gives the double next to the decimal; tiny and huge numbers stay as they are. */
static double sum_of(double product, double offset)
{
	double sum = product + offset, largest = fmax(fabs(product), fabs(offset));
	double unit = largest == 0 ? 0 : pow(10, 14 - floor(log10(largest)));

	return unit >= 1 && unit <= 1e22 ? round(sum * unit) / unit : sum;
}

/* raw * scale + offset, as somebody with a pencil would have it: 204 * 0.1 is 20.4, not 20.400000000000002. A scale of
 * 0.1 is no double, but its inverse is: dividing rounds once. */
static double scaled(const struct codec_wire *w, double raw)
{
	double inverse = w->scale != 0 ? 1 / w->scale : 0, divisor = round(inverse);
	bool divides = divisor != 0 && fabs(inverse - divisor) <= 1e-12 * fabs(inverse);

	if (divides && w->offset == 0)
		return raw / divisor;
	return sum_of(divides ? raw / divisor : raw * w->scale, w->offset);
}

/* A scale of 1e308 is a number that a configuration may say; infinity is none that anybody can use. */
static int decode_scaled(const struct codec_wire *w, double raw, struct value *ret_value)
{
	double number = scaled(w, raw);

	if (!isfinite(number))
		return 1;
	*ret_value = value_number(number);
	return 0;
}

static int decode_float(const struct codec_wire *w, uint64_t raw, struct value *ret_value)
{
	double number;

	if (w->type == CODEC_F32) {
		uint32_t bits = (uint32_t)raw;
		float f;

		memcpy(&f, &bits, sizeof(f));
		number = (double)f;
	} else {
		memcpy(&number, &raw, sizeof(number));
	}
	number = scaled(w, number);
	if (!isfinite(number))
		return 1;
	*ret_value = value_number(number);
	return 0;
}

static void decode_text(const struct codec_wire *w, int64_t raw, struct value *ret_value)
{
	char number[24];

	for (size_t i = 0; i < w->text_count; i++)
		if (w->texts[i].raw == raw) {
			*ret_value = value_text(w->texts[i].text);
			return;
		}
	snprintf(number, sizeof(number), "%" PRId64, raw);
	*ret_value = value_text(number);
}

static int decode_string(const struct codec_wire *w, const uint16_t *regs, struct value *ret_value)
{
	char text[2 * UINT8_MAX + 1];
	size_t len = 0;

	for (unsigned i = 0; i < w->registers; i++) {
		char first = (char)(regs[i] >> 8), second = (char)(regs[i] & 0xff);

		text[len++] = orders[w->order].bytes_swapped ? second : first;
		text[len++] = orders[w->order].bytes_swapped ? first : second;
	}
	len = strnlen(text, len);
	/* Many makers fill the end with blanks. */
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	if (!str_is_utf8(text, len))
		return 1;
	*ret_value = value_text(text);
	return 0;
}

/* A text holds what fits; " …" says that there are more. False: it is full. */
static bool add_number(char *text, size_t size, unsigned number)
{
	static const char more[] = " …";
	size_t len = strlen(text);
	char one[16];
	int n = snprintf(one, sizeof(one), "%s%u", len ? " " : "", number);

	if (len + (size_t)n + sizeof(more) > size) {
		memcpy(text + len, more, sizeof(more));
		return false;
	}
	memcpy(text + len, one, (size_t)n + 1);
	return true;
}

static int decode_fields(const struct codec_wire *w, const uint16_t *regs, struct value *ret_value)
{
	unsigned bits = CLAMP(w->field_bits, 1, 16), in_register = 16 / bits;
	char which[VALUE_TEXT_MAX] = "";
	bool any = false;

	for (unsigned i = 0; i < w->registers * in_register; i++) {
		uint16_t word = regs[i / in_register];

		if (orders[w->order].bytes_swapped)
			word = (uint16_t)(word << 8 | word >> 8);
		if ((word >> i % in_register * bits & mask_of(bits)) != w->field_equals)
			continue;
		any = true;
		if (!add_number(which, sizeof(which), i + 1))
			break;
	}
	*ret_value = w->type == CODEC_ANY ? value_bool(any != w->invert) : value_text(which);
	return 0;
}

static int decode_integer(const struct codec_wire *w, uint64_t raw, struct value *ret_value)
{
	enum codec_kind kind = rows[w->type].kind;
	unsigned width;
	uint64_t field = field_of(w, raw, &width);
	int64_t number = kind == KIND_SIGNED ? sign_extend(field, width) : (int64_t)field;

	if (kind == KIND_BCD && bcd_of(field, &number) != 0)
		return 1;
	if (w->text_count > 0)
		decode_text(w, number, ret_value);
	else if (kind == KIND_BITS)
		*ret_value = value_bool((number != 0) != w->invert);
	else
		return decode_scaled(w, kind == KIND_UNSIGNED ? (double)field : (double)number, ret_value);
	return 0;
}

/* A marker may be written as it stands on the wire (0x8000) or as the signed number it means (-32768). */
static bool is_invalid(const struct codec_wire *w, uint64_t raw)
{
	unsigned width;
	uint64_t field = field_of(w, raw, &width);

	for (size_t i = 0; i < w->invalid_count; i++)
		if (field == (uint64_t)w->invalid[i] || sign_extend(field, width) == w->invalid[i])
			return true;
	return false;
}

double codec_span(const struct codec_wire *w)
{
	enum codec_kind kind = rows[w->type].kind;
	unsigned width;

	if (codec_table_is_bits(w->table) || kind == KIND_BITS || kind == KIND_FLOAT || rows[w->type].width == 0)
		return 0;
	field_of(w, 0, &width);
	return kind == KIND_BCD ? pow(10, width / 4) : ldexp(1, (int)width);
}

int codec_float_marker(enum codec_type t, double number, int64_t *ret_raw)
{
	float single = (float)number;
	uint32_t bits;

	if (t == CODEC_F64) {
		memcpy(ret_raw, &number, sizeof(number));
		return 0;
	}
	if (t != CODEC_F32)
		return -EINVAL;
	if (!isfinite(single))
		return -ERANGE;
	memcpy(&bits, &single, sizeof(bits));
	*ret_raw = bits;
	return 0;
}

int codec_decode_registers(const struct codec_wire *w, const uint16_t *regs, size_t count, struct value *ret_value)
{
	uint64_t raw;

	if (count < w->registers || count < rows[w->type].registers)
		return -EINVAL;
	if (w->type == CODEC_STRING)
		return decode_string(w, regs, ret_value);
	if (rows[w->type].kind == KIND_FIELDS)
		return decode_fields(w, regs, ret_value);
	raw = raw_of(w, regs);
	if (is_invalid(w, raw))
		return 1;
	return rows[w->type].kind == KIND_FLOAT ? decode_float(w, raw, ret_value) : decode_integer(w, raw, ret_value);
}

int codec_decode_bit(const struct codec_wire *w, bool bit, struct value *ret_value)
{
	if (w->text_count > 0)
		decode_text(w, bit != w->invert, ret_value);
	else
		*ret_value = value_bool(bit != w->invert);
	return 0;
}
