/* replay_world.h: the daemon in virtual time: the engine, supervision, the clock's keeper and a virtual operator, without
 * buses, plugins, store and API.
 *
 * One thread, which must be the only one: clocks say what the world says (clock_pretend) from replay_world_begin until
 * replay_world_free. Time goes from one due moment to the next, so a quiet night costs nothing. At one and the same
 * moment: what is due goes first, in the order delays and ages, supervision, ladders, operator; then the line of that moment.
 *
 * Its monotonic time is the wall time of the first line and goes on from there; a clock step moves the wall clock alone.
 * A restart takes no time: sources are back at once, values are as old as they were. */
#pragma once

#include "app/replay_line.h"
#include "app/replay_out.h"
#include "care/care.h"
#include "conf/conf.h"

struct replay_world;

struct replay_world_setup {
	const struct conf *conf;
	struct resident_list residents; /* the register: lent */
	struct replay_out *out;
	bool attended; /* a virtual operator is there */
};
struct replay_world *replay_world_new(const struct replay_world_setup *setup);
void replay_world_free(struct replay_world *w);
UTIL_DEFINE_CLEANUP(struct replay_world *, replay_world_free);

/* The recording begins: all sources are up, nothing was ever read. */
int replay_world_begin(struct replay_world *w, int64_t wall_us);
/* What the line says happens, after everything that was due before. 0, or -errno with problem: the line cannot be meant
 * (an unknown device, a time before that of the line before), nothing has changed. */
int replay_world_line(struct replay_world *w, const struct replay_line *l, struct str_buf *problem);
/* Time goes on until the wall clock says so. */
void replay_world_until(struct replay_world *w, int64_t wall_us);

int64_t replay_world_wall_us(const struct replay_world *w);
/* What a refused command would have told the person: of the last line, "" where it was none. */
const char *replay_world_refusal(const struct replay_world *w);
/* Adds what it knows; readings of the lines so far. */
void replay_world_count(const struct replay_world *w, struct replay_out_summary *ret_summary);
