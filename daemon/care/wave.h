/* wave.h: common mode: the homes of one building cross their lines together, which people do not: what watches them has failed
 * (X11). And what stands still for all of them: a pump without which no meter shows use (X8). Pure; never logs.
 *
 * One for each building. It is not kept over a restart: what crossed before is told anew by the first judgement of each home. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "care/verdict.h"

#define WAVE_WITHIN (30 * MINUTE)
#define WAVE_HOLD   (15 * MINUTE)
#define WAVE_LEAST  4  /* homes: fewer are chance */
#define WAVE_SHARE  30 /* % of those watched in the building */

struct wave;

struct wave *wave_new(size_t homes); /* of the building, by number 0.. */
void wave_free(struct wave *w);
UTIL_DEFINE_CLEANUP(struct wave *, wave_free);
void wave_name(struct wave *w, size_t home, const char *name); /* for the list in the text; lent */

/* Other homes are watched from now on: what `before` knew of the building holds on; the homes are told of again. */
void wave_take_up(struct wave *w, const struct wave *before);

/* How many homes of the building are at work and not presumed away. */
void wave_watched(struct wave *w, size_t count);
/* The silence of that home went beyond its line (stage 1 begins); or is over. Telling it again is nothing. */
void wave_cross(struct wave *w, size_t home, int64_t mono_us);
void wave_end(struct wave *w, size_t home);
/* What happens as time passes; before the next two. It begins and ends with a home that crosses or comes back: nothing is due. */
void wave_tick(struct wave *w, int64_t mono_us);
/* Many crossed together: monitoring failed. Until fewer than half as many are beyond their lines. */
void wave_judge(const struct wave *w, struct verdict *ret_verdict);
/* The priority 2 of that home would be raised at stage_us (mono): when it may be; stage_us where it is not held. Priority 1 is
 * never held: do not ask. */
int64_t wave_hold(const struct wave *w, size_t home, int64_t stage_us);

/* A pump of the building stands (+1), or runs again (-1). */
void wave_pump(struct wave *w, int delta, int64_t mono_us);
/* Whether the building has water: no use of water says nothing while it has not, nor in the hour after. */
bool wave_has_water(const struct wave *w, int64_t mono_us);
