/* sdk_options.h: the options of a plugin, from hello.options into a struct, checked by one table that is also the help.
 * Pure but for allocation; the caller owns the struct and ends it with sdk_options_fini.
 *
 * All mistakes are told, not the first: "option 'ack' = "brokr": expected one of: broker, application; did you mean
 * 'broker'?" */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sdk_option_type {
	SDK_OPTION_TEXT,     /* char *, NULL when not given and without a default */
	SDK_OPTION_WORD,     /* int, index into words */
	SDK_OPTION_INTEGER,  /* int64_t */
	SDK_OPTION_BOOLEAN,  /* bool */
	SDK_OPTION_DURATION, /* int64_t, microseconds; "500ms", "90s", "10m", "2h" */
	SDK_OPTION_LIST,     /* of words, or one: only checked, for it is the daemon that acts on it */
	SDK_OPTION_TEXTS,    /* char **, ended by NULL; NULL when not given */
};

struct sdk_option {
	const char *name; /* NULL ends the table */
	enum sdk_option_type type;
	bool required;
	const char *fallback; /* the default as one would write it; NULL: none (0, false, first word) */
	size_t offset;        /* offsetof(struct …, member) */
	const char *words;    /* of SDK_OPTION_WORD and LIST, separated by spaces */
	int64_t min, max;     /* of INTEGER and DURATION; both 0: any */
	/* Of TEXT: NULL if the value is fine, else what was expected. */
	const char *(*check)(const char *value);
	const char *help;
};

#define SDK_OPTIONS_PROBLEMS_MAX 4096
struct sdk_options_problems {
	char text[SDK_OPTIONS_PROBLEMS_MAX]; /* "…; …" */
	size_t len;
	unsigned count;
};

/* options may be NULL or JSON null (none given). 0, or -EINVAL with the problems told. Members already set are freed by
 * sdk_options_fini in both cases; the struct must be zeroed before. */
int sdk_options_read(const struct sdk_option *table, const json_t *options, void *settings,
		     struct sdk_options_problems *problems);
void sdk_options_fini(const struct sdk_option *table, void *settings);
/* "90s" → microseconds; 0 or -EINVAL. */
int sdk_options_duration(const char *text, int64_t *ret_us);
/* For --help: a table on stdout. */
void sdk_options_print(const struct sdk_option *table);
/* For --options: the same as JSON, which `estated --check` compares a configuration with. */
void sdk_options_print_json(const struct sdk_option *table);
