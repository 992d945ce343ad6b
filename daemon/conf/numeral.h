/* numeral.h: where a number of libconfig's syntax ends: 502, -1, 0x1F, 3L, 0.5, 1e-3. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Length of the number that begins at at; 0: none does. *ret_real: it has a point or an exponent. */
size_t numeral_len(const char *at, const char *end, bool *ret_real);
