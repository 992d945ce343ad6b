/* sandbox.h: what a plugin process may do. Made before the fork; applied in the child by calls that are safe there.
 *
 * As root the plugin becomes `nobody`. seccomp: no AF_UNIX socket (socketpair stays: libraries need it), no signal to the
 * daemon or to everybody, no tracing, no leaving of its process group. Landlock, where the kernel has it, hides the state
 * directory (every path beside it is allowed) and, from 6.12 on, keeps its signals to its own children. Resource limits
 * on memory, files, processes and core dumps.
 *
 * Invariant: what this system grants is tried out once, in sandbox_new; what it refuses then (a container without seccomp)
 * is left out and can be told, what fails later keeps the plugin from starting. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/util.h"

struct sandbox;

enum sandbox_measure { SANDBOX_USER = 1, SANDBOX_FILTER = 2, SANDBOX_HIDING = 4 };

struct sandbox *sandbox_new(const char *hidden); /* hidden: the state directory */
void sandbox_free(struct sandbox *s);
UTIL_DEFINE_CLEANUP(struct sandbox *, sandbox_free);

/* Set of enum sandbox_measure that plugins run without. */
unsigned sandbox_lacking(const struct sandbox *s);
const char *sandbox_measure_name(enum sandbox_measure m); /* for people */

uid_t sandbox_user(const struct sandbox *s); /* whom plugins run as */

/* Before each fork: Landlock allows what is there at this moment. */
void sandbox_prepare(struct sandbox *s);
/* In the child, after fork: async-signal-safe calls only. 0 or -errno: the child must not go on. */
int sandbox_enter(const struct sandbox *s);
/* Gives a path to the user that plugins run as (nothing where that is us). -EACCES: it is his, but he cannot get there. */
int sandbox_give(const struct sandbox *s, const char *path);
