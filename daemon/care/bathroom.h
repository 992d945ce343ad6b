/* bathroom.h: somebody has been in the bathroom for too long (rule 6). Pure; a flat block without pointers, in struct home_state.
 *
 * The last sign of life inside was in the bathroom, where a motion sensor or radar would see them, another room has one that can
 * be believed and saw nobody, and nobody occupies a bed or a chair. That lasts too long as in rhythm.c: fewer than one in ten
 * months would be expected like it, by the longest stays in the bathroom of each of the last 60 days, at about this time of day.
 * While a sensor that sees people elsewhere is missed they may be there: no stay begins to be too long; rhythm.h's limit holds.
 *
 * Where what sensors say is lost now and then, who went to bed may have been seen in the bathroom last: a quiet elsewhere that
 * began with the first or second sign after the bathroom counts as a stay, by the chance that those are lost. A stay that a person
 * called harmless counts at any time of day for a fortnight. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "care/home_view.h"
#include "care/verdict.h"

#define BATHROOM_DAYS  60
#define BATHROOM_A_DAY 3 /* stays, the longest */
#define BATHROOM_ROWS  (BATHROOM_DAYS + 1)
#define BATHROOM_UNIT  (2 * MINUTE)
#define BATHROOM_LEFT  2 /* signs elsewhere since */

struct bathroom_stay {
	uint8_t start;  /* of the day, in units of 6 min */
	uint8_t length; /* in BATHROOM_UNIT, rounded up; 255: that long or longer; 0: none */
};

struct bathroom {
	int64_t since_us;     /* mono, of the last sign, if it was in the bathroom; 0: it was elsewhere */
	int64_t first_us;     /* mono, of the first sign of life: the fixed limit holds for learn_min from here */
	uint64_t occupied[2]; /* set of devices: beds, seats, radars elsewhere that are occupied */
	uint64_t watching;    /* set of devices that have seen people elsewhere */
	uint64_t pardoned;    /* set of rows: of days with a stay that was harmless after all */
	int16_t minute;       /* of the day, of since_us; -1: the clock could not be believed */
	uint16_t seeing;      /* set, 1 << enum sign_room: rooms where motion or a radar was heard of */
	bool spoilt;          /* this stay is not learned */
	bool lived;           /* there was a sign today */
	uint8_t days, today;
	struct bathroom_stay rows[BATHROOM_ROWS][BATHROOM_A_DAY];
	/* The longest quiets elsewhere that began with the first, or the second, sign since the bathroom. */
	struct bathroom_stay beside[BATHROOM_ROWS][BATHROOM_LEFT];
	uint8_t reached; /* stage of this stay */
	uint8_t left;    /* signs elsewhere since the bathroom, at most one more than BATHROOM_LEFT; 0: none */
	uint8_t spare[6];
};

void bathroom_init(struct bathroom *b);
/* Every sign of the dwelling, those of something that ends too. */
void bathroom_follow(struct bathroom *b, const struct sign *s);
/* A sign of life inside, while presumed away for none. */
void bathroom_sign(struct bathroom *b, const struct sign *s, const struct home_view *v);
void bathroom_judge(struct bathroom *b, const struct home_view *v, struct verdict *ret_verdict);
int64_t bathroom_due(const struct bathroom *b, const struct home_view *v); /* mono; INT64_MAX: nothing */
void bathroom_day(struct bathroom *b, const struct home_view *v);
void bathroom_move(struct bathroom *b, int64_t by_us);
/* The stay under way proved real: it is not learned. It was harmless after all: it is, as long as it is by now. */
void bathroom_spoil(struct bathroom *b);
void bathroom_pardon(struct bathroom *b, const struct home_view *v);
