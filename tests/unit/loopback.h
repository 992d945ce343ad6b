/* loopback.h: where a slave of a test is reached: a listener, a port that is free, a pseudo terminal. All from the kernel;
 * what it refuses ends the test. */
#pragma once

#include <stdint.h>

int loopback_listen(uint16_t *ret_port); /* 127.0.0.1, non-blocking */
uint16_t loopback_free_port(void);       /* nobody listens there */

/* Raw and non-blocking: the slave's end. keep is the other one, so that the line is never hung up; path is what a master opens. */
#define LOOPBACK_PATH_MAX 64
int loopback_open_line(int *ret_keep, char ret_path[static LOOPBACK_PATH_MAX]);
