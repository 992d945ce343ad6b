/* replay_apply.h: what a line of a recording means to the daemon: the calls that feed.c and view.c make for the same thing.
 *
 * Owned by the replay's world. Which devices, buses and plugins are lost is remembered here: a restart finds them so again. */
#pragma once

#include "app/live.h"
#include "app/replay_line.h"
#include "app/replay_out.h"

struct replay_apply;

/* live is lent: its conf, engine, watch and effects are used, as they are at each call. */
struct replay_apply *replay_apply_new(struct live *live);
void replay_apply_free(struct replay_apply *a);
UTIL_DEFINE_CLEANUP(struct replay_apply *, replay_apply_free);

/* 0, or -ENOENT with problem: what the line names is not configured. To be asked before any of the others. */
int replay_apply_check(struct replay_apply *a, const struct replay_line *l, struct str_buf *problem);
void replay_apply_message(struct replay_apply *a, const struct replay_line *l, struct clock_now now);
void replay_apply_quality(struct replay_apply *a, const struct replay_line *l, struct clock_now now);
/* As the engine answers; < 0: refusal says why. */
int replay_apply_command(struct replay_apply *a, const struct replay_line_command *c, struct clock_now now,
			 struct str_buf *refusal);
/* After a start: every bus, unit and plugin says whether it is there. */
void replay_apply_sources(struct replay_apply *a);
/* After a restart: what the devices show is as it was before. */
void replay_apply_values(struct replay_apply *a, const struct engine *before, struct clock_now now);
/* Whether supervision was told of something since it was asked last. */
bool replay_apply_watched(struct replay_apply *a);
void replay_apply_count(const struct replay_apply *a, struct replay_out_summary *to);
