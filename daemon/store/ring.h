/* ring.h: a file of fixed length beside history.db, written round and round: the samples of the last hour or two, each record
 * on the disk (fdatasync) when ring_append returns. It was written full of zeros when it was made, so that a full disk does
 * not stop it and the file system has nothing to do but to write the samples themselves.
 *
 * Records begin at multiples of RING_BLOCK: a record that is cut by a power failure harms no other. They are numbered; those
 * up to the number that was released may be written over, the others never are. Owner: the store thread; others read through
 * a ring of their own (RING_READER). Numbers stand in the machine's own order. */
#pragma once

#include "store/stage.h"

#define RING_BLOCK 4096
#define RING_SIZE  ((size_t)16 * 1024 * 1024)

struct ring_record {
	uint64_t seq;
	int64_t min_ms, max_ms; /* times of its samples */
	uint32_t offset, len, slices, samples;
};

struct ring {
	int fd;
	size_t size;
	struct ring_record *records; /* not released yet, in order of seq */
	size_t count, room;
	uint64_t key, released;
	uint64_t last_seq;   /* the highest there is, or ever was */
	size_t head;         /* where the next record goes, if it fits */
	uint64_t missing;    /* numbers that should be there and are not */
	unsigned unreadable; /* blocks at which the disk failed: what began there is missing */
};

enum ring_way { RING_WRITER, RING_READER };
struct ring_setup {
	const char *path;
	enum ring_way way; /* the writer makes the file where there is none */
	uint64_t key;      /* of the database whose numbers its points have: records with another one are none */
	uint64_t released; /* as far as the caller knows; a record knows it too, as of its writing */
	uint64_t given;    /* numbers up to here are known to have been given, whether their records are there or not */
	size_t size;       /* 0: RING_SIZE; a file that is shorter is made so long */
};
/* -EIO: the disk fails at so many places that looking at all of them would take too long. */
int ring_open(const struct ring_setup *setup, struct ring **ret_ring);
void ring_close(struct ring *g);
UTIL_DEFINE_CLEANUP(struct ring *, ring_close);

/* One record of all items, which it sorts. -ENOSPC: the ring is full of what was not released; -E2BIG: it is larger than the
 * ring; other -errno of writing. */
int ring_append(struct ring *g, struct stage_item *items, size_t count);
void ring_release(struct ring *g, uint64_t up_to_seq);
/* Zeros over so many bytes from there on, but where a record stands that was not released. */
int ring_wipe(struct ring *g, size_t offset, size_t len);
size_t ring_used(const struct ring *g); /* bytes that were not released */

/* The lowest slice of the record from there on; UINT32_MAX: none, or its head is damaged. */
uint32_t ring_next_slice(const struct ring *g, const struct ring_record *record, uint32_t from);
/* 1 with the bytes of that slice, appended to the empty piece; 0: it has none; -EBADMSG: damaged, or the disk fails there. */
int ring_slice(const struct ring *g, const struct ring_record *record, uint32_t slice, struct str_buf *ret_piece);
