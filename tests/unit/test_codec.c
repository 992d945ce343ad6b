/* The codec against tests/case/codec: a reviewer reads the cases without C. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/mem.h"
#include "model/codec.h"
#include "unit.h"

#define TEXTS_MAX 8
#define WORDS_MAX 64

struct state {
	const char *file;
	unsigned line, checks;
	struct codec_wire wire;
	struct codec_text texts[TEXTS_MAX];
	char text_storage[256];
	int64_t invalid[TEXTS_MAX];
	uint16_t words[WORDS_MAX];
	size_t count;
	int base;
	char at[128];
};

static void parse_values(struct state *s, char *list)
{
	char *rest, *pair;

	snprintf(s->text_storage, sizeof(s->text_storage), "%s", list);
	rest = s->text_storage;
	while ((pair = strsep(&rest, ","))) {
		char *colon = strchr(pair, ':');

		assert_non_null(colon);
		*colon = '\0';
		assert_int_equal(str_to_i64(pair, &s->texts[s->wire.text_count].raw), 0);
		s->texts[s->wire.text_count++].text = colon + 1;
	}
	s->wire.texts = s->texts;
}

/* "0x8000,0x7fff,-9999.0": a point makes a float's own pattern of it. */
static void parse_invalid(struct state *s, char *list)
{
	char *one;

	while ((one = strsep(&list, ","))) {
		int64_t *raw = &s->invalid[s->wire.invalid_count++];
		double number;

		assert_true(s->wire.invalid_count <= TEXTS_MAX);
		if (strchr(one, '.')) {
			assert_int_equal(str_to_double(one, &number), 0);
			assert_int_equal(codec_float_marker(s->wire.type, number, raw), 0);
		} else {
			assert_int_equal(str_to_i64(one, raw), 0);
		}
	}
	s->wire.invalid = s->invalid;
}

static void parse_option(struct state *s, char *word)
{
	enum codec_order order;
	uint16_t registers;
	char *value = strchr(word, '=');

	if (strcmp(word, "invert") == 0) {
		s->wire.invert = true;
	} else if (!value) {
		assert_int_equal(codec_parse_order(word, &order), 0);
		s->wire.order = order;
	} else {
		*value++ = '\0';
		if (strcmp(word, "scale") == 0) {
			assert_int_equal(str_to_double(value, &s->wire.scale), 0);
		} else if (strcmp(word, "offset") == 0) {
			assert_int_equal(str_to_double(value, &s->wire.offset), 0);
		} else if (strcmp(word, "invalid") == 0) {
			parse_invalid(s, value);
		} else if (strcmp(word, "registers") == 0) {
			assert_int_equal(str_to_u16(value, &registers), 0);
			s->wire.registers = (uint8_t)registers;
		} else if (strcmp(word, "bits") == 0) {
			assert_int_equal(str_to_u16(value, &registers), 0);
			s->wire.field_bits = (uint8_t)registers;
		} else if (strcmp(word, "equals") == 0) {
			assert_int_equal(str_to_u16(value, &s->wire.field_equals), 0);
		} else if (strcmp(word, "values") == 0) {
			parse_values(s, value);
		} else {
			fail_msg("%s:%u: unknown option %s", s->file, s->line, word);
		}
	}
}

static void parse_point(struct state *s, char *rest)
{
	char *at = strsep(&rest, " "), *type = strsep(&rest, " "), *word;
	const char *expected;

	s->wire = (struct codec_wire){ .scale = 1 };
	if (codec_parse_at(at, 0, &s->wire, &expected) < 0)
		fail_msg("%s:%u: %s", s->file, s->line, expected);
	assert_non_null(type);
	assert_int_equal(codec_parse_type(type, &s->wire.type), 0);
	s->wire.registers = (uint8_t)codec_type_registers(s->wire.type);
	while ((word = strsep(&rest, " ")))
		parse_option(s, word);
}

static void parse_wire(struct state *s, char *rest)
{
	char *word;

	s->count = 0;
	while ((word = strsep(&rest, " "))) {
		unsigned value;

		assert_true(s->count < WORDS_MAX);
		assert_int_equal(sscanf(word, "%x", &value), 1);
		s->words[s->count++] = (uint16_t)value;
	}
}

