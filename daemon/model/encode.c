#include "model/encode.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/util.h"

bool encode_can(const struct codec_wire *w, const char **ret_why)
{
	if (w->table != CODEC_COIL && w->table != CODEC_HOLDING)
		*ret_why = "only coils and holding registers can be written";
	else if (w->type == CODEC_ANY || w->type == CODEC_WHICH)
		*ret_why = "a bank of fields can only be read";
	else if (w->registers > ENCODE_REGISTERS)
		*ret_why = "at most 32 registers can be written at once";
	else
		return true;
	return false;
}

static bool words_reversed(const struct codec_wire *w)
{
	return w->order == CODEC_CDAB || w->order == CODEC_DCBA;
}

static uint16_t swapped(const struct codec_wire *w, uint16_t word)
{
	return w->order == CODEC_BADC || w->order == CODEC_DCBA ? (uint16_t)(word << 8 | word >> 8) : word;
}

/* Of an integer type: its bits, where the point means only some of them. */
static unsigned width_of(const struct codec_wire *w)
{
	unsigned width = w->type == CODEC_U8 || w->type == CODEC_I8 ? 8 : codec_type_registers(w->type) * 16;

	return w->bit_low >= 0 ? MIN((unsigned)(w->bit_high - w->bit_low + 1), width) : width;
}

static bool is_signed(enum codec_type t)
{
	return t == CODEC_I8 || t == CODEC_I16 || t == CODEC_I32 || t == CODEC_I64;
}

/* A whole number as the bits of its type. */
static int integer_bits(const struct codec_wire *w, double number, uint64_t *ret_bits)
{
	unsigned width = width_of(w);
	double low = is_signed(w->type) ? -ldexp(1, (int)width - 1) : 0;
	double end = ldexp(1, (int)width - (is_signed(w->type) ? 1 : 0)); /* not reached */

	if (number < low || number >= end)
		return -ERANGE;
	*ret_bits = number < 0 ? (uint64_t)(int64_t)number : (uint64_t)number;
	if (width < 64)
		*ret_bits &= ((uint64_t)1 << width) - 1;
	return 0;
}

static int bcd_bits(const struct codec_wire *w, double number, uint64_t *ret_bits)
{
	unsigned digits = codec_type_registers(w->type) * 4;
	uint64_t rest, bits = 0;

	if (number < 0 || number >= pow(10, digits))
		return -ERANGE;
	rest = (uint64_t)number;
	for (unsigned i = 0; i < digits; i++, rest /= 10)
		bits |= rest % 10 << 4 * i;
	*ret_bits = bits;
	return 0;
}

static int float_bits(const struct codec_wire *w, double number, uint64_t *ret_bits)
{
	int64_t raw;
	int r = codec_float_marker(w->type, number, &raw);

	if (r == 0)
		*ret_bits = (uint64_t)raw;
	return r;
}

static int number_bits(const struct codec_wire *w, double number, uint64_t *ret_bits)
{
	double raw = (number - w->offset) / w->scale;

	if (!isfinite(raw))
		return -ERANGE;
	switch (w->type) {
	case CODEC_F32:
	case CODEC_F64: return float_bits(w, raw, ret_bits);
	case CODEC_BCD16:
	case CODEC_BCD32: return bcd_bits(w, round(raw), ret_bits);
	default: return integer_bits(w, round(raw), ret_bits);
	}
}

static int text_bits(const struct codec_wire *w, const struct value *v, uint64_t *ret_bits)
{
	if (v->type != VALUE_TEXT)
		return -EINVAL;
	for (size_t i = 0; i < w->text_count; i++)
		if (str_equal(w->texts[i].text, v->text)) {
			*ret_bits = (uint64_t)w->texts[i].raw;
			if (w->type == CODEC_BCD16 || w->type == CODEC_BCD32)
				return bcd_bits(w, (double)w->texts[i].raw, ret_bits);
			return 0;
		}
	return -EINVAL;
}

