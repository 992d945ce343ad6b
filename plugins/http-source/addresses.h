/* addresses.h: which devices an address is, without regard to capitals; and which unknown ones were told of. Pure; the caller
 * owns it. Bounded: what is told as discovered is remembered up to ADDRESSES_DISCOVERED_MAX, then nothing more is told. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#define ADDRESSES_MAX_LEN        128
#define ADDRESSES_DISCOVERED_MAX 1024

struct addresses;

/* devices: array of {id, address}; one without an address is skipped with a warning. */
struct addresses *addresses_new(const json_t *devices);
void addresses_free(struct addresses *a);
/* Array of ids, lent; NULL: no device has it. */
const json_t *addresses_find(const struct addresses *a, const char *address);
/* The only device's ids where there is but one address; else NULL. */
const json_t *addresses_only(const struct addresses *a);
/* True the first time that an unknown address is named. */
bool addresses_discover(struct addresses *a, const char *address);
/* Calls each with every address. */
void addresses_each(const struct addresses *a, void (*each)(void *user, const char *address, const json_t *ids),
		    void *user);
