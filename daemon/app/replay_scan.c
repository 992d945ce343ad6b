#include "app/replay_scan.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

#define EXACT_DIGITS 15 /* so many always fit a double's mantissa, and so does ten to that power */

/* Where the scan stands. A piece that it does not know sets bad: the rest is skipped. */
struct scan {
	char *at, *end;
	bool bad;
	struct replay_scan_text names[REPLAY_SCAN_FIELDS_MAX],
		values[REPLAY_SCAN_FIELDS_MAX]; /* values: those of texts */
};

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->bad || s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static void expect(struct scan *s, char c)
{
	if (!take(s, c))
		s->bad = true;
}

/* A text of plain ASCII. */
static struct replay_scan_text text(struct scan *s)
{
	struct replay_scan_text t;

	expect(s, '"');
	t.at = s->at;
	while (!s->bad && s->at < s->end && *s->at != '"' && *s->at >= ' ' && *s->at < 127 && *s->at != '\\')
		s->at++;
	t.len = (size_t)(s->at - t.at);
	if (s->bad || s->at == s->end || *s->at != '"')
		s->bad = true;
	else
		s->at++;
	return t;
}

static bool is(const struct replay_scan_text *t, const char *word)
{
	return strlen(word) == t->len && memcmp(t->at, word, t->len) == 0;
}

/* Digits; adds them to *number, which has so many already, and counts them. */
static int digits(struct scan *s, int before, int64_t *number)
{
	char *from = s->at;

	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		if (before + (s->at - from) < EXACT_DIGITS)
			*number = *number * 10 + (*s->at - '0');
	return (int)(s->at - from);
}

/* A number of few digits: whole part and decimals are exact, so is the one division. */
static double number(struct scan *s)
{
	static const double powers[EXACT_DIGITS + 1] = { 1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
							 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	int64_t n = 0;
	bool minus = take(s, '-');
	char *from = s->at;
	int whole = digits(s, 0, &n), decimals = 0;

	if (s->at < s->end && *s->at == '.') {
		s->at++;
		decimals = digits(s, whole, &n);
		s->bad |= decimals == 0;
	}
	/* "01" and "-" are mistakes, "-0" is for whoever knows whether it is a whole number; an exponent is rare. */
	s->bad |= whole == 0 || (whole > 1 && *from == '0') || whole + decimals > EXACT_DIGITS || (minus && n == 0) ||
		  (s->at < s->end && (*s->at == 'e' || *s->at == 'E'));
	if (s->bad)
		return 0;
	return (double)(minus ? -n : n) / powers[decimals];
}

static bool word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return false;
	s->at += len;
	return true;
}

static struct value value(struct scan *s, struct replay_scan_text *ret_text)
{
	skip_blanks(s);
	if (s->at < s->end && *s->at == '"') {
		*ret_text = text(s);
		return (struct value){ .type = VALUE_TEXT };
	}
	if (word(s, "true"))
		return value_bool(true);
	if (word(s, "false"))
		return value_bool(false);
	if (word(s, "null"))
		return (struct value){ .type = VALUE_NONE };
	return (struct value){ .type = VALUE_NUMBER, .number = number(s) };
}

static bool repeated(const struct scan *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (s->names[i].len == s->names[count].len &&
		    memcmp(s->names[i].at, s->names[count].at, s->names[i].len) == 0)
			return true;
	return false;
}

static void fields(struct scan *s, struct replay_scan *scan)
{
	size_t *count = &scan->field_count;

	expect(s, '{');
	if (take(s, '}'))
		return;
	do {
		if (*count == REPLAY_SCAN_FIELDS_MAX) {
			s->bad = true;
			return;
		}
		s->names[*count] = text(s);
		expect(s, ':');
		if (s->bad || repeated(s, *count)) {
			s->bad = true;
			return;
		}
		scan->fields[*count].value = value(s, &s->values[*count]);
		++*count;
	} while (take(s, ','));
	expect(s, '}');
}

static void member(struct scan *s, struct replay_scan *scan, unsigned *seen)
{
	struct replay_scan_text key = text(s);
	unsigned which = is(&key, "t") ? 1 : is(&key, "device") ? 2 : is(&key, "fields") ? 4 : 0;

	expect(s, ':');
	if (!which || (*seen & which))
		s->bad = true;
	if (s->bad)
		return;
	*seen |= which;
	skip_blanks(s);
	if (which == 4) {
		fields(s, scan);
	} else if (which == 2) {
		scan->device = text(s);
	} else if (s->at < s->end && *s->at == '"') {
		scan->t = text(s);
		s->bad |= scan->t.len == 0;
	} else {
		scan->seconds = number(s);
	}
}

/* The texts get their ends, over the quotes behind them. */
static void end_texts(const struct scan *s, struct replay_scan *scan)
{
	if (scan->t.len)
		scan->t.at[scan->t.len] = '\0';
	scan->device.at[scan->device.len] = '\0';
	for (size_t i = 0; i < scan->field_count; i++) {
		struct mapping_field *f = &scan->fields[i];

		s->names[i].at[s->names[i].len] = '\0';
		f->path = s->names[i].at;
		if (f->value.type != VALUE_TEXT)
			continue;
		s->values[i].at[s->values[i].len] = '\0';
		f->value = value_text(s->values[i].at);
	}
}

bool replay_scan(char *text, size_t len, struct replay_scan *ret_scan)
{
	struct scan s = { .at = text, .end = text + len };
	unsigned seen = 0;

	ret_scan->t.len = 0;
	ret_scan->seconds = 0;
	ret_scan->field_count = 0;
	expect(&s, '{');
	do
		member(&s, ret_scan, &seen);
	while (take(&s, ','));
	expect(&s, '}');
	skip_blanks(&s);
	if (s.bad || s.at != s.end || seen != 7)
		return false;
	end_texts(&s, ret_scan);
	return true;
}
