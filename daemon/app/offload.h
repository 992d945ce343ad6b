/* offload.h: the reader thread: work that reads files or waits for threads, kept off the main loop. Owned by the main
 * thread; one job at a time, in order. What a job touches belongs to it from submit to done. */
#pragma once

#include "base/util.h"

struct event_base;
struct offload;

struct offload_job {
	void (*work)(void *context); /* on the reader thread */
	void (*done)(void *context); /* on the main thread, after work; NULL: nobody wants to know */
	void *context;
};

/* 0 or -errno. */
int offload_new(struct event_base *base, struct offload **ret_offload);
/* Lets the job in work end; later ones are done without their work being run: done() is always called. */
void offload_free(struct offload *o);
UTIL_DEFINE_CLEANUP(struct offload *, offload_free);
/* 0 or -ENOSPC: too many wait (16). */
int offload_submit(struct offload *o, const struct offload_job *job);
