/* finding.h: what the doctor has found: one line each, in English and in parts, so that estatectl can say it in the
 * reader's language. Pure but for printing; the caller owns the list; one thread.
 *
 *   finding_about(f, "serial", "riser-3");
 *   finding_fault(f, N_("{port} does not exist"), N_("plug the adapter in"), "port", path, NULL);
 *
 * Messages and advice are literals with {names}; the values follow as name, value, … NULL. xgettext finds them by N_(). */
#pragma once

#include <stdio.h>

#include "base/str.h"

#define N_(text)   text
#define _sentinel_ __attribute__((__sentinel__))

enum finding_level { FINDING_OK, FINDING_WARNING, FINDING_FAULT };
const char *finding_level_name(enum finding_level level); /* ok warning fault */

struct finding {
	enum finding_level level;
	const char *check;   /* configuration, serial, … */
	char *subject;       /* a file, a port, a bus: by name */
	const char *message; /* what was found */
	const char *advice;  /* what to do next; "" where it is ok */
	char **values;       /* name, value, … NULL */
};

struct findings {
	struct finding *list;
	size_t count, room;
	const char *check; /* of what is added next */
	char *subject;
};

void finding_fini(struct findings *f);
#define _cleanup_findings_ _cleanup_(finding_fini)
/* What the next ones are about; check is a literal. */
void finding_about(struct findings *f, const char *check, const char *subject);
void finding_ok(struct findings *f, const char *message, ...) _sentinel_;
void finding_warning(struct findings *f, const char *message, const char *advice, ...) _sentinel_;
void finding_fault(struct findings *f, const char *message, const char *advice, ...) _sentinel_;
size_t finding_count(const struct findings *f, enum finding_level level);
/* Was anything but ok said since there were so many? */
bool finding_clean_since(const struct findings *f, size_t count);

/* "fault    serial riser-3: /dev/ttyUSB0 is not there → plug the adapter in", a line each, and the summary. */
void finding_print(const struct findings *f, FILE *to);
/* One array of {check,level,subject,text,hint} and, for translation, message, advice, values. The caller frees. */
char *finding_json(const struct findings *f);
