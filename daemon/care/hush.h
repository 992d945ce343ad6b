/* hush.h: a sensor that has gone silent without saying so, while the others go on: a dead battery, a blind lens. Pure; a flat
 * block without pointers, in struct home_state; never logs.
 *
 * Time is counted in turns: a sign of life inside by another sensor than the last one, or a quarter of an hour later. It stands
 * still while the person sleeps or is out. A sensor that is usually heard every few turns is missed once it was not heard for more than twice as many as ever
 * of late, and some more. And in days on which somebody was about: one that was heard on each of the last HUSH_DAYS is missed
 * after one without it, if it never was for so many turns; an entrance after three, for people may stay in. It is missed until it is heard again, or for so long
 * that what is known of the home is known without it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "care/sign.h"

#define HUSH_DEVICES 80
#define HUSH_DAYS    7

struct hush_device {
	uint16_t heard;   /* how often, up to what is enough; 0: never, or long ago */
	uint16_t longest; /* turns between, at most, of late; in HUSH_PARTS of a turn */
	uint16_t turn;    /* when it was heard last */
	uint8_t days;     /* set: lived days before this silence on which it was heard; bit 0: the latest */
	uint8_t silent;   /* lived days since then; the highest bit: it is the entrance's */
};
#define HUSH_PARTS 64

struct hush {
	uint16_t turn;    /* goes round */
	uint16_t last;    /* device + 1 of the last sign; 0: none */
	int64_t lived_us; /* mono: the latest sign that was counted for `lived` */
	uint8_t lived;    /* quarters of an hour of today with a sign inside */
	uint8_t spare[7];
	uint64_t today[2]; /* set of devices that were heard today */
	struct hush_device devices[HUSH_DEVICES];
};

void hush_init(struct hush *h);
void hush_sign(struct hush *h, const struct sign *s); /* each sign of life inside */
void hush_door(struct hush *h, const struct sign *s); /* each of the entrance */
void hush_day(struct hush *h);                        /* a local day ended */
bool hush_misses(const struct hush *h, unsigned device);
/* So many days on which somebody was about it has not been heard of, of those on which it should have been; 0: it is well. */
unsigned hush_silent(const struct hush *h, unsigned device);
/* Somebody was called for who is well: one that was never missed for as many turns as now may be why. */
void hush_suspect(struct hush *h);
void hush_forget(struct hush *h, unsigned device); /* another sensor has that place now */
void hush_move(struct hush *h, int64_t by_us);
