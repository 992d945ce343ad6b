/* settings.h: the figures of the rules about people: default, then what the rule says (`settings: { … }` in the
 * configuration), then what the resident's row says ("welfare.buffer=3h"). One table (settings.c) is default, range, unit, help. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "care/concern.h"

/* One for each row of the table; durations in us, all else as the row's unit says. Append within a rule as you need. */
enum settings_key {
	SETTINGS_WELFARE_BUFFER,     /* beyond the longest quiet */
	SETTINGS_WELFARE_LEARN_MIN,  /* how long the fixed limit holds at first */
	SETTINGS_WELFARE_COLD_LIMIT, /* that limit */
	SETTINGS_WELFARE_PROMPT_FOR, /* stage 1 */
	SETTINGS_WELFARE_DESK_FOR,   /* stage 2, until 3 */
	SETTINGS_WELFARE_AWAY_AFTER, /* the door, then nothing inside for so long */
	SETTINGS_WELFARE_SOURCES,    /* so many of them silent: call out (cross.h) */
	SETTINGS_WELFARE_HOT,        /* degrees C */
	SETTINGS_WELFARE_COLD,
	SETTINGS_WELFARE_HARSH_FOR,
	SETTINGS_BATHROOM_BUFFER,
	SETTINGS_BATHROOM_BUFFER_DISABLED,
	SETTINGS_BATHROOM_AT_LEAST,
	SETTINGS_BATHROOM_COLD_LIMIT,
	SETTINGS_BATHROOM_PROMPT_FOR,
	SETTINGS_NO_START_BUFFER,
	SETTINGS_NO_START_COLD, /* minutes after midnight */
	SETTINGS_LONG_ABSENCE_FIRST,
	SETTINGS_LONG_ABSENCE_SECOND,
	SETTINGS_LONG_ABSENCE_UNKNOWN, /* the door moved meanwhile, and nothing inside since */
	SETTINGS_NIGHT_FROM,           /* minutes after midnight; night exit and bed */
	SETTINGS_NIGHT_TO,
	SETTINGS_NIGHT_EXIT_FOR,
	SETTINGS_BED_FOR,
	SETTINGS_BED_FOR_ELSEWHERE,
	SETTINGS_DRIFT_K,
	SETTINGS_DRIFT_H,
	SETTINGS_DRIFT_DAYS,
	SETTINGS_STOVE_FOR,
	SETTINGS_STOVE_QUIET,
	SETTINGS_STOVE_WATTS_LEAST, /* where an appliance says watts: between them it is a stove that is on */
	SETTINGS_STOVE_WATTS_MOST,
	SETTINGS_NO_UTILITY_FOR,
	SETTINGS_WEARABLE_HR_LOW,
	SETTINGS_WEARABLE_HR_HIGH,
	SETTINGS_WEARABLE_OFF_FOR,
	SETTINGS_WEARABLE_BATTERY,
	SETTINGS_VISIT_LATE_FIRST,
	SETTINGS_VISIT_LATE_SECOND,
	SETTINGS_VISIT_FROM,        /* minutes after midnight: on its day it is told then */
	SETTINGS_VISIT_EVERY,       /* 0: as the categories say */
	SETTINGS_VISIT_LIVES_ALONE, /* from here on in the order of enum resident_category; 0: never */
	SETTINGS_VISIT_AGED,
	SETTINGS_VISIT_DISABLED,
	SETTINGS_VISIT_DEMENTIA,
	SETTINGS_VISIT_EMPTY_NEST,
	SETTINGS_VISIT_LEFT_BEHIND,
	SETTINGS_VISIT_SPECIAL_FAMILY,
	SETTINGS_VISIT_SEVERE_DISABILITY,
	SETTINGS_KEYS,
};

enum settings_kind { SETTINGS_DURATION, SETTINGS_NUMBER, SETTINGS_TIME_OF_DAY };

struct settings_row {
	enum concern_rule rule;
	const char *name; /* "buffer" */
	enum settings_kind kind;
	double usual, least, most; /* durations: us; times of day: minutes */
	const char *unit;          /* of a NUMBER; NULL: none */
	const char *help;
};
extern const struct settings_row settings_rows[SETTINGS_KEYS];

struct settings {
	double values[SETTINGS_KEYS];
};
static inline int64_t settings_us(const struct settings *s, enum settings_key k)
{
	return (int64_t)s->values[k];
}

void settings_usual(struct settings *ret_settings);
/* The row of "rule" and "name", or -1. */
int settings_find(const char *rule, const char *name);
/* "welfare.buffer=3h;wearable.hr-low=45" on top. 0, or -EINVAL with problem: what was expected, of which word. NULL s: only checked. */
struct str_buf;
int settings_apply(struct settings *s, const char *limits, struct str_buf *problem);
/* One value as text ("3h", "45", "22:00") by its row: 0, -EINVAL, -ERANGE. */
int settings_parse(const struct settings_row *row, const char *text, double *ret_value);
