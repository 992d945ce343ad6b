/* width.h: how many columns of a terminal a UTF-8 text takes, without asking the locale (it may be C). Pure.
 *
 * East Asian wide and fullwidth characters take two, combining marks and zero-width characters none. What would steer
 * the terminal (control characters, broken UTF-8) is shown as '?': texts come from devices and plugins. */
#pragma once

#include <stddef.h>

#include "base/str.h"

size_t width_of(const char *text);
/* Appends text as it can be shown; returns its width. */
size_t width_add(struct str_buf *to, const char *text);
/* The same, and blanks until it is that wide. */
void width_pad(struct str_buf *to, const char *text, size_t width);
