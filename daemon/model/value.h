/* value.h: a value with its type, and how far it can be trusted. Pure; by value everywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum value_type {
	VALUE_NONE, /* nothing was ever read: null */
	VALUE_NUMBER,
	VALUE_BOOL,
	VALUE_TEXT,
	VALUE_EVENT, /* something happened at that moment; text says what (a card's number), or is empty */
};

#define VALUE_TEXT_MAX 64 /* bytes with the end; longer texts are cut between characters */

struct value {
	enum value_type type;
	union {
		double number;
		bool boolean;
		char text[VALUE_TEXT_MAX];
	};
};

/* good; stale: older than max_age; bad: the device answered an error; lost: its bus, unit or plugin is down;
 * suspect: implausible or not yet confirmed. Before its first reading a point is lost with VALUE_NONE. */
enum quality { QUALITY_GOOD, QUALITY_STALE, QUALITY_BAD, QUALITY_LOST, QUALITY_SUSPECT };

const char *value_type_name(enum value_type t);                    /* number bool text event; "none" */
int value_type_parse(const char *name, enum value_type *ret_type); /* -EINVAL */
const char *value_quality_name(enum quality q);                    /* good stale bad lost suspect */
int value_quality_parse(const char *name, enum quality *ret_quality);

struct value value_number(double number);
struct value value_bool(bool boolean);
struct value value_text(const char *text);                      /* cut to fit */
struct value value_event(const char *what);                     /* "" where there is nothing to say */
bool value_equal(const struct value *a, const struct value *b); /* two events are never equal */
bool value_true(const struct value *v);                         /* bool true, number not 0, event */
/* For texts and messages: "21.5", "true", the text itself, "null"; appended. */
void value_format(const struct value *v, struct str_buf *to);
