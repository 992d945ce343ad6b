/* putback.h: a backup takes the place of what is kept (estated --restore). estatectl restore has unpacked it into the folder
 * restore.new of the state directory and compared every file with the backup's list.
 *
 *   restore.new/{manifest.json state/ config/} ──databases checked, upgraded, numbers raised──► restore.new/ready
 *     ──present files aside, new ones in, one rename after the other──► restore.new is gone
 *
 * Invariant: until `ready` is there nothing but restore.new has changed, and it is thrown away at the next start; from then on
 * the rest is done again from whatever point it was cut off at, by this or by the next start, before anything is opened. So a
 * crash leaves what was there, or what is restored, whole.
 *
 * What the receivers have seen since the backup was made may never be given again: every lane goes on from the microseconds
 * since 1970 (no lane has ever given a message in each microsecond), with a gap record in the place of the numbers between;
 * a lane that the backup does not know begins there. The audit record says that, and from what, the box was restored.
 *
 * Runs where the store does not: before it is opened, or in a process of its own. */
#pragma once

#include "base/str.h"

#define PUTBACK_FOLDER "restore.new"

struct putback_setup {
	const char *state_dir, *conf_path, *who;
};

/* 0; -EBUSY: estated runs; -EPROTO: of a newer estated; other -errno. said: what was done, lines for a person; or why not. */
int putback_run(const struct putback_setup *setup, struct str_buf *said);

/* At start: ends a restore that was cut off, one way or the other. 1: it was, said tells how; 0: there was none; -errno: it
 * can be neither finished nor undone here, and estated must not start: said tells why. */
int putback_resume(const char *state_dir, const char *conf_path, struct str_buf *said);
