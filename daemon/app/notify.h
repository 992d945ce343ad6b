/* notify.h: the service manager: READY, STATUS, WATCHDOG, STOPPING. Does nothing where there is none. Main thread. */
#pragma once

#include <stdint.h>

int64_t notify_watchdog_us(void); /* how often it wants to hear; 0: no watchdog */
void notify_ready(const char *status);
void notify_status(const char *status);
void notify_alive(void);
void notify_stopping(void);
