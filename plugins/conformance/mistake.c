#include "conformance/mistake.h"

#include <stdarg.h>
#include <stdio.h>

void mistake_note(struct mistake *v, const char *reason, const char *fmt, ...)
{
	va_list ap;

	if (mistake_is_there(v))
		return;
	snprintf(v->reason, sizeof(v->reason), "%s", reason);
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	for (char *c = v->text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' '; /* what a plugin said is quoted: it may not forge a line */
}
