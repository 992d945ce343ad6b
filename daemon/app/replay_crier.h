/* replay_crier.h: people in a replay: the ladders of the configuration climb as live, and whoever is called can be reached
 * at once. Owned by the replay's world. */
#pragma once

#include "alarm/evaluator.h"
#include "app/replay_out.h"
#include "conf/conf.h"

struct replay_crier;

/* NULL where the configuration has no contacts: then nobody is told of anything. All functions take NULL. */
struct replay_crier *replay_crier_new(const struct conf *conf, struct replay_out *out);
void replay_crier_free(struct replay_crier *c);
UTIL_DEFINE_CLEANUP(struct replay_crier *, replay_crier_free);

/* When, and whether the time of day can be believed then. */
struct replay_crier_moment {
	struct clock_now now;
	bool clock_known;
};
void replay_crier_alarm(struct replay_crier *c, const struct alarm *a, const struct replay_crier_moment *m);
/* What is due; an alarm that a step makes more urgent is told to the evaluator. */
void replay_crier_tick(struct replay_crier *c, struct evaluator *e, const struct replay_crier_moment *m,
		       struct alarm_effects *out);
int64_t replay_crier_due(const struct replay_crier *c); /* INT64_MAX: never */
/* kill -9 and a new start: what was kept goes on. */
void replay_crier_restart(struct replay_crier *c, struct evaluator *e, const struct replay_crier_moment *m);
