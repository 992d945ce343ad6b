/* rhythm.h: how long a dwelling is usually quiet, and when quiet is too long. Pure; a flat block without pointers, in struct
 * home_state; never logs.
 *
 * A quiet is the time from one sign of life inside to the next. The longest ones of each of the last 60 days are remembered: when
 * in the day they began, how long they lasted, after a sign in which room. A quiet is too long once fewer than one in ten months
 * would be expected to last like it: every quiet of the book counts, less the later in the day it began, less the longer ago
 * it would have ended by now, less after a sign in another room; few days in the book leave more room than many (rhythm.c).
 * How long it may last is thus settled when it begins. Weekdays do not count.
 *
 * A quiet is learned when it ends, if it lasted wholly while somebody was at home and the sensors could be believed; one that
 * was spoilt (away, blind, proved real) is not. A sign costs O(1); the line is reckoned when a quiet has lasted for a while. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "care/home_view.h"

#define RHYTHM_SLOTS 48 /* half hours of the day */
#define RHYTHM_DAYS  60 /* remembered */
#define RHYTHM_A_DAY 8  /* quiets, the longest */
#define RHYTHM_ROWS  (RHYTHM_DAYS + 1)

/* Starts and lengths are kept in units of RHYTHM_UNIT. */
#define RHYTHM_UNIT (6 * MINUTE)

struct rhythm_quiet {
	uint8_t start;  /* of the day */
	uint8_t length; /* rounded up; 255: that long or longer; 0: none */
	uint8_t room;   /* enum sign_room of the sign before it */
};

struct rhythm {
	int64_t since_us;          /* mono, the quiet under way began; 0: no sign so far */
	int64_t learning_since_us; /* mono, of the first sign; 0: none. The fixed limit holds for learn_min from here */
	int16_t minute;            /* of the day, when it began; -1: the clock could not be believed */
	uint8_t room;              /* enum sign_room of the sign that began it */
	bool spoilt;               /* that quiet is not learned */
	bool lived;                /* there was a sign today */
	uint8_t days;              /* full rows, at most RHYTHM_DAYS */
	uint8_t today;             /* the row of today */
	uint8_t spare;
	struct rhythm_quiet doubted; /* the latest that ended spoilt: learned if it is pardoned */
	uint8_t spare_too[5];
	struct rhythm_quiet rows[RHYTHM_ROWS][RHYTHM_A_DAY];
};

void rhythm_init(struct rhythm *r);
/* A sign of life inside, which ends the quiet and begins the next. For signs inside only, and while presumed away for none
 * (rhythm_back is for the return). */
void rhythm_sign(struct rhythm *r, const struct sign *s, const struct home_view *v);
/* The quiet under way is not to be learned: presumed away, blind, proved real. */
void rhythm_spoil(struct rhythm *r);
/* The quiet under way, or the one that has just ended, was harmless after all: it is learned, as long as it is by now. */
void rhythm_pardon(struct rhythm *r, const struct home_view *v);
/* They are back, or the sensors are: a quiet begins here and is learned when it ends. */
void rhythm_back(struct rhythm *r, const struct home_view *v);
void rhythm_day(struct rhythm *r, const struct home_view *v); /* a local day ended */
void rhythm_move(struct rhythm *r, int64_t by_us);

enum rhythm_basis {
	RHYTHM_COLD,   /* the fixed limit: too little is known yet, or the time of day cannot be believed */
	RHYTHM_HOURS,  /* what is known of quiets at this time of day */
	RHYTHM_MISSES, /* the fixed limit, if it is the longer one: a sensor is missing */
};

/* How long the quiet under way may last. */
struct rhythm_limit {
	int64_t limit_us; /* quiet that has lasted so long is too long: stage 1 begins. At first no more than the least limit */
	int64_t longest_us; /* the longest that quiets known here went on from the time of day when this one began; 0: none did */
	int64_t due_us; /* mono: no earlier can the quiet be too long, if nothing stirs; ask again then */
	unsigned days;  /* looked back on */
	enum rhythm_basis basis;
};
void rhythm_limit(const struct rhythm *r, const struct home_view *v, struct rhythm_limit *ret_limit);

/* Against what, for the sentence: "过去28天这个时段最长安静7小时40分". Returns buf. */
#define RHYTHM_TEXT 128
const char *rhythm_against_zh(const struct rhythm_limit *l, char *buf);
const char *rhythm_against_en(const struct rhythm_limit *l, char *buf);

/* For the picture of a day: how old a quiet may be in each half hour, in us; the greatest age that a remembered quiet had in that
 * half hour, days_ago days ago (0: today), or -1 where that day is not known. */
void rhythm_lines(const struct rhythm *r, const struct home_view *v, int64_t ret_lines_us[RHYTHM_SLOTS]);
int64_t rhythm_past(const struct rhythm *r, unsigned days_ago, unsigned slot);
