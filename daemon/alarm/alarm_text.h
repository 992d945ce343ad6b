/* alarm_text.h: the words of an alarm, from a rule's templates. Pure; what is returned belongs to the caller.
 *
 * {device} the device's name · {place} its name, where the place is declared with one, else its path; where there is none (a bus, a plugin) the blanks, colons and commas
 * behind it go too · {value} the first number of the condition, else its first value, with unit (or why a built-in
 * condition holds) · {age} how long the condition has held. Anything else in braces stays as it is. */
#pragma once

#include <stdint.h>

#include "model/value.h"

enum alarm_text_language { ALARM_TEXT_ZH, ALARM_TEXT_EN };

struct alarm_text_facts {
	const char *device, *place; /* never NULL; place "" where there is none */
	const struct value *value;  /* NULL: none */
	const char *unit;           /* "" where none */
	const char *why;            /* stands for the value where not NULL */
	int64_t age_us;
};

/* NULL for a NULL template. */
char *alarm_text_render(const char *template, enum alarm_text_language l, const struct alarm_text_facts *f);
/* "21.5 °C", "是", "unknown": a number to at most six digits; appended. */
void alarm_text_value(const struct value *v, const char *unit, enum alarm_text_language l, struct str_buf *to);
/* "26 min", "26 分钟"; appended. */
void alarm_text_age(int64_t age_us, enum alarm_text_language l, struct str_buf *to);
