/* teller.h: what the dialects share: which addresses are configured, what was told before, and telling the daemon. Pure:
 * time is an argument, all effects go out through calls. The caller owns it. Main thread. Logs edges: one line per topic
 * that carries garbage.
 *
 * Invariants: a sample is of a configured device, and no id of a sample is used twice; an address is told as discovered
 * once; a message that the broker had kept, or that came before, is marked `retained`. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELLER_PAYLOAD_MAX ((size_t)60 * 1024) /* of a device: its sample must fit into a line */

struct teller;

struct teller_calls {
	void *user;
	void (*send)(void *user, json_t *message); /* takes it */
	void (*trouble)(void *user,
			const char *text); /* what stands behind the broker cannot work; NULL: it can again */
	void (*subscribe)(void *user, const char *topic); /* again: nothing */
};

struct teller_setup {
	const char *id_prefix;   /* differs from run to run, so that no id of a sample is ever used twice */
	const json_t *devices;   /* array of {id, address}; lent during teller_new */
	int64_t silent_after_us; /* a device that was not heard for so long is silent; 0: as its own messages say */
	struct teller_calls calls;
};

/* One message of the broker. */
struct teller_input {
	const char *topic;
	const char *payload;
	size_t len;
	bool retained;
	int64_t received_us; /* wall clock */
	int64_t now_us;      /* monotonic */
};

struct teller_counts {
	uint64_t samples, bad_payloads, discovered, repeated, waited;
};

/* Devices without an address are skipped with a warning. */
struct teller *teller_new(const struct teller_setup *setup);
void teller_free(struct teller *t);
struct teller_counts *teller_counts(struct teller *t);
void teller_subscribe(struct teller *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void teller_trouble(struct teller *t, const char *text);

/* Addresses: hexadecimal ones of a radio ("0x00158D…", "24-E1-24-…") are compared without regard to case and separators,
 * all others exactly. */
#define TELLER_KEY_MAX 32
const char *teller_key(const char *address, char buf[static TELLER_KEY_MAX]); /* address itself, or in buf */
const json_t *teller_find(const struct teller *t, const char *address); /* array of device ids; NULL: not configured */
/* The longest configured address that topic begins with, up to a '/' or its end: its length, 0 for none. */
size_t teller_longest(const struct teller *t, const char *topic);
/* Calls for each configured address. */
void teller_each(const struct teller *t, void *user, void (*call)(void *user, const char *address));

/* Payloads. */
void teller_complain(struct teller *t, const struct teller_input *input, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* An object, or NULL after a complaint. */
json_t *teller_parse(struct teller *t, const struct teller_input *input);
/* "online", "true", {"state":"online"} …: 1, 0 for offline, -EINVAL for anything else. */
int teller_parse_life(const struct teller_input *input);
/* Seconds or milliseconds since 1970, or ISO 8601 with an offset; never later than received_us, never before estates had
 * such devices. False: it says no time that can be believed. */
bool teller_parse_time(const json_t *value, int64_t received_us, int64_t *ret_at_us);

/* Whether this was told before: the same key of nearly the same moment (a broker repeats what was not acknowledged, a
 * radio network hears one frame twice). Remembers it. */
bool teller_is_repeated(struct teller *t, int64_t at_us, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Telling. */
struct teller_sample {
	const json_t *ids; /* NULL: of an unknown device */
	json_t *fields;    /* lent */
	const struct teller_input *input;
	int64_t at_us; /* 0: it does not say when */
	bool old;      /* told before, or kept by somebody: no event, no sign of life */
};
void teller_sample(struct teller *t, const struct teller_sample *s);
/* As a sample {"link":…}, and stale where it is offline. */
void teller_life(struct teller *t, const struct teller_sample *s, bool online);

struct teller_stranger {
	const char *address, *name, *vendor, *model; /* NULL but for the address: not known */
	json_t *fields;
};
void teller_discovered(struct teller *t, const struct teller_stranger *stranger);

/* Silence. */
/* This device says itself how often it speaks: silent after three times that. */
void teller_expect(struct teller *t, const char *address, int64_t interval_us);
/* From here on the broker is connected: what was not heard before counts from now. */
void teller_listen(struct teller *t, int64_t now_us);
/* Tells of the devices that are silent by now. */
void teller_tick(struct teller *t, int64_t now_us);
