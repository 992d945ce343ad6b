/* hush.h: a sensor that has gone silent without saying so, while the others go on: a dead battery, a blind lens. Pure; a flat
 * block without pointers, in struct home_state; never logs.
 *
 * Time is counted in turns: a sign of life inside by another sensor than the last one. It stands still while the person sleeps
 * or is out. A sensor that is usually heard every few turns is missed once it was not heard for more than twice as many as ever
 * of late, and some more; until it is heard again, or for so long that it is not missed any more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "care/sign.h"

#define HUSH_DEVICES 80

struct hush_device {
	uint16_t heard;   /* how often, up to what is enough; 0: never, or long ago */
	uint16_t longest; /* turns between, at most, of late; in HUSH_PARTS of a turn */
	uint16_t turn;    /* when it was heard last */
};
#define HUSH_PARTS 64

struct hush {
	uint16_t turn; /* goes round */
	uint16_t last; /* device + 1 of the last sign; 0: none */
	struct hush_device devices[HUSH_DEVICES];
};

void hush_init(struct hush *h);
void hush_sign(struct hush *h, const struct sign *s); /* each sign of life inside */
bool hush_misses(const struct hush *h, unsigned device);
void hush_forget(struct hush *h, unsigned device); /* another sensor has that place now */
