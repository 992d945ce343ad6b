/* notify.h: the service manager: READY, RELOADING, STATUS, WATCHDOG, STOPPING, and the socket that it keeps for us. Does
 * nothing where there is none. Main thread. */
#pragma once

#include <stdint.h>

/* The API's listening socket where a socket unit has made it, the caller's then; -ENOENT: none was handed over; -EPROTO:
 * what was is none. Once, before anything is opened (a stale number would be ours then) and before there are other threads
 * (it changes the environment). */
int notify_listen_fd(void);
int64_t notify_watchdog_us(void); /* how often it wants to hear; 0: no watchdog */
void notify_ready(const char *status);
/* A reload begins; notify_reloaded ends it, whatever came of it. */
void notify_reloading(void);
void notify_reloaded(void);
void notify_status(const char *status);
void notify_alive(void);
void notify_stopping(void);
