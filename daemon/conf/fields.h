/* fields.h: one group of a file read by its schema: every key known, every value of its type and in its range, or an
 * error with place and expectation. What was wrong reads as its default afterwards, so that one mistake is one error.
 *
 * Values are lent from the file's tree. Never logs. */
#pragma once

#include "base/str.h"
#include "conf/conffile.h"
#include "conf/schema.h"

struct fields_value {
	const config_setting_t *setting; /* NULL: not said */
	const struct conffile *file;
	bool wrong; /* said, but an error was told */
	union {
		int64_t integer; /* SCHEMA_INT, SCHEMA_DURATION (us), SCHEMA_WORD (its number) */
		double number;
		bool boolean;
		const char *text;
	};
};

#define FIELDS_SUBJECT_MAX 200

struct fields {
	const struct schema_group *group;
	char subject[FIELDS_SUBJECT_MAX]; /* "device 'lift-1'", "profile 'p': point 'x'" */
	struct diag_at at;
	struct diag *diag;
	struct fields_value values[SCHEMA_KEYS_MAX];
};

struct fields_source {
	const struct schema_group *group;
	const config_setting_t *setting;
	const struct conffile *file;
	const char *parent; /* subject of the group around it, or NULL */
	const char *what;   /* what it is there, as "guidance"; NULL: as the schema says */
	size_t number;      /* from 1, in a list */
};

/* Reads the group. 0, or -EINVAL when a key is missing or wrong (the rest is read all the same). */
int fields_read(const struct fields_source *source, struct diag *d, struct fields *ret_fields);
/* Whether all keys that must be said are there and right: else the thing cannot be built. */
bool fields_complete(const struct fields *f);
/* What over says (and is right) replaces what f says, key by key. */
void fields_overlay(struct fields *f, const struct fields *over);

/* All below abort on a key that the schema does not have: a programmer's error. */
bool fields_said(const struct fields *f, const char *key); /* said, and right */
const struct fields_value *fields_get(const struct fields *f, const char *key);
struct diag_at fields_at(const struct fields *f, const char *key); /* its place, or that of the group */
/* The value, or the default; 0, false and NULL where there is neither. */
int64_t fields_int(const struct fields *f, const char *key); /* also durations and words */
double fields_number(const struct fields *f, const char *key);
bool fields_bool(const struct fields *f, const char *key);
const char *fields_text(const struct fields *f, const char *key); /* also ids and paths */

/* An error about that key: "<subject>: key = value: <text>". */
void fields_error(struct fields *f, const char *key, const char *fmt, ...) _printf_(3, 4);
/* About one entry of a list, from 0, at its own line. */
void fields_error_in(struct fields *f, const char *key, int entry, const char *fmt, ...) _printf_(4, 5);
void fields_warning(struct fields *f, const char *key, const char *fmt, ...) _printf_(3, 4);

/* How a setting's value is written: 300, "x", { … }; cut to a handy length. */
void fields_show(const config_setting_t *s, struct str_buf *to);
