#include "sdk/sdk_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define NAME_MAX_LEN 32 /* of names and words that are compared */
#define TEXTS_MAX    64 /* of a list */

static void __attribute__((format(printf, 2, 3))) problem(struct sdk_options_problems *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	p->count++;
	if (p->len && p->len + 3 < sizeof(p->text)) {
		memcpy(p->text + p->len, "; ", 3);
		p->len += 2;
	}
	va_start(ap, fmt);
	n = vsnprintf(p->text + p->len, sizeof(p->text) - p->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n;
	if (p->len >= sizeof(p->text))
		p->len = sizeof(p->text) - 1;
}

static int min3(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance with swaps of neighbours ("ulr" is one away from "url"); 99 for what is too long to be compared. */
static int distance(const char *a, size_t a_len, const char *b)
{
	int d[NAME_MAX_LEN + 1][NAME_MAX_LEN + 1];
	size_t b_len = strlen(b);

	if (a_len > NAME_MAX_LEN || b_len > NAME_MAX_LEN)
		return 99;
	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = (int)i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = (int)j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			int change = a[i - 1] == b[j - 1] ? 0 : 1;

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min3(d[i][j], d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

struct nearest {
	const char *word; /* what was written */
	char best[NAME_MAX_LEN + 1];
	int distance;
};

static void nearest_offer(struct nearest *n, const char *candidate, size_t len)
{
	int limit = (int)strlen(n->word) / 3;
	int d = distance(candidate, len, n->word);

	if (d > (limit > 1 ? limit : 1) || (n->best[0] && d >= n->distance))
		return;
	memcpy(n->best, candidate, len);
	n->best[len] = '\0';
	n->distance = d;
}

static const char *nearest_text(const struct nearest *n, char *buf, size_t room)
{
	snprintf(buf, room, n->best[0] ? "; did you mean '%s'?" : "%s", n->best);
	return buf;
}

int sdk_options_duration(const char *text, int64_t *ret_us)
{
	static const struct {
		const char *unit;
		int64_t us;
	} units[] = { { "ms", SDK_CLOCK_MS },
		      { "s", SDK_CLOCK_S },
		      { "m", 60 * SDK_CLOCK_S },
		      { "h", 3600 * SDK_CLOCK_S },
		      { "d", 86400 * SDK_CLOCK_S } };
	size_t digits = strspn(text, "0123456789");
	int64_t value = 0;

	if (digits == 0 || digits > 9)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + digits, units[i].unit) == 0 && value <= INT64_MAX / units[i].us) {
			*ret_us = value * units[i].us;
			return 0;
		}
	return -EINVAL;
}

/* What a value looks like in a message: as written, cut between characters. */
static const char *shown(const json_t *value, char *buf, size_t room)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	size_t len = text ? strlen(text) : 0;

	if (len >= room)
		for (len = room - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	snprintf(buf, room, "%.*s", (int)len, text ? text : "");
	free(text);
	return buf;
}

struct row {
	const struct sdk_option *option;
	const json_t *value;
	void *target;
	struct sdk_options_problems *problems;
};

static void expected(const struct row *row, const char *what)
{
	char buf[96];

	problem(row->problems, "option '%s' = %s: expected %s", row->option->name, shown(row->value, buf, sizeof(buf)),
		what);
}

static void read_text(const struct row *row)
{
	const char *text = json_string_value(row->value), *wanted = NULL;

	if (!text) {
		expected(row, "a text in quotes");
		return;
	}
	if (row->option->check)
		wanted = row->option->check(text);
	if (wanted) {
		expected(row, wanted);
		return;
	}
	*(char **)row->target = strdup(text);
	if (!*(char **)row->target)
		abort();
}

static void read_word(const struct row *row)
{
	const char *text = json_string_value(row->value), *word = row->option->words;
	char wanted[256] = "one of:", hint[64];
	struct nearest near = { .word = text ? text : "" };

	for (int i = 0; *word; i++) {
		size_t len = strcspn(word, " ");
		size_t used = strlen(wanted);

		if (text && strlen(text) == len && memcmp(text, word, len) == 0) {
			*(int *)row->target = i;
			return;
		}
		nearest_offer(&near, word, len);
		snprintf(wanted + used, sizeof(wanted) - used, "%s %.*s", i ? "," : "", (int)len, word);
		word += len + (word[len] == ' ');
	}
	snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s", nearest_text(&near, hint, 64));
	expected(row, wanted);
}

static bool in_range(const struct sdk_option *o, int64_t value)
{
	return (o->min == 0 && o->max == 0) || (value >= o->min && value <= o->max);
}

static void read_integer(const struct row *row)
{
	const struct sdk_option *o = row->option;
	char wanted[96] = "a whole number";

	if (o->min || o->max)
		snprintf(wanted, sizeof(wanted), "a whole number %lld..%lld", (long long)o->min, (long long)o->max);
	if (!json_is_integer(row->value) || !in_range(o, json_integer_value(row->value))) {
		expected(row, wanted);
		return;
	}
	*(int64_t *)row->target = json_integer_value(row->value);
}

static void read_boolean(const struct row *row)
{
	if (json_is_boolean(row->value))
		*(bool *)row->target = json_is_true(row->value);
	else
		expected(row, "true or false");
}

static void read_duration(const struct row *row)
{
	const struct sdk_option *o = row->option;
	const char *text = json_string_value(row->value);
	char wanted[96] = "a duration such as \"90s\"";
	int64_t us;

	if (o->min || o->max)
		snprintf(wanted, sizeof(wanted), "a duration such as \"90s\", from %lld ms to %lld s",
			 (long long)(o->min / SDK_CLOCK_MS), (long long)(o->max / SDK_CLOCK_S));
	if (!text || sdk_options_duration(text, &us) < 0 || !in_range(o, us)) {
		expected(row, wanted);
		return;
	}
	*(int64_t *)row->target = us;
}

static bool is_word(const char *text, const char *words)
{
	size_t len = text ? strlen(text) : 0;

	for (const char *word = words; text && *word; word += strspn(word, " ")) {
		if (strcspn(word, " ") == len && memcmp(word, text, len) == 0)
			return true;
		word += strcspn(word, " ");
	}
	return false;
}

static void read_list(const struct row *row)
{
	bool fine = json_is_array(row->value) || is_word(json_string_value(row->value), row->option->words);
	char wanted[256];
	const json_t *word;
	size_t i;

	json_array_foreach(row->value, i, word) fine = fine && is_word(json_string_value(word), row->option->words);
	if (fine)
		return;
	snprintf(wanted, sizeof(wanted), "a list of words of: %s", row->option->words);
	expected(row, wanted);
}

static void read_texts(const struct row *row)
{
	size_t count = json_array_size(row->value), i;
	bool fine = json_is_array(row->value) && count <= TEXTS_MAX;
	const json_t *text;
	char **texts;

	json_array_foreach(row->value, i, text) fine = fine && json_is_string(text);
	if (!fine) {
		expected(row, "a list of texts in quotes");
		return;
	}
	texts = calloc(count + 1, sizeof(*texts));
	if (!texts)
		abort();
	json_array_foreach(row->value, i, text) texts[i] = strdup(json_string_value(text));
	*(char ***)row->target = texts;
}

static void free_texts(char **texts)
{
	for (char **text = texts; text && *text; text++)
		free(*text);
	free(texts);
}

static const struct {
	const char *name;
	void (*read)(const struct row *row);
} types[] = {
	[SDK_OPTION_TEXT] = { "text", read_text },
	[SDK_OPTION_WORD] = { "word", read_word },
	[SDK_OPTION_INTEGER] = { "integer", read_integer },
	[SDK_OPTION_BOOLEAN] = { "boolean", read_boolean },
	[SDK_OPTION_DURATION] = { "duration", read_duration },
	[SDK_OPTION_LIST] = { "list", read_list },
	[SDK_OPTION_TEXTS] = { "list", read_texts },
};

/* A default goes the way of a given value, so it is checked by the same code. */
static json_t *fallback_value(const struct sdk_option *o)
{
	if (o->type == SDK_OPTION_INTEGER)
		return json_integer(strtoll(o->fallback, NULL, 10));
	if (o->type == SDK_OPTION_BOOLEAN)
		return json_boolean(strcmp(o->fallback, "true") == 0);
	return json_string(o->fallback);
}

static void read_option(const struct sdk_option *o, const json_t *options, void *settings,
			struct sdk_options_problems *problems)
{
	json_t *given = json_object_get(options, o->name);
	json_t *value = given ? json_incref(given) : NULL;

	if (!value && o->required) {
		problem(problems, "option '%s' is missing: expected %s", o->name, o->help);
		return;
	}
	if (!value && o->fallback)
		value = fallback_value(o);
	if (!value)
		return;
	types[o->type].read(&(struct row){ o, value, (char *)settings + o->offset, problems });
	json_decref(value);
}

static void refuse_unknown(const struct sdk_option *table, const char *name, struct sdk_options_problems *problems)
{
	struct nearest near = { .word = name };
	char hint[64];

	for (const struct sdk_option *o = table; o->name; o++) {
		if (strcmp(o->name, name) == 0)
			return;
		nearest_offer(&near, o->name, strlen(o->name));
	}
	problem(problems, "there is no option '%.80s'%s", name, nearest_text(&near, hint, sizeof(hint)));
}

int sdk_options_read(const struct sdk_option *table, const json_t *options, void *settings,
		     struct sdk_options_problems *problems)
{
	const char *name;
	json_t *value;

	if (options && !json_is_null(options) && !json_is_object(options)) {
		problem(problems, "options: expected an object { … }");
		return -EINVAL;
	}
	json_object_foreach((json_t *)options, name, value)
	{
		refuse_unknown(table, name, problems);
	}
	for (const struct sdk_option *o = table; o->name; o++)
		read_option(o, options, settings, problems);
	return problems->count ? -EINVAL : 0;
}

void sdk_options_fini(const struct sdk_option *table, void *settings)
{
	for (const struct sdk_option *o = table; o->name; o++) {
		void *target = (char *)settings + o->offset;

		if (o->type == SDK_OPTION_TEXT) {
			free(*(char **)target);
			*(char **)target = NULL;
		} else if (o->type == SDK_OPTION_TEXTS) {
			free_texts(*(char ***)target);
			*(char ***)target = NULL;
		}
	}
}

void sdk_options_print(const struct sdk_option *table)
{
	printf("%-14s %-11s %-16s %s\n", "option", "type", "default", "meaning");
	for (const struct sdk_option *o = table; o->name; o++) {
		printf("%-14s %-11s %-16s %s", o->name, types[o->type].name,
		       o->required   ? "(required)"
		       : o->fallback ? o->fallback
				     : "-",
		       o->help);
		if (o->words)
			printf(": %s", o->words);
		printf("\n");
	}
}

void sdk_options_print_json(const struct sdk_option *table)
{
	json_t *list = json_array();

	for (const struct sdk_option *o = table; o->name; o++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s?, s:s?, s:I, s:I, s:s}", "name", o->name,
						      "type", types[o->type].name, "required", o->required, "default",
						      o->fallback, "words", o->words, "min", (json_int_t)o->min, "max",
						      (json_int_t)o->max, "help", o->help));
	json_dumpf(list, stdout, JSON_INDENT(1));
	printf("\n");
	json_decref(list);
}