static void check_value(struct state *s, const char *expected)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	/* A copy of exactly that size: the sanitizer sees a read beyond it. */
	_cleanup_(freep) uint16_t *words = mem_dup(s->words, s->count * sizeof(*words));
	struct value v = value_text("untouched");
	int r;

	if (codec_table_is_bits(s->wire.table))
		r = codec_decode_bit(&s->wire, s->words[0] != 0, &v);
	else
		r = codec_decode_registers(&s->wire, words, s->count, &v);
	if (r == 0) {
		assert_int_equal(v.type, codec_value_type(&s->wire));
		value_format(&v, &text);
		str_buf_add(&text, text.len == 0 ? "(empty)" : "");
	} else {
		assert_string_equal(v.text, "untouched");
		str_buf_add(&text, r == 1 ? "suspect" : "error");
	}
	if (strcmp(str_buf_text(&text), expected) != 0)
		fail_msg("%s:%u: expected '%s', got '%s'", s->file, s->line, expected, str_buf_text(&text));
	s->checks++;
}

static void check_at(struct state *s, const char *expected)
{
	struct codec_wire w = { .scale = 7, .registers = 9 };
	const char *got = NULL;
	char text[160], bits[16] = "-";

	if (codec_parse_at(s->at, s->base, &w, &got) == 0) {
		if (w.bit_low >= 0)
			snprintf(bits, sizeof(bits), "%d-%d", w.bit_low, w.bit_high);
		snprintf(text, sizeof(text), "%s %u %s", codec_table_name(w.table), w.address, bits);
		got = text;
	}
	assert_true(w.scale > 6 && w.registers == 9);
	if (strcmp(got, expected) != 0)
		fail_msg("%s:%u: %s: expected '%s', got '%s'", s->file, s->line, s->at, expected, got);
	s->checks++;
}

static void run_line(struct state *s, char *line)
{
	char *rest = line, *word = strsep(&rest, " ");

	while (rest && *rest == ' ')
		rest++;
	rest = rest ? rest : line + strlen(line);
	if (strcmp(word, "point") == 0)
		parse_point(s, rest);
	else if (strcmp(word, "wire") == 0)
		parse_wire(s, rest);
	else if (strcmp(word, "value") == 0)
		check_value(s, rest);
	else if (strcmp(word, "base") == 0)
		s->base = rest[0] - '0';
	else if (strcmp(word, "parse") == 0)
		snprintf(s->at, sizeof(s->at), "%s", rest);
	else if (strcmp(word, "is") == 0)
		check_at(s, rest);
	else
		fail_msg("%s:%u: unknown word %s", s->file, s->line, word);
}

static unsigned run_file(const char *path)
{
	struct state s = { .file = path };
	FILE *f = fopen(path, "re");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		s.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			run_line(&s, line);
	}
	fclose(f);
	return s.checks;
}

static unsigned run_cases(const char *name)
{
	const char *dir = getenv("CASE_DIR");
	char path[512];

	snprintf(path, sizeof(path), "%s/codec/%s.case", dir ? dir : "tests/case", name);
	return run_file(path);
}

static void numbers_are_read_in_every_width_and_order(void **state)
{
	(void)state;
	assert_true(run_cases("numbers") > 35);
}

static void bits_fields_and_halves_are_read(void **state)
{
	(void)state;
	assert_true(run_cases("bits") > 15);
}

static void a_bank_of_small_fields_says_whether_and_which(void **state)
{
	(void)state;
	assert_int_equal(run_cases("banks"), 15);
}

static void texts_end_at_the_first_zero_and_are_utf8(void **state)
{
	(void)state;
	assert_true(run_cases("texts") > 6);
}

static void a_wrong_place_says_what_was_expected(void **state)
{
	(void)state;
	assert_true(run_cases("at") > 20);
}

static void names_of_types_and_orders_are_strict(void **state)
{
	enum codec_type t;
	enum codec_order o;

	(void)state;
	for (enum codec_type i = CODEC_BIT; i <= CODEC_WHICH; i++) {
		assert_int_equal(codec_parse_type(codec_type_name(i), &t), 0);
		assert_int_equal(t, i);
	}
	assert_int_equal(codec_parse_type("u128", &t), -EINVAL);
	assert_int_equal(codec_parse_type("", &t), -EINVAL);
	assert_int_equal(codec_parse_order("abdc", &o), -EINVAL);
	assert_int_equal(codec_type_registers(CODEC_F64), 4);
	assert_int_equal(codec_type_registers(CODEC_STRING), 1);
}

