/* reinstall.h: estated --restore: what estatectl has unpacked is put in place, in a process of its own. */
#pragma once

struct reinstall_setup {
	const char *state_dir, *conf_path;
};

/* The process's exit status: 0 done (said on stdout), 1 not (why is said on stderr). */
int reinstall_run(const struct reinstall_setup *setup);
