/* history_mend.h: history.db where it may be damaged: set aside with its date, and a new one begun with the names of all points
 * (so that the ring goes on) and, as far as there is time, the newest samples with a right CRC. Whoever opens the store, then
 * the store thread. */
#pragma once

#include "store/history.h"

/* ANYWAY: it opens, but was found to be damaged. NEVER: then -EUCLEAN. */
enum history_mend_when { HISTORY_MEND_NEEDED, HISTORY_MEND_ANYWAY, HISTORY_MEND_NEVER };

/* A new file of all that can be had of one that is at work; salvage: path, limit and who watches. 0 with what to say of it, or
 * -errno. */
struct salvage_job;
int history_mend_copy(const struct salvage_job *salvage, const char *made, struct str_buf *what);

/* As history_open, but 1 when it was set aside: what says so. */
int history_mend_open(const char *path, enum history_mend_when when, struct history **ret_history,
		      struct str_buf *what);
