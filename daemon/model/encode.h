/* encode.h: values to registers and coils: what is written where. Pure; the counterpart of codec.h.
 *
 * Whatever comes out reads back by codec.h as the value that went in: what cannot is refused, never rounded. */
#pragma once

#include "model/codec.h"

#define ENCODE_REGISTERS 32 /* of the widest value that can be written: a text */

/* What the wire is to carry. */
struct encode_image {
	enum codec_table table; /* holding or coil */
	uint16_t address, count;
	uint16_t values[ENCODE_REGISTERS]; /* of a coil 0 or 1 */
	uint16_t mask; /* of one register only these bits, the others stay (function 22); 0: all of it */
};

/* Whether a point of this wire can be written at all; *ret_why (static): why not. */
bool encode_can(const struct codec_wire *w, const char **ret_why);
/* 0; -EINVAL: it is no value of this point; -ERANGE: it does not fit on the wire; -EDOM: it lies between two steps of the
 * scale. */
int encode_value(const struct codec_wire *w, const struct value *v, struct encode_image *ret_image);
/* Whether what was read there is what was to be written. */
bool encode_agrees(const struct encode_image *image, const uint16_t *values);
/* The value that stands there: as codec_decode_registers and codec_decode_bit. */
int encode_read(const struct codec_wire *w, const uint16_t *values, struct value *ret_value);
