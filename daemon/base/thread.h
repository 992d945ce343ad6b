/* thread.h: threads with a name, all signals blocked (the main thread takes them). */
#pragma once

#include "base/util.h"

struct thread;

/* Runs main_fn(arg) in a new thread; name is at most 15 bytes. 0 or -errno. */
int thread_start(const char *name, void (*main_fn)(void *arg), void *arg, struct thread **ret_thread);
/* Waits for its end and frees it. NULL is fine. */
void thread_join(struct thread *t);
