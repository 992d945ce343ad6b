/* buildings.h: what the dwellings of one building have in common: a wave of silence that is the equipment's, and water (wave.h).
 * Pure; owned by care.c; made anew with the register. */
#pragma once

#include "care/care.h"
#include "care/watched.h"
#include "care/wave.h"

#define BUILDINGS_ASSET "homes-" /* and the building: what is said of its dwellings together; the text names them */

struct buildings_one {
	char *id, *asset; /* "b3", "homes-b3" */
	struct wave *wave;
	size_t homes, watched;
	bool told;
};
struct buildings {
	struct buildings_one *all;
	size_t count;
	uint64_t pumps_out; /* set of the numbers of pumps that stand */
};

void buildings_fini(struct buildings *b);
/* Numbers the dwellings. */
void buildings_make(struct buildings *b, const struct watched *watched);
/* What was told of those of the same names is not told anew, and ends when it is over. */
void buildings_tell_as(struct buildings *b, const struct buildings *before);
/* How the silence of that dwelling is now: beyond its line since then (mono); 0: it is not. */
/* True: it was not so before. */
bool buildings_hear(struct buildings *b, struct home *h, int64_t crossed_us);
/* When its priority 2, due then, may be told (mono). */
int64_t buildings_hold(const struct buildings *b, const struct home *h, int64_t stage_us);
bool buildings_have_water(const struct buildings *b, const struct home *h, int64_t mono_us);
struct buildings_pump {
	size_t building;
	unsigned number; /* of the pump; those from 64 on are not followed */
	bool out;        /* it stands */
};
bool buildings_pump(struct buildings *b, const struct buildings_pump *p, int64_t mono_us); /* true: it did not before */
/* Time passed: what they have in common is told. */
void buildings_pass(struct buildings *b, struct care_turn *t);
