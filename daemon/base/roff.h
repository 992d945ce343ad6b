/* roff.h: texts for man pages. Pure; never logs. */
#pragma once

#include "base/str.h"

/* Appends a text so that roff shows it as it stands: no request, no escape, plain hyphens and quotes to copy. */
void roff_add(struct str_buf *to, const char *text);
/* The same in bold: "\fBtext\fR". */
void roff_add_bold(struct str_buf *to, const char *text);
/* How a command or an option is used: words in capitals are italic, other words bold, brackets and bars as they are. */
void roff_add_usage(struct str_buf *to, const char *usage);
