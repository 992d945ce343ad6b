/* evaluator_inside.h: what the files of the evaluator share: evaluator.c has it, evaluator_proofs.c has the ways of help
 * that nobody tries told as conditions. No other file includes it. */
#pragma once

#include "alarm/building.h"
#include "alarm/evaluator.h"
#include "alarm/proof.h"
#include "alarm/roster.h"
#include "alarm/silence.h"

struct evaluator {
	struct watcher_world world;
	struct evaluator_rules rules;
	struct roster roster;
	struct proof proof;
	struct silence silence;
	struct buildings buildings;
	bool reviewed;     /* what was restored of self-tests was looked at */
	bool carried;      /* what is known of links came from before a reload: nobody has looked at it yet */
	int64_t offset_us; /* wall minus monotonic, when the wall times of what ends were told last */
	int64_t *alive_us; /* windows.h; NULL: nobody wants to know */
};

/* With each tick: does something once in PROOF_EVERY only. */
void evaluator_proofs_review(struct evaluator *e, const struct watcher_turn *turn);
