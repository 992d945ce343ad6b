/* journal.h: the log sink of the daemon: lines go by queue to a thread that writes them, so that no caller ever waits for
 * a disk or a journal. A full queue drops and counts. */
#pragma once

#include <stdint.h>

int journal_start(void); /* 0 or -errno; then it is the process's sink */
void journal_stop(void); /* writes what waits, then the default sink is back */
uint64_t journal_dropped(void);
