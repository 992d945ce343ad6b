/* launch.h: what a plugin's processes are started in: program, sandbox, a folder of their own for temporary files. Kept from
 * one start to the next. Main thread (PDEATHSIG fires when the forking thread ends). */
#pragma once

#include "plugin/process.h"

struct launch;

struct launch_setup {
	const char *instance;
	const char *program; /* a name in plugin_dir, or an absolute path */
	const char *plugin_dir;
	const char *state_dir;       /* hidden from it where the kernel has Landlock */
	const char *credentials_dir; /* NULL: none */
};

/* Copies what it keeps. The sandbox is made with the first start. */
struct launch *launch_new(const struct launch_setup *setup);
void launch_free(struct launch *l); /* after the last process has ended */
/* 0, or -errno where there is no process. */
int launch_run(struct launch *l, struct process *ret_process);
const char *launch_program(const struct launch *l); /* its path; lent */