static int bits_of(const struct codec_wire *w, const struct value *v, uint64_t *ret_bits)
{
	if (w->text_count > 0)
		return text_bits(w, v, ret_bits);
	if (w->type == CODEC_BIT || codec_table_is_bits(w->table)) {
		if (v->type != VALUE_BOOL)
			return -EINVAL;
		*ret_bits = v->boolean != w->invert;
		return 0;
	}
	return v->type == VALUE_NUMBER ? number_bits(w, v->number, ret_bits) : -EINVAL;
}

static int put_string(const struct codec_wire *w, const struct value *v, struct encode_image *image)
{
	size_t len = v->type == VALUE_TEXT ? strlen(v->text) : 0;

	if (v->type != VALUE_TEXT)
		return -EINVAL;
	if (len > 2 * (size_t)w->registers)
		return -ERANGE;
	for (size_t i = 0; i < len; i++)
		image->values[i / 2] |= (uint16_t)((uint8_t)v->text[i] << (i % 2 ? 0 : 8));
	for (size_t i = 0; i < w->registers; i++)
		image->values[i] = swapped(w, image->values[i]);
	return 0;
}

static void put_bits(const struct codec_wire *w, uint64_t bits, struct encode_image *image)
{
	unsigned n = image->count;

	if (codec_table_is_bits(w->table)) {
		image->values[0] = bits != 0;
		return;
	}
	if (w->bit_low >= 0) {
		uint16_t mask = (uint16_t)(((1u << (w->bit_high - w->bit_low + 1)) - 1) << w->bit_low);

		image->mask = mask == UINT16_MAX ? 0 : swapped(w, mask);
		bits = bits << w->bit_low & mask;
	}
	for (unsigned i = 0; i < n; i++)
		image->values[words_reversed(w) ? i : n - 1 - i] = swapped(w, (uint16_t)(bits >> 16 * i));
}

int encode_read(const struct codec_wire *w, const uint16_t *values, struct value *ret_value)
{
	if (codec_table_is_bits(w->table))
		return codec_decode_bit(w, values[0] != 0, ret_value);
	return codec_decode_registers(w, values, MAX((unsigned)w->registers, codec_type_registers(w->type)), ret_value);
}

/* The proof: it reads back as what it was. */
static int check(const struct codec_wire *w, const struct value *v, const struct encode_image *image)
{
	struct value back;
	double slack;

	if (encode_read(w, image->values, &back) != 0)
		return -ERANGE; /* it is one of the markers for "no value" */
	if (v->type != VALUE_NUMBER)
		return value_equal(v, &back) ? 0 : -ERANGE;
	slack = w->type == CODEC_F32 ? 1e-6 * fabs(v->number) : 1e-12 * fabs(v->number);
	return fabs(back.number - v->number) <= slack ? 0 : -EDOM;
}

int encode_value(const struct codec_wire *w, const struct value *v, struct encode_image *ret_image)
{
	struct encode_image image = { .table = w->table, .address = w->address };
	const char *why;
	uint64_t bits = 0;
	int r;

	if (!encode_can(w, &why))
		return -EINVAL;
	image.count = codec_table_is_bits(w->table)
			      ? 1
			      : (uint16_t)MAX((unsigned)w->registers, codec_type_registers(w->type));
	if (w->type == CODEC_STRING) {
		r = put_string(w, v, &image);
	} else {
		r = bits_of(w, v, &bits);
		if (r == 0)
			put_bits(w, bits, &image);
	}
	if (r == 0)
		r = check(w, v, &image);
	if (r == 0)
		*ret_image = image;
	return r;
}

bool encode_agrees(const struct encode_image *image, const uint16_t *values)
{
	if (image->mask)
		return (values[0] & image->mask) == (image->values[0] & image->mask);
	return memcmp(image->values, values, image->count * sizeof(*values)) == 0;
}
