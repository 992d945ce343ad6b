/* resident_field.h: the fields of a resident as texts: one table for the API, estatectl, CSV files and state.db. Pure.
 *
 * Every field has one form in which it is written, and reads that form and a few more that people use. A day that ends something
 * ("until 2026-10-07") belongs to it. */
#pragma once

#include "model/resident.h"

enum resident_field {
	RESIDENT_FIELD_ID,
	RESIDENT_FIELD_NAME,
	RESIDENT_FIELD_PLACE,
	RESIDENT_FIELD_CATEGORIES,
	RESIDENT_FIELD_NEEDS,
	RESIDENT_FIELD_DIALYSIS_DAYS,
	RESIDENT_FIELD_FLOOR,
	RESIDENT_FIELD_PHONE,
	RESIDENT_FIELD_CONTACTS,
	RESIDENT_FIELD_GRID_WORKER,
	RESIDENT_FIELD_RULES,
	RESIDENT_FIELD_LIMITS,
	RESIDENT_FIELD_ABSENCES,
	RESIDENT_FIELD_HOSPITAL_UNTIL,
	RESIDENT_FIELD_CONSENT,
	RESIDENT_FIELD_DOOR_CODE,
	RESIDENT_FIELD_ILLNESS,
	RESIDENT_FIELD_DOCTOR,
	RESIDENT_FIELD_NOTE,
	RESIDENT_FIELD_CARDS,
	RESIDENT_FIELDS,
};

/* Who may see it. */
enum resident_secrecy {
	RESIDENT_OPEN,     /* whoever may see the register */
	RESIDENT_PERSONAL, /* masked, unless asked for with a reason */
	RESIDENT_SHEET,    /* of the sheet: only when asked for with a reason */
};

struct resident_field_row {
	const char *name; /* "hospital_until" */
	enum resident_secrecy secrecy;
	size_t max;           /* bytes as written */
	const char *expected; /* "a place below one of the estate, as b3/u1/1204" */
};
extern const struct resident_field_row resident_field_rows[RESIDENT_FIELDS];

int resident_field_find(const char *name); /* an enum resident_field, or -1 */
/* "" empties it. 0, or -EINVAL with problem: what came, what was expected; r is as it was. What only the estate knows (whether the
 * place, the contacts, the rules and their settings are there) is not asked. */
int resident_field_set(struct resident *r, enum resident_field f, const char *text, struct str_buf *problem);
void resident_field_write(const struct resident *r, enum resident_field f, struct str_buf *to);
/* What is left of a text that is not shown: its first character or its last four digits. */
void resident_field_mask(const struct resident *r, enum resident_field f, struct str_buf *to);

/* A moment: a time, or a day: where it begins; ENDS: where the day after it begins. 0, -EINVAL. */
enum resident_day { RESIDENT_DAY_BEGINS, RESIDENT_DAY_ENDS };
int resident_field_parse_time(const char *text, enum resident_day day, int64_t *ret_us);
