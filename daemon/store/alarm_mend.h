/* alarm_mend.h: open alarms whose rows in state.db are damaged. What is not known of them is taken for the worst: they are open and
 * nobody has acknowledged them, with what the last whole transition says, so that people are told again and go and look.
 * Whoever opens the store, then the store thread.
 *
 * Invariant: afterwards every row has a right CRC, and every alarm that was not over by its last transition has a row. */
#pragma once

#include "store/database.h"

enum alarm_mend_how {
	ALARM_MEND_DAMAGED, /* nothing is done where every row is whole */
	ALARM_MEND_PARTIAL, /* rows are missing, nobody knows which */
};

/* In a transaction of its own. 0 with how many were mended, or -errno and nothing is changed. */
int alarm_mend_run(struct database *db, enum alarm_mend_how how, size_t *ret_count);
