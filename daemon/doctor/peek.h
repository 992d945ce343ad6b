/* peek.h: reads what the machine says of itself: small files of /proc, /sys and /etc, processes, who holds a port.
 * Reads only. root stands before every path: "" on a real machine, a prepared folder in a test. One thread. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

#define PEEK_MAX (64 * 1024) /* of a small file */

/* Appends at most max bytes of the file: 0 or -errno. */
int peek_file(const char *root, const char *path, size_t max, struct str_buf *to);
/* The first line, without its end. 0, or -errno (-ENODATA: empty). */
int peek_line(const char *root, const char *path, struct str_buf *to);
/* The first number of a file. 0 or -errno. */
int peek_number(const char *root, const char *path, int64_t *ret_number);
bool peek_exists(const char *root, const char *path);
/* The value behind "key:" or "key=" at the beginning of a line of text, without blanks around it. */
bool peek_value(const char *text, const char *key, struct str_buf *to);

/* A process whose name (comm) is this; 0: none, or not to be seen. */
pid_t peek_process(const char *root, const char *name);
/* Who has the device open, but for one process; 0: nobody that can be seen. ret_blind: some could not be looked into. */
pid_t peek_holder(const char *root, dev_t device, pid_t but, bool *ret_blind);
/* The name of a process, or "?" . */
void peek_name(const char *root, pid_t pid, struct str_buf *to);
