/* backup.h: a copy of all that is kept, made while the daemon goes on: in the folder `backup` of the state directory, for
 * estatectl to take (it packs it, with the configuration, into one file).
 *
 * A thread of its own for the time of one backup, with read-only connections: each database as of one moment (VACUUM INTO),
 * every other file as it stands. It gives way: after each MiB it waits until that is on the disk, and then as long as that
 * took, so that an alarm's commit finds the disk free half of the time; and it gives up before the disk is full.
 *
 * A database that the disk has damaged is copied row by row, what is whole of it, and what was lost is named.
 *
 * What the copies are of: first audit.head and the samples' ring, then the databases, which may be further but never behind
 * (audit_head.h, ring.h). What no other file has: the ballast and the lock are not copied, nor files that were set aside.
 *
 * Main thread. Close it before the store: a reader must not outlive the writer. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct backup;

enum backup_state { BACKUP_RUNNING, BACKUP_READY, BACKUP_FAILED };

struct backup_status {
	enum backup_state state;
	const char *step;    /* the file in work, static */
	int64_t done, total; /* bytes; total is an estimate */
	const char *text;    /* FAILED: why, and what to do; lent */
	const char *folder;  /* absolute; lent */
	const char *damaged; /* READY: what is not in the copies as the disk has lost it, "": all is; lent */
	int schemas[2];      /* READY: versions of state.db and history.db */
};

/* Begins. state_dir is absolute. Waits for nothing. 0 or -errno. */
int backup_start(const char *state_dir, struct backup **ret_backup);
/* The copies are no longer wanted: the thread removes them and ends. Waits for nothing. */
void backup_stop(struct backup *b);
/* It has: backup_free would not wait. */
bool backup_is_gone(struct backup *b);
/* Stops it where it was not, and waits for the end of the thread: at most some 100 ms and one MiB to the disk. */
void backup_free(struct backup *b);
UTIL_DEFINE_CLEANUP(struct backup *, backup_free);

void backup_look(struct backup *b, struct backup_status *ret_status);

/* Removes what a daemon left behind that was killed amid a backup. Before any is started. */
void backup_sweep(const char *state_dir);
/* Whether a file or folder of the state directory (its name in there) belongs to what is kept: into a backup, and aside
 * when one is put back. */
bool backup_is_kept(const char *name);
