/* guess.h: how registers would have to be read to give a number that is known from the device's own display. Pure.
 *
 * Every numeric type, order and power of ten that comes near is proposed, the likeliest first: exact before near, then what
 * is plain (whole numbers, the standard's own order, no scale, all that was read) before what is far-fetched. */
#pragma once

#include "model/codec.h"

#define GUESS_MAX 12

struct guess {
	uint16_t index; /* of the first register, counted from the first that was read */
	enum codec_type type;
	enum codec_order order;
	int8_t half; /* of u8 and i8: 0 the lower, 1 the upper; else -1 */
	double scale, value;
	bool exact;  /* as many digits of it as were given */
	double cost; /* how far-fetched: less is better */
};

/* The best, at most GUESS_MAX and max; returns how many. wanted as it was given: "23.5" is anything that rounds to it; what
 * is within 1 % of it is near. */
size_t guess_find(const uint16_t *regs, size_t count, double wanted, struct guess *ret_guesses);
