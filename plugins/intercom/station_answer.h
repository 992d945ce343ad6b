/* station_answer.h: what the intercom's server answered: was it done, and what came of it. Pure.
 *
 *   2xx with {"ok":true,…}, or 200, 204 without a body   done
 *   2xx with {"ok":false,"text":…}                       refused, and why
 *   202, or a 2xx with something else                    not known: that is not done
 *   any other status                                     refused; each has words
 *
 * "ok" says what is known to have happened. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define STATION_ANSWER_TEXT_MAX    256
#define STATION_ANSWER_MEMBERS_MAX 16

struct station_answer {
	bool ok;
	char text[STATION_ANSWER_TEXT_MAX]; /* "" where ok */
	json_t *members;                    /* what else it says: texts, numbers and booleans; the caller's */
};

/* body may be NULL with len 0. */
void station_answer_read(int status, const char *body, size_t len, struct station_answer *ret_answer);
