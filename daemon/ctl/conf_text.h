/* conf_text.h: pieces of a configuration as estatectl writes them. Pure: appends to a buffer. */
#pragma once

#include "base/str.h"

/* ` key = "text";` with what has a meaning there escaped; nothing where text is NULL or empty. A line stays a line. */
void conf_text_add(struct str_buf *to, const char *key, const char *text);
