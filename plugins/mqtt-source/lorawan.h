/* lorawan.h: what network servers of LoRaWAN have in common: uplinks with a decoded object in them. Pure but for the teller. */
#pragma once

#include "mqtt-source/teller.h"

struct lorawan_uplink {
	const char *eui, *name, *session; /* session: what begins with a join; each may be NULL but for eui */
	const char *model;
	json_t *fields; /* lent; its members are added to */
	json_t *object; /* lent: what the payload was decoded to; NULL: it was not */
	const struct teller_input *input;
	int64_t at_us; /* 0: it does not say when */
};

/* Sixteen hexadecimal digits. */
bool lorawan_is_eui(const char *text);
/* The ids of the device with this address, or of this name; NULL: not configured. */
const json_t *lorawan_find(const struct teller *t, const char *eui, const char *name);
/* The same frame, heard by another gateway or told again by the broker. Remembers it. */
bool lorawan_is_repeated(struct teller *t, const struct lorawan_uplink *u);
/* A sample, or discovered. Members of object are found without its name too, where nothing else has it; what decoders call
 * differently, or give as a number, has one name beside: `press` (short, long, double), `posture` (a word), `fall`, `presence`,
 * `occupied`, `open`, `tamper`, `motion`, `leak`, `gas` (booleans), `rssi` and `snr` of the best gateway. */
void lorawan_tell(struct teller *t, const struct lorawan_uplink *u);