/* Decimals as printed; an exponent moves them. */
static int decimals(double number)
{
	char buf[STR_DOUBLE_MAX];
	const char *text = str_from_double(number, buf), *point = strchr(text, '.'), *e = strchr(text, 'e');
	int after = point ? (int)strcspn(point + 1, "e") : 0;

	return e ? after - atoi(e + 1) : after;
}

struct scale {
	double scale, offset;
	int decimals;
};

static const struct scale scales[] = {
	{ 0.1, 0, 1 },   { 0.01, 0, 2 },   { 0.001, 0, 3 },     { 1e-6, 0, 6 },   { 0.5, 0, 1 },
	{ 0.25, 0, 2 },  { 0.05, 0, 2 },   { 0.02, 0, 2 },      { 0.3, 0, 1 },    { 2.5, 0, 1 },
	{ 0.125, 0, 3 }, { 1.1, 0, 1 },    { 0.015, 0, 3 },     { -0.1, 0, 1 },   { 10, 0, 0 },
	{ 0.1, -40, 1 }, { 0.1, 0.05, 2 }, { 0.01, 273.15, 2 }, { 0.7, -0.3, 1 }, { 1, 0.1, 1 },
};

static void check_decimals(enum codec_type type, const struct scale *s, uint32_t raw)
{
	struct codec_wire w = { .table = CODEC_HOLDING,
				.type = type,
				.bit_low = -1,
				.bit_high = -1,
				.registers = (uint8_t)codec_type_registers(type),
				.scale = s->scale,
				.offset = s->offset };
	uint16_t words[2] = { (uint16_t)(raw >> 16), (uint16_t)raw };
	double exact = type == CODEC_I16 ? (double)(int16_t)raw : (double)raw;
	struct value v;

	assert_int_equal(codec_decode_registers(&w, type == CODEC_U32 ? words : words + 1, w.registers, &v), 0);
	exact = exact * s->scale + s->offset;
	if (decimals(v.number) > s->decimals || fabs(v.number - exact) > 1e-12 * MAX(fabs(exact), 1.0))
		fail_msg("%u with scale %g and offset %g is %.17g", raw, s->scale, s->offset, v.number);
}

static void a_scale_of_tenths_gives_no_more_than_tenths(void **state)
{
	static const uint32_t strides[] = { 1, 10, 1000003 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		for (uint32_t raw = 0; raw <= UINT16_MAX; raw += strides[i % 2]) {
			check_decimals(CODEC_U16, &scales[i], raw);
			check_decimals(CODEC_I16, &scales[i], raw);
		}
		for (uint64_t raw = 0; raw <= UINT32_MAX; raw += strides[2])
			check_decimals(CODEC_U32, &scales[i], (uint32_t)raw);
	}
}

static void a_counter_keeps_all_its_digits(void **state)
{
	struct codec_wire w = {
		.table = CODEC_HOLDING, .type = CODEC_U64, .bit_low = -1, .bit_high = -1, .registers = 4, .scale = 1
	};
	static const uint16_t words[] = { 0x001f, 0xffff, 0xffff, 0xffff }; /* 2^53 - 1 */
	struct value v;

	(void)state;
	assert_int_equal(codec_decode_registers(&w, words, 4, &v), 0);
	assert_true(v.number == 9007199254740991.0);
	w.scale = 0.001;
	assert_int_equal(codec_decode_registers(&w, words, 4, &v), 0);
	assert_true(v.number == 9007199254740.991);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_every_width_and_order),
		cmocka_unit_test(bits_fields_and_halves_are_read),
		cmocka_unit_test(a_bank_of_small_fields_says_whether_and_which),
		cmocka_unit_test(texts_end_at_the_first_zero_and_are_utf8),
		cmocka_unit_test(a_wrong_place_says_what_was_expected),
		cmocka_unit_test(names_of_types_and_orders_are_strict),
		cmocka_unit_test(a_scale_of_tenths_gives_no_more_than_tenths),
		cmocka_unit_test(a_counter_keeps_all_its_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
