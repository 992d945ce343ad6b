/* codec.h: registers and bits to values. Pure; the only place that knows byte orders. Never reads past what it is given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

enum codec_table { CODEC_TABLE_NONE, CODEC_COIL, CODEC_DISCRETE, CODEC_INPUT, CODEC_HOLDING };

/* Types on the wire. bit: one bit of a register, or a coil. */
enum codec_type {
	CODEC_BIT,
	CODEC_U8,
	CODEC_I8,
	CODEC_U16,
	CODEC_I16,
	CODEC_U32,
	CODEC_I32,
	CODEC_U64,
	CODEC_I64,
	CODEC_F32,
	CODEC_F64,
	CODEC_BCD16,
	CODEC_BCD32,
	CODEC_STRING,
	CODEC_ANY, /* bool: whether any field of a bank of small fields of bits has a certain number (a detector is in fire) */
	CODEC_WHICH /* text: which of them have it, counted from 1: "3 17"; empty: none */
};

/* Order of the bytes on the wire; a is the most significant of a 32-bit value 0xaabbccdd. In words that hold for every
 * width: abcd is Modbus's own; cdab has the registers reversed; badc has the two bytes of each register swapped; dcba
 * has both. So a 64-bit abcdefgh stands as abcdefgh, ghefcdab, badcfehg, hgfedcba; a 16-bit ab as ab, ab, ba, ba.
 * In a string the registers are never reversed: cdab reads as abcd, dcba as badc. */
enum codec_order { CODEC_ABCD, CODEC_CDAB, CODEC_BADC, CODEC_DCBA };

struct codec_text {
	int64_t raw;
	const char *text;
};

/* How one point stands on the wire. By value in profiles and plans. */
struct codec_wire {
	enum codec_table table;
	uint16_t address; /* zero-based */
	enum codec_type type;
	enum codec_order order;
	int8_t bit_low, bit_high; /* ".11": both 11; ".4-7"; ".lo": 0-7; ".hi": 8-15; -1: the whole register */
	uint8_t registers;        /* registers (or coils) it covers, from 1 */
	double scale, offset;     /* value = raw * scale + offset, to 15 digits; 1 and 0 where not said */
	bool invert;              /* of bits */
	const int64_t *invalid;   /* raw markers "no value" (0x8000): read as suspect */
	size_t invalid_count;
	uint8_t field_bits; /* any, which: 1, 2, 4, 8 or 16; the first field is the lowest bits of the first register */
	uint16_t field_equals;          /* any, which: the number that is looked for */
	const struct codec_text *texts; /* values = ( (0, "normal"), … ); the point is a text then */
	size_t text_count;
};

/* Parses "holding:1.11", "coil:3", "input:10.hi"; fills table, address (base already subtracted) and bits only.
 * 0, or -EINVAL with *ret_expected (static text: what was expected). */
int codec_parse_at(const char *at, int base, struct codec_wire *ret_wire, const char **ret_expected);
int codec_parse_type(const char *name, enum codec_type *ret_type);    /* u16 i16 u32 … f32 bcd16 string bit */
int codec_parse_order(const char *name, enum codec_order *ret_order); /* abcd cdab badc dcba */
unsigned codec_type_registers(enum codec_type t);                     /* 1, 2 or 4; 1 of what has its own length */
bool codec_type_has_length(enum codec_type t); /* string, any, which: so many registers as the point says */
const char *codec_table_name(enum codec_table t);
const char *codec_type_name(enum codec_type t);
const char *codec_order_name(enum codec_order o);
bool codec_table_is_bits(enum codec_table t); /* coils and discrete inputs */
/* The type a point of this wire has: bool, number or text. */
enum value_type codec_value_type(const struct codec_wire *w);

/* How many values the raw number has before it begins anew at 0: 65536 of a u16, 10000 of a bcd16, 256 of a half. 0: it
 * does not (a float), or is no number. */
double codec_span(const struct codec_wire *w);
/* The bits that a marker of this number has on the wire: of a float its own pattern (-9999.0 of an f32 is 0xc61c3c00).
 * -ERANGE: it is no f32, -EINVAL: the type is no float. */
int codec_float_marker(enum codec_type t, double number, int64_t *ret_raw);

/* Registers as host integers, regs[0] at w->address; count at least w->registers (else -EINVAL).
 * 0 and a value; 1 when the invalid marker, a NaN, a BCD digit above 9 or a text that is not UTF-8 was read (value
 * untouched: quality is suspect). A raw value that the texts do not name is its number as text. */
int codec_decode_registers(const struct codec_wire *w, const uint16_t *regs, size_t count, struct value *ret_value);
int codec_decode_bit(const struct codec_wire *w, bool bit, struct value *ret_value);
