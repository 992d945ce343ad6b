/* senses.h: which point of which class says what of the people of a dwelling, and when a reading is a sign. Pure: one table. */
#pragma once

#include <stdbool.h>

#include "care/home.h"
#include "model/point.h"

enum senses_form {
	SENSES_LEVEL,   /* a bool: its edges are signs */
	SENSES_FLOW,    /* a number: above its threshold it is on */
	SENSES_COUNT,   /* a number that only grows: it grew enough, on; it did not, off */
	SENSES_EVENT,   /* it happened */
	SENSES_PASSAGE, /* somebody passes the dwelling's own door: it opened and closed */
	SENSES_FIGURE,  /* a number, each of them */
	SENSES_WORD,    /* a posture */
};

struct senses_row {
	const char *class, *point;
	enum senses_form form;
	enum sign_kind kind;
	enum sign_vital vital;
	enum sign_hazard hazard;
	double on;          /* FLOW, COUNT: beyond it; in the point's unit */
	double scale;       /* of the sign's value; 0: 1 */
	const char *unless; /* not where the device has that point too, which says it better; NULL */
};
/* NULL: that point says nothing of people. */
const struct senses_row *senses_find(const char *class, const char *point);

/* A good reading, as the point has it now: the signs that it is, at most SENSES_MOST; kind, on, value and what they are about are
 * filled. The state of the dwelling remembers what the device said before. */
#define SENSES_MOST 2
struct senses_source {
	const struct senses_row *row;
	uint16_t device;
	struct home_state *state;
};
size_t senses_read(const struct senses_source *from, const struct point *p, struct sign ret_signs[SENSES_MOST]);
