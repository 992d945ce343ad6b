/* putback_inside.h: what the files of a restore share. No other file includes it. */
#pragma once

#include <jansson.h>

#include "base/str.h"

/* Where the backup comes from; texts are lent from its manifest. */
struct putback_origin {
	const char *estate, *host, *version, *made;
	int64_t made_us;
	const char *config; /* its main file's name */
};

struct putback_rise {
	const struct putback_origin *origin;
	const char *state_dir;
	const char *who;
	const char *aside; /* the name of the folder that takes what was there */
};

/* putback.c: root works on in the name of the state directory's owner, whose files these are; NULL: as himself again. Others are
 * who they are. */
void putback_act_as(const char *state_dir);

/* putback_state.c: are both databases of the backup whole, and of a schema that we know? */
int putback_state_check(const char *dir, struct str_buf *why);
/* Upgrades state.db in there, raises the numbers of its lanes and writes the audit record. */
int putback_state_rise(const char *dir, const struct putback_rise *rise, uint64_t *ret_seq, struct str_buf *why);

/* putback_switch.c: what is to be moved. Owned; texts are JSON strings in it. */
struct putback_plan {
	json_t *root;
};
void putback_switch_fini(struct putback_plan *p);
/* conf_path: of the main file that is to be replaced. */
int putback_switch_plan(const struct putback_rise *rise, const char *conf_path, struct putback_plan *ret_plan,
			struct str_buf *why);
/* What the plan has put beside the configuration, where nothing is promised. */
void putback_switch_unstage(const char *conf_path);
/* Durable when it returns 0: from here on it will be done. */
int putback_switch_promise(const char *state_dir, const struct putback_plan *p, struct str_buf *why);
/* -ENOENT: nothing was promised; -EBADMSG: it is none of ours. */
int putback_switch_read(const char *state_dir, struct putback_plan *ret_plan);
/* It changes no other configuration than this one: root takes no word of another user for it. */
bool putback_switch_is_for(const struct putback_plan *p, const char *conf_path);
int putback_switch_run(const char *state_dir, const struct putback_plan *p, struct str_buf *why);
/* The promise is taken back where nothing has been moved yet; -EALREADY: something has. */
int putback_switch_take_back(const char *state_dir, const struct putback_plan *p);
/* All is in place: what is left of it goes. */
void putback_switch_clear(const char *state_dir);
/* The promise is gone, then all that was unpacked. */
int putback_switch_forget(const char *state_dir);
