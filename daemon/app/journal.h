/* journal.h: the log sink of the daemon: lines go by queue to a thread that writes them, with their fields to the
 * systemd journal where stderr is one, else to stderr. No caller ever waits for a disk or a journal.
 *
 * A full queue drops and counts, the less important (info, debug) first; how many were lost is said as soon as lines
 * are taken again. At the end the thread has 2 s for what waits; what a stuck reader does not take then is lost. */
#pragma once

#include <stdint.h>

int journal_start(void); /* 0 or -errno; then it is the process's sink */
void journal_stop(void); /* writes what waits, then the default sink is back */
uint64_t journal_dropped(void);
