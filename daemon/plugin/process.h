/* process.h: one plugin process: pipes, pid, signals. Main thread (PDEATHSIG fires when the forking thread ends).
 *
 * Invariant: the plugin is the leader of a process group that only it and its children are in; it is reaped by
 * process_reap alone, so its number is its own until then. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/util.h"
#include "plugin/sandbox.h"

/* Descriptors are non-blocking and CLOEXEC; -1 when closed. */
struct process {
	pid_t pid;        /* 0: none */
	int pidfd;        /* readable when it has ended; -1: this kernel has none, SIGCHLD tells */
	int in, out, err; /* its stdin (we write), stdout and stderr (we read) */
};

struct process_setup {
	const char *program;     /* path */
	const char *instance;    /* in its environment as ESTATE_INSTANCE */
	const char *tmpdir;      /* TMPDIR; NULL: none */
	const char *credentials; /* ESTATE_CREDENTIALS: the folder of secrets beside the configuration; NULL: none */
	struct sandbox *sandbox;
};

/* Where a program is: an absolute path as it is, a name in dir. The caller frees. */
char *process_path(const char *dir, const char *program);
/* 0, or -errno: -ENOENT no such program, -EACCES not executable, -EISDIR a folder. What goes wrong in the child comes as
 * a "fault" line on its stdout, followed by its end with 127. */
int process_start(const struct process_setup *setup, struct process *ret_process);
/* Signals the whole group. */
void process_signal(const struct process *p, int signal_number);
bool process_ended(const struct process *p); /* to be reaped */
/* Waits for its end, kills what is left of the group, closes everything; "exited with 3", "killed by signal 9 (Killed)". */
void process_reap(struct process *p, char *text, size_t size);
