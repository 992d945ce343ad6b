/* audit_head.h: a head of the audit record: its newest number and hash; and the file beside state.db that holds it a second
 * time, so that records cut off at the end are missed.
 *
 * The file has two slots of one line each, written in turn with a checksum: whatever moment the power goes, one is whole. It
 * is written after each COMMIT without waiting for the disk (and put on the disk once a minute): it may be behind the
 * database, never before it. Owner: the store thread. */
#pragma once

#include <stdint.h>

#include "base/str.h"

#define AUDIT_HEAD_HEX 65 /* of a hash, with the end */

/* Higher numbers than anything can have given (a thousand records a second take seventy thousand years): what tells of one is not
 * believed. The file may only tell of half of that, so that there is room behind whatever it tells. */
#define AUDIT_HEAD_N_MAX 4503599627370496

struct audit_head {
	uint64_t n; /* 0: no record yet */
	char hash[AUDIT_HEAD_HEX];
};

extern const struct audit_head audit_head_none; /* 0 and 64 zeros */

/* The chain: what the record after `before` has as its hash. Pure. */
void audit_head_chain(const struct audit_head *before, const char *record, char ret_hash[AUDIT_HEAD_HEX]);

struct audit_head_file {
	int fd; /* negative: it cannot be written */
	struct audit_head kept;
	unsigned slot;
	int64_t synced_us;
	bool dirty;
};

/* Opens it (made when it is not there) and reads what it holds; f->kept.n 0: nothing. A file that cannot be used is no
 * reason to stop: 0 or -errno, f can be used all the same. */
int audit_head_open(struct audit_head_file *f, const char *path);
void audit_head_close(struct audit_head_file *f);
/* Keeps a head that is on the disk with its record. */
void audit_head_put(struct audit_head_file *f, const struct audit_head *head, int64_t mono_us);
