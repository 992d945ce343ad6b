/* replay.h: estated --replay: recorded readings through the engine of the daemon, in virtual time. No network, no plugins, no
 * database file, no waiting: the same recording and configuration give the same output, byte for byte.
 *
 * The recording is read line by line: memory goes with the configuration and with open alarms, not with its length. A
 * mistake in it is one "FILE:LINE: error: …" on stderr, and there is no output at all. */
#pragma once

struct replay_setup {
	const char *path; /* of the recording; "-": standard input */
	const char *conf_path, *data_dir;
	const char *residents;                                               /* NULL: none */
	const char *until;                                                   /* NULL: as far as the recording goes */
	const char *out;                                                     /* NULL: standard output */
	enum replay_attendance { REPLAY_ATTENDED, REPLAY_ALONE } attendance; /* whether an operator is there */
};

/* Returns the process's exit status: 0; 1: something is wrong, said on stderr; 2: `until` is no time. */
int replay_run(const struct replay_setup *setup);
