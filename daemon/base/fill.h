/* fill.h: texts with {names} in them, filled in. Pure; never logs. */
#pragma once

#include "base/str.h"

/* Appends text with each {name} replaced by its value. values: name, value, name, value, … NULL. A name that is not
 * there stays as it stands. */
void fill_text(struct str_buf *to, const char *text, const char *const *values);
