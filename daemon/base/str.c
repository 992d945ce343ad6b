#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"

/* ---- growing buffer ---- */

void str_buf_fini(struct str_buf *b)
{
	free(b->text);
	*b = (struct str_buf){ 0 };
}

void str_buf_clear(struct str_buf *b)
{
	b->len = 0;
	if (b->text)
		b->text[0] = '\0';
}

static void reserve(struct str_buf *b, size_t more)
{
	size_t room = MAX(b->room, (size_t)64);

	if (b->len + more < b->room)
		return;
	while (b->len + more >= room)
		room *= 2;
	b->text = mem_realloc(b->text, room, 1);
	b->room = room;
}

void str_buf_add_len(struct str_buf *b, const char *text, size_t len)
{
	reserve(b, len + 1);
	if (len)
		memcpy(b->text + b->len, text, len);
	b->len += len;
	b->text[b->len] = '\0';
}

void str_buf_add(struct str_buf *b, const char *text)
{
	str_buf_add_len(b, text, strlen(text));
}

void str_buf_vprintf(struct str_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		return;
	reserve(b, (size_t)len + 1);
	vsnprintf(b->text + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void str_buf_printf(struct str_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void str_buf_consume(struct str_buf *b, size_t len)
{
	if (!len)
		return;
	memmove(b->text, b->text + len, b->len - len + 1);
	b->len -= len;
}

char *str_buf_take(struct str_buf *b)
{
	char *text = b->text ? b->text : mem_strdup("");

	*b = (struct str_buf){ 0 };
	return text;
}

const char *str_buf_text(const struct str_buf *b)
{
	return b->text ? b->text : "";
}

/* ---- UTF-8 ---- */

/* Bytes of the valid character at s (RFC 3629), 0 when it is none. */
static size_t character_len(const unsigned char *s, size_t left)
{
	size_t len = s[0] < 0x80                   ? 1
		     : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		     : (s[0] & 0xf0) == 0xe0       ? 3
		     : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						   : 0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool str_is_utf8(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = character_len((const unsigned char *)s + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t str_utf8_cut(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);

	if (len <= max)
		return len;
	len = max;
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Up to the first byte that is more than itself. */
static size_t plain_len(const char *text)
{
	size_t len = 0;

	while ((unsigned char)text[len] >= 0x20 && (unsigned char)text[len] < 0x80 && text[len] != '"' &&
	       text[len] != '\\')
		len++;
	return len;
}

void str_buf_add_json(struct str_buf *b, const char *text)
{
	size_t len = strlen(text);

	str_buf_add(b, "\"");
	for (size_t i = 0; i < len;) {
		size_t plain = plain_len(text + i), n;
		unsigned char c;

		str_buf_add_len(b, text + i, plain);
		i += plain;
		if (i == len)
			break;
		c = (unsigned char)text[i];
		n = character_len((const unsigned char *)text + i, len - i);
		if (c == '"' || c == '\\')
			str_buf_printf(b, "\\%c", c);
		else if (c < 0x20)
			str_buf_printf(b, "\\u%04x", c);
		else if (n == 0)
			str_buf_add(b, "\xef\xbf\xbd");
		else
			str_buf_add_len(b, text + i, n);
		i += n ? n : 1;
	}
	str_buf_add(b, "\"");
}

/* ---- numbers ---- */

int str_to_i64(const char *s, int64_t *ret_value)
{
	bool negative = *s == '-';
	const char *digits = s + (*s == '-' || *s == '+');
	int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
	char *end;
	long long value;

	if (base == 16)
		digits += 2;
	if (base == 16 ? !isxdigit((unsigned char)*digits) : !isdigit((unsigned char)*digits))
		return -EINVAL;
	if (base == 16 && negative)
		return -EINVAL;
	errno = 0;
	value = strtoll(base == 16 ? digits : s, &end, base);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static int to_unsigned(const char *s, int64_t max, int64_t *ret_value)
{
	int64_t value;
	int r = str_to_i64(s, &value);

	if (r < 0)
		return r;
	if (value < 0 || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int str_to_u16(const char *s, uint16_t *ret_value)
{
	int64_t value;
	int r = to_unsigned(s, UINT16_MAX, &value);

	if (r == 0)
		*ret_value = (uint16_t)value;
	return r;
}

int str_to_u32(const char *s, uint32_t *ret_value)
{
	int64_t value;
	int r = to_unsigned(s, UINT32_MAX, &value);

	if (r == 0)
		*ret_value = (uint32_t)value;
	return r;
}

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

/* Numbers in files do not change with the process's locale. */
static double parse_double(const char *s, char **ret_end)
{
	pthread_once(&locale_once, make_locale);
	return strtod_l(s, ret_end, c_locale);
}

int str_to_double(const char *s, double *ret_value)
{
	const char *digits = s + (*s == '-' || *s == '+');
	char *end;
	double value;

	if (!isdigit((unsigned char)*digits) && *digits != '.')
		return -EINVAL; /* no blanks, no "inf", no "nan" */
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return -EINVAL;
	value = parse_double(s, &end);
	if (*end || end == s)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

const char *str_from_double(double value, char *buf)
{
	/* "10", not "1e+01", which is as exact and one digit shorter. */
	if (value > -1e15 && value < 1e15 && value == (double)(int64_t)value) {
		snprintf(buf, STR_DOUBLE_MAX, "%" PRId64, (int64_t)value);
		return buf;
	}
	for (int precision = 1; precision <= 17; precision++) {
		double back;

		snprintf(buf, STR_DOUBLE_MAX, "%.*g", precision, value);
		for (char *c = buf; *c; c++)
			if (*c == ',')
				*c = '.';
		if (str_to_double(buf, &back) == 0 && back == value)
			break;
	}
	return buf;
}

/* ---- durations and sizes ---- */

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{ "us", US }, { "ms", MS }, { "s", S }, { "m", MINUTE }, { "h", HOUR }, { "d", DAY }, { 0 },
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "kB", 1024 },
	{ "KB", 1024 },
	{ "MB", 1024 * 1024 },
	{ "GB", 1 << 30 },
	{ "KiB", 1024 },
	{ "MiB", 1024 * 1024 },
	{ "GiB", 1 << 30 },
	{ 0 },
};

/* The unit at the start of s: letters up to the next digit or the end. */
static const struct unit *unit_at(const struct unit *units, const char *s, size_t *ret_len)
{
	size_t len = 0;

	while (isalpha((unsigned char)s[len]))
		len++;
	for (; units->name; units++)
		if (strlen(units->name) == len && strncmp(units->name, s, len) == 0) {
			*ret_len = len;
			return units;
		}
	return NULL;
}

/* "90" or "1.5" of a unit. Whole numbers stay exact. */
static int of_unit(const char *number, const struct unit *u, int64_t *ret_value)
{
	int64_t whole;
	double value;

	if (!strchr(number, '.')) {
		int r = str_to_i64(number, &whole);

		if (r == 0 && __builtin_mul_overflow(whole, u->factor, ret_value))
			r = -ERANGE;
		return r;
	}
	if (str_to_double(number, &value) < 0)
		return -EINVAL;
	if (value * (double)u->factor > 9e18)
		return -ERANGE;
	*ret_value = (int64_t)llround(value * (double)u->factor);
	return 0;
}

/* "1h30m": numbers with units, one after the other. */
static int to_units(const char *s, const struct unit *units, int64_t *ret_value)
{
	int64_t total = 0;

	if (!*s)
		return -EINVAL;
	while (*s) {
		char number[32];
		size_t len = strspn(s, "0123456789."), unit_len;
		const struct unit *u;
		int64_t value = 0;
		int r;

		if (len == 0 || len >= sizeof(number))
			return -EINVAL;
		memcpy(number, s, len);
		number[len] = '\0';
		s += len;
		u = unit_at(units, s, &unit_len);
		if (!u)
			return -EINVAL;
		r = of_unit(number, u, &value);
		if (r < 0)
			return r;
		if (__builtin_add_overflow(total, value, &total))
			return -ERANGE;
		s += unit_len;
	}
	*ret_value = total;
	return 0;
}

int str_to_duration(const char *s, int64_t *ret_us)
{
	if (str_equal(s, "0")) {
		*ret_us = 0;
		return 0;
	}
	return to_units(s, duration_units, ret_us);
}

int str_to_size(const char *s, int64_t *ret_bytes)
{
	return to_units(s, size_units, ret_bytes);
}

const char *str_from_duration(int64_t us, char *buf)
{
	const struct unit *best = &duration_units[0];

	for (const struct unit *u = duration_units; u->name; u++)
		if (us % u->factor == 0 && (us / u->factor != 0 || us == 0))
			best = us == 0 ? &duration_units[2] : u;
	snprintf(buf, STR_DURATION_MAX, "%" PRId64 "%s", us / best->factor, best->name);
	return buf;
}

const char *str_from_age(int64_t us, char *buf)
{
	int64_t s = us / S;

	if (s < 90)
		snprintf(buf, STR_DURATION_MAX, "%" PRId64 " s", s);
	else if (s < 5400)
		snprintf(buf, STR_DURATION_MAX, "%" PRId64 " min", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, STR_DURATION_MAX, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, STR_DURATION_MAX, "%" PRId64 " d %" PRId64 " h", s / 86400, s % 86400 / 3600);
	return buf;
}

/* ---- names ---- */

static bool is_name(const char *s, const char *allowed)
{
	size_t len = strspn(s, allowed);

	return len > 0 && len <= 63 && s[len] == '\0' && s[0] != '_' && s[0] != '-';
}

bool str_is_id(const char *s)
{
	return is_name(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");
}

bool str_is_label(const char *s)
{
	return is_name(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}

bool str_match(const char *glob, const char *s)
{
	return !glob || !*glob || fnmatch(glob, s, 0) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

#define NEAREST_MAX 64 /* longer words get no suggestion */

/* Edit distance where a swap of neighbours is one edit (Damerau 1964, restricted: Wagner-Fischer with one more case). */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NEAREST_MAX || lb > NEAREST_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned cost = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);

			row[j] = MIN(MIN(row[j - 1], above[j]) + 1, above[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], above2[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

void str_nearest_try(struct str_nearest *n, const char *candidate)
{
	unsigned d = distance(n->word, candidate);
	unsigned limit = MAX((unsigned)strlen(n->word) / 3, 1u);

	if (d > limit || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
