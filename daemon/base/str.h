/* str.h: strings: a growing buffer, strict number conversion, names, suggestions. Pure; never logs. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"

/* A string that grows. Zero-initialised is empty; text is NULL until something was added. Owned by the caller. */
struct str_buf {
	char *text;
	size_t len, room;
};

void str_buf_fini(struct str_buf *b);
void str_buf_clear(struct str_buf *b);
void str_buf_add(struct str_buf *b, const char *text);
void str_buf_add_len(struct str_buf *b, const char *text, size_t len);
void str_buf_printf(struct str_buf *b, const char *fmt, ...) _printf_(2, 3);
void str_buf_vprintf(struct str_buf *b, const char *fmt, va_list ap) _printf_(2, 0);
void str_buf_consume(struct str_buf *b, size_t len); /* drops the first len bytes */
char *str_buf_take(struct str_buf *b);               /* never NULL; the caller frees; b is empty after */
const char *str_buf_text(const struct str_buf *b);   /* never NULL; lent */
void str_buf_add_json(struct str_buf *b,
		      const char *text); /* adds a quoted JSON string; invalid UTF-8 becomes U+FFFD */

/* Conversions of the whole string: 0, -EINVAL (not a number, or something behind it) or -ERANGE. Locale plays no part. */
int str_to_i64(const char *s, int64_t *ret_value); /* decimal or 0x… */
int str_to_u16(const char *s, uint16_t *ret_value);
int str_to_u32(const char *s, uint32_t *ret_value);
int str_to_double(const char *s, double *ret_value); /* finite only */
/* A duration with unit: "500ms" "90s" "10m" "2h" "60d" (also "1h30m"); microseconds. -EINVAL without a unit, but "0" is fine. */
int str_to_duration(const char *s, int64_t *ret_us);
/* A size with unit: "512B" "64kB" "512MB" "2GB" (powers of 1024); bytes. */
int str_to_size(const char *s, int64_t *ret_bytes);
/* Shortest exact form: "90s", "1m30s" is written "90s"; "10m", "2h", "60d", "500ms". buf of STR_DURATION_MAX. */
#define STR_DURATION_MAX 32
const char *str_from_duration(int64_t us, char *buf);
/* For people: "26 min", "3 h 5 min", "2 d 4 h", "12 s". */
const char *str_from_age(int64_t us, char *buf);
/* Shortest decimal text that reads back as the same double, always with '.', e.g. "21.5", "3", "1e+30". */
#define STR_DOUBLE_MAX 32
const char *str_from_double(double value, char *buf);

bool str_is_id(const char *s);    /* [a-z0-9][a-z0-9_-]*, at most 63 */
bool str_is_label(const char *s); /* the same, capitals too */
bool str_is_utf8(const char *s, size_t len);
size_t str_utf8_cut(const char *s, size_t max);  /* length <= max that does not split a character */
bool str_match(const char *glob, const char *s); /* * ? [a-z]; NULL or "" matches all */
bool str_starts(const char *s, const char *prefix);
/* Which form goes behind that number: str_plural(n, "bus", "buses"). */
static inline const char *str_plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}
static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The candidate nearest to word (edit distance with swaps, at most a third of its length, at least 1), or NULL. Lent. */
struct str_nearest {
	const char *word, *best;
	unsigned distance;
};
void str_nearest_try(struct str_nearest *n, const char *candidate);

#define _cleanup_str_buf_ _cleanup_(str_buf_fini)
