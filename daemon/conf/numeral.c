/* numeral.c: see numeral.h. */
#include "conf/numeral.h"

#include <string.h>

#include "base/util.h"

/* Length of the run of those characters. */
static size_t run(const char *at, const char *end, const char *of)
{
	size_t len = 0;

	while (at + len < end && at[len] && strchr(of, at[len]))
		len++;
	return len;
}

static bool is_any(const char *at, const char *end, const char *of)
{
	return at < end && *at && strchr(of, *at);
}

/* L or LL. */
static size_t suffix_len(const char *at, const char *end)
{
	return MIN(run(at, end, "L"), (size_t)2);
}

/* e, E, a sign, and at least one digit. */
static size_t exponent_len(const char *at, const char *end)
{
	const char *digits = at + 1;

	if (!is_any(at, end, "eE"))
		return 0;
	digits += is_any(digits, end, "+-");
	return run(digits, end, "0123456789") ? (size_t)(digits - at) + run(digits, end, "0123456789") : 0;
}

static size_t hex_len(const char *at, const char *end)
{
	size_t digits;

	if (end - at < 3 || at[0] != '0' || !is_any(at + 1, end, "xX"))
		return 0;
	digits = run(at + 2, end, "0123456789abcdefABCDEF");
	return digits ? 2 + digits + suffix_len(at + 2 + digits, end) : 0;
}

size_t numeral_len(const char *at, const char *end, bool *ret_real)
{
	const char *c = at + is_any(at, end, "+-");
	size_t digits = run(c, end, "0123456789"), hex = hex_len(at, end);

	*ret_real = false;
	if (hex)
		return hex;
	c += digits;
	if (is_any(c, end, ".")) {
		c += 1 + run(c + 1, end, "0123456789");
		*ret_real = true;
		return (size_t)(c - at) + exponent_len(c, end);
	}
	if (digits == 0)
		return 0;
	if (exponent_len(c, end)) {
		*ret_real = true;
		return (size_t)(c - at) + exponent_len(c, end);
	}
	return (size_t)(c - at) + suffix_len(c, end);
}
