/* out.h: how answers are written: text for people, JSON and CSV for programs, behind one table of functions. One thread.
 *
 * JSON is the API's own answer, unchanged. CSV has the keys of the API as its head (RFC 4180). Text is a table that a
 * person reads: columns aligned by what a terminal shows. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctl/words.h"

enum out_align { OUT_LEFT, OUT_RIGHT };

/* A column of a text table. Titles and legends are in English, marked with N_(). */
struct out_column {
	const char *title;
	enum out_align align;
	const char *key; /* of the row: its value is shown, unless there is: */
	void (*show)(const json_t *row, enum words_language l, struct str_buf *to);
	const char *legend; /* what it means, for -v */
	size_t width;       /* at least, where rows come one by one */
};

struct out_table {
	const struct out_column *columns; /* a row without a title ends them */
	const char *const *keys;          /* for CSV, NULL ends them */
	const char *none;                 /* what text says when there is no row; N_() */
	/* How a terminal colours the first cell of a row (SGR: "1;31") or NULL; may be NULL. */
	const char *(*color)(const json_t *row);
};

struct out;
struct out_writer {
	const char *name;
	/* rows is an array; body the answer as it came. */
	void (*list)(const struct out *o, const struct out_table *t, const char *body, const json_t *rows);
	void (*object)(const struct out *o, const struct out_table *t, const char *body, const json_t *row);
	/* One of an endless row of things, written out at once. */
	void (*event)(const struct out *o, const struct out_table *t, const char *body, const json_t *row);
	void (*event_head)(const struct out *o, const struct out_table *t);
};

struct out {
	const struct out_writer *writer;
	FILE *to;
	enum words_language language;
	bool legend, color;
};

extern const struct out_writer out_text_writer, out_json_writer, out_csv_writer;
const struct out_writer *out_find_writer(const char *name); /* text json csv; or NULL */

/* Appends a value as a reader takes it: a text without quotes, a text in two languages in his own, null as nothing. */
void out_value(const json_t *value, enum words_language l, struct str_buf *to);
/* For a column: a list of words, with blanks between them. */
void out_words(const json_t *row, const char *key, struct str_buf *to);
/* For a column: the value of a point or reading with its unit. */
void out_reading(const json_t *row, enum words_language l, struct str_buf *to);
/* A line for a person, with nothing in it that steers the terminal. */
void out_say(const struct out *o, const char *fmt, ...) _printf_(2, 3);
void out_csv_field(struct str_buf *to, const char *text); /* quoted where it must be */
