/* startconf.h: the configuration that estated starts with: the files, or what was kept where a reload was not confirmed
 * (keeper.h). Before the loop, main thread. */
#pragma once

#include "app/keeper.h"
#include "conf/conf.h"

struct live_setup;

struct startconf {
	struct conf *conf;           /* in force */
	struct conf *fallback;       /* TRIAL: returns unless it is confirmed; NULL otherwise */
	struct keeper_record record; /* as it is on disk now */
	struct str_buf copy;         /* FILES: of the files that were read, to be kept once the store has the folder */
};

/* Reads, says every mistake on stderr, logs where it is not the files that count. 0 or -errno. The caller frees both. */
int startconf_load(const struct live_setup *setup, struct startconf *ret_start);
