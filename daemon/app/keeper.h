/* keeper.h: which configuration counts, kept on disk, so that an end of the daemon or of the power neither confirms a
 * reload nor forgets that the old configuration returned. Plain functions over one folder (STATE/config): one thread at
 * a time, that is the main thread before and after the loop, the reader thread in between. Never logs.
 *
 *   FILES ──reload that awaits confirmation──► TRIAL ──confirmed, or a reload for good──► FILES
 *                                               │ time is over, or it ended out of order twice
 *                                               ▼
 *            (files with errors at start) ──► HELD ──a reload──► FILES, TRIAL
 *
 *   FILES  there is no record. What stands in the files counts; `running` is the copy of what is in force
 *   TRIAL  `trial` is in force, `running` is what returns
 *   HELD   `running` is in force, the files are not, until a reload succeeds
 *
 * Invariant: the record is written (or removed) whole, and is what decides; copies are whole before it names them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

enum keeper_state { KEEPER_FILES, KEEPER_TRIAL, KEEPER_HELD };
enum keeper_cause { KEEPER_UNCONFIRMED, KEEPER_ENDED, KEEPER_UNREADABLE, KEEPER_WRONG_FILES, KEEPER_CAUSES };

#define KEEPER_BOOT_MAX 40
#define KEEPER_ENDS_MAX 2 /* ends out of order within the time to confirm: the new configuration may be what ends it */

struct keeper_record {
	enum keeper_state state;
	enum keeper_cause cause; /* HELD: why */
	int64_t left_us;         /* TRIAL: of the time to confirm, at mono_us of that boot */
	int64_t mono_us;
	char boot[KEEPER_BOOT_MAX];
	unsigned ends; /* TRIAL: how often estated began again without having ended in order */
	bool in_order; /* TRIAL: it ended in order */
};

enum keeper_copy { KEEPER_RUNNING, KEEPER_NEW };

/* 0 (no record: FILES), -EBADMSG: damaged, -errno. */
int keeper_read(const char *state_dir, struct keeper_record *ret_record);
/* Durable when it returns 0. FILES removes the record. */
int keeper_write(const char *state_dir, const struct keeper_record *record);

/* Durable when it returns 0; what is there already is not written again. */
int keeper_put_copy(const char *state_dir, enum keeper_copy which, const struct str_buf *copy);
/* -ENOENT and the like; -EFBIG. */
int keeper_get_copy(const char *state_dir, enum keeper_copy which, struct str_buf *ret_copy);
/* When it was put there (wall time); 0: not known. */
int64_t keeper_copied_us(const char *state_dir, enum keeper_copy which);
void keeper_drop_copy(const char *state_dir, enum keeper_copy which);
/* The new one counts for good: the record goes, the copy of the new becomes the one that is running. -errno: nothing
 * has changed. */
int keeper_confirm(const char *state_dir);

/* The time to confirm that is left now. Time when the box was off does not count: it may be more than there was, never
 * less than what this boot has seen. */
int64_t keeper_left_us(const struct keeper_record *record, int64_t mono_us);
/* Sets what is left as of now. */
void keeper_stamp(struct keeper_record *record, int64_t left_us);
const char *keeper_state_name(enum keeper_state state); /* files trial held */
const char *keeper_cause_text(enum keeper_cause cause); /* "it was not confirmed in time" */
