/* homefile.h: what is known of the dwellings (care.h) as a file of the runtime directory, mapped: every change is written there at
 * once as plain memory, and outlives a kill, as page cache does. It is of use within one boot, which it says itself.
 *
 * Each dwelling has a slot; one more is the draft: what is written goes there first, whole, with its number and a CRC, then into
 * the slot. A kill amid the draft leaves the slot, one amid the slot leaves the draft. Pages are given back as soon as they are
 * written: the file is not held in this process's memory.
 * Main thread. A file that cannot be made is said in one line: then the hourly rows of state.db are what is kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct homefile;

/* Beside the file that counts, with so many slots for blocks of so many bytes. Never NULL. */
struct homefile *homefile_prepare(const char *dir, size_t homes, size_t block_len);
/* Takes its mapping away, not the file that counts. */
void homefile_free(struct homefile *f);
UTIL_DEFINE_CLEANUP(struct homefile *, homefile_free);
/* It counts from now on. */
void homefile_place(struct homefile *f);

struct homefile_block {
	const char *place;
	const void *bytes;
	size_t len; /* that of homefile_prepare */
};
/* A dwelling as it is now. */
void homefile_put(struct homefile *f, size_t slot, const struct homefile_block *b);
void homefile_clear(struct homefile *f, size_t slot); /* nothing of it is left */
/* Until then the daemon has been at work. */
void homefile_alive(struct homefile *f, int64_t mono_us);

/* At start: what the process before left, dwelling by dwelling, lent for the call; with when it was last at work. Of what is told
 * of one place the last counts. */
struct homefile_reader {
	void *context;
	void (*home)(void *context, const struct homefile_block *b, int64_t alive_us);
};
void homefile_recall(const char *dir, const struct homefile_reader *reader);
