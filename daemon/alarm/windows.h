/* windows.h: what the expressions of all rules remember (windows, ages), in one block of memory that outlives the process: so
 * a rule that looks back knows after a kill what it knew before. Pure: the caller owns the block and says what it is.
 *
 *   header: what it is, of which boot, until when somebody was there │ a cell for each memory, in the order of the rules
 *
 * Each memory stands under its rule, asset, point, kind and span, so it is found again whatever came or went in between, and
 * never taken for another. Written with every change and never as a whole: a kill amid a write costs that one memory. Times are
 * monotonic, so a block is of use within the boot that made it. Invariant: the length of a block is that of its evaluator's
 * rules and never grows; another configuration has a block of its own. */
#pragma once

#include "alarm/evaluator.h"

#define WINDOWS_VERSION   2
#define WINDOWS_BYTES_MAX ((size_t)64 * 1024 * 1024) /* what finds no room begins anew after a restart */

/* Of the block for that evaluator, WINDOWS_BYTES_MAX at most; 0: it has nothing to remember. */
size_t windows_bytes(const struct evaluator *e);

/* From now on it remembers in that block (zeros, 8-aligned, windows_bytes long; lent until its end or the next call; NULL:
 * nowhere). boot: of what its times are. Returns how many memories found no room. */
struct windows_block {
	void *bytes;
	size_t len;
	const char *boot;
};
size_t windows_place(struct evaluator *e, const struct windows_block *to, int64_t now_us);

/* Takes back what another process left: before the first reading, after what the store kept. 0; -ENOENT: it is empty, or of
 * another boot; -EPROTO: of another version; -EBADMSG: no such block. What is not whole is left out and counted. */
struct windows_counts {
	size_t recalled, damaged;
};
int windows_recall(struct evaluator *e, const struct windows_block *from, int64_t now_us,
		   struct windows_counts *ret_counts);
