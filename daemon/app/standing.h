/* standing.h: which configuration is in force, and whether the state directory knows it (keeper.h): what could not be kept
 * is said once, and tried again. Main thread; the jobs of reload.c write what standing_draft gives them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/startconf.h"
#include "base/complain.h"
#include "model/status.h"

struct standing {
	const char *state_dir;
	struct keeper_record record; /* as it is, or should be, on disk */
	int64_t stamp_us;            /* monotonic: when the record is to be written again */
	struct str_buf unsaved;      /* of the files in force, that could not be kept yet */
	bool dirty;                  /* record, or unsaved, is not on disk */
	struct complaint unkept;
	int64_t since_us; /* wall time since when the configuration that is held, or returns, counts */
};

/* Takes record and copy of what the daemon started with. */
void standing_begin(struct standing *st, const char *state_dir, struct startconf *s);
/* An orderly end: of the time to confirm left_us is left. */
void standing_end(struct standing *st, int64_t left_us);
void standing_fini(struct standing *st);

/* It was tried to keep it: 0 or -errno. */
void standing_note(struct standing *st, int error);
/* The files count for good now; copy is theirs (taken), where it could not be kept. */
void standing_take(struct standing *st, struct str_buf *copy, int error);
/* Something is to be written: not on disk yet, or what is left of the time to confirm. */
bool standing_due(const struct standing *st, int64_t now_us);
/* That is it; the next try is for later. */
void standing_draft(struct standing *st, int64_t left_us, struct keeper_record *ret_record, struct str_buf *ret_copy);
void standing_status(const struct standing *st, int64_t left_us, struct status_config *ret_status);
