/* block.h: a dwelling's state as the bytes that are kept beyond a kill: a head that says what they are, then struct home_state. Pure.
 * What was written by a program whose state is another is refused, never misread. */
#pragma once

#include "care/home.h"

/* One more with each change of struct home_state, or of what it means; but not for what was spare, where 0 says nothing. */
#define BLOCK_VERSION 2

struct block {
	uint32_t magic, version, len, crc; /* of the state */
	struct home_state state;
};

void block_fill(struct block *b, const struct home_state *s);
/* 0; -EBADMSG: not whole; -EPROTO: of another version. */
int block_check(const void *bytes, size_t len);
