/* judge.h: one line of a plugin against plugins/README.md: its form, its type's members, and what went before. Pure.
 *
 * Invariant: what is known (devices, batches, ids) is what the tester itself has said; ids of samples outlive one process. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "conformance/mistake.h"

struct judge {
	struct mistake mistake;
	json_t *devices;    /* id → true: of hello */
	json_t *sample_ids; /* id as text → true: of all processes */
	json_t *configured; /* addresses of the devices of hello */
	json_t *addresses;  /* discovered, of this process */
	json_t *batches;    /* number as text → lane: told and not answered */
	json_t *answered;   /* the same, answered */
	json_t *asked;      /* id as text → type of the answer: told and not answered */
	unsigned readies;
	bool has_spoken;
	char roles[64]; /* "source uplink" */
};

struct judge *judge_new(void);
void judge_free(struct judge *j);
/* A new process: what was said to the last one does not count. */
void judge_restart(struct judge *j);
/* What the tester is about to say. */
void judge_told(struct judge *j, const json_t *message);
/* A line without its newline. The message, which the caller owns, or NULL with the mistake. */
json_t *judge_line(struct judge *j, const char *line, size_t len);
