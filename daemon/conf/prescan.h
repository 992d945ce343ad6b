/* prescan.h: looks over a configuration text before libconfig reads it, for what libconfig 1.5 changes silently (it makes
 * 4294967297 a 1), reports at the wrong place (an open quote), or leaks memory on (most syntax errors). Pure: reads the
 * text it is given, nothing else.
 *
 * What libconfig could not read goes to the diag; so do integers beyond 31 bits, text that is not UTF-8, NUL bytes,
 * @include. What may also be good is kept as a hint: the caller says it where libconfig fails, so that a guess never
 * refuses a good file. */
#pragma once

#include <stddef.h>

#include "base/diag.h"

#define PRESCAN_HINT_MAX  200
#define PRESCAN_DEPTH_MAX 64 /* brackets in brackets */
#define PRESCAN_MARKS_MAX 64

/* Something of which an error was told, and that libconfig would stumble over: put behind it, this helps. */
struct prescan_mark {
	size_t at; /* in bytes from the beginning of the text */
	char what; /* PRESCAN_TWICE behind a key that stood in its group before; 'L' behind an integer beyond 31 bits */
};
#define PRESCAN_TWICE '*'

struct prescan {
	const char *file;  /* in: for messages */
	struct diag *diag; /* in */
	size_t start;      /* out: length of a byte order mark at the front */
	/* out: the first suspicion: its place, and the line from which on it explains a syntax error; 0: none */
	unsigned hint_line, hint_from;
	char hint[PRESCAN_HINT_MAX];
	unsigned stop_line; /* out: after -EINVAL: what stands before that line is as it was meant */
	struct prescan_mark marks[PRESCAN_MARKS_MAX];
	size_t mark_count; /* out: in the order of the text */
};

/* text need not end with a NUL. 0: libconfig may read it (errors may still stand in the diag); -EINVAL: it must not. */
int prescan_text(const char *text, size_t len, struct prescan *p);
/* How many bytes of the text, from its beginning, are whole settings, or whole entries of a list, that end before that
 * line. What has to follow so that it is a configuration: ")" or "". */
size_t prescan_whole(const char *text, size_t len, unsigned line, const char **ret_close);
