/* diag.h: what a person can fix: errors and warnings with their place, collected, so that a run reports all of them.
 *
 * Pure; the caller owns it. Order is that of reporting; diag_print sorts by file and line and leaves doubles out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/util.h"

/* A place in a text. file is lent and must outlive the diag (configuration files live in the arena, or are literals). */
struct diag_at {
	const char *file;
	unsigned line; /* from 1; 0 where there is none */
};

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag_entry {
	enum diag_severity severity;
	char *file; /* owned copy */
	unsigned line;
	char *text;
};

#define DIAG_MAX 1000 /* further ones are counted only */

struct diag {
	struct diag_entry *entries;
	size_t count, errors, warnings, dropped;
};

void diag_fini(struct diag *d);
void diag_error(struct diag *d, struct diag_at at, const char *fmt, ...) _printf_(3, 4);
void diag_warning(struct diag *d, struct diag_at at, const char *fmt, ...) _printf_(3, 4);
bool diag_failed(const struct diag *d);
/* "file:line: error: text" a line each. */
void diag_print(const struct diag *d, FILE *to);
