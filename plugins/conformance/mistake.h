/* mistake.h: what a plugin does wrong, in one word for programs and a sentence for people. Pure; the first one counts. */
#pragma once

#include <stdbool.h>

#define MISTAKE_REASON_MAX 32
#define MISTAKE_TEXT_MAX   400

struct mistake {
	char reason[MISTAKE_REASON_MAX]; /* "": nothing is wrong so far */
	char text[MISTAKE_TEXT_MAX];
};

static inline bool mistake_is_there(const struct mistake *v)
{
	return v->reason[0] != '\0';
}

void mistake_note(struct mistake *v, const char *reason, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
