/* build_bank.h: one entry of a profile's points that says `repeat`: equal points at equal distances. */
#pragma once

#include "conf/build.h"

/* Where the points stand: so many registers, or bits, from one to the next. */
struct build_bank {
	int64_t count, registers;
	unsigned bits; /* 0: each point has registers of its own */
};

/* Reads what a point's entry says of it; first is the point as it is said once. 0, or -EINVAL: the mistake was told. */
int build_bank_read(struct build *b, const struct fields *point, const struct profile_point *first,
		    struct build_bank *ret_bank);
/* Makes the i-th of them, from 0, out of the first: name and address. */
void build_bank_place(struct build *b, const struct build_bank *bank, int64_t i, struct profile_point *first);
