/* sim_replay.h: answers as a recorded bus did: byte for byte, late as it was, wrong as it was. Owned by its slave.
 *
 * A request is looked up by its unit and PDU; the answers to the same request come in the order in which they were
 * recorded, then from the beginning again. On TCP an answer has the transaction id of the live request, moved by as much
 * as it was off in the recording. A request that was never recorded (a daemon that has just started asks in longer
 * blocks) is answered from what the recording knows of each register: data, or an illegal address; else not at all. */
#pragma once

#include <jansson.h>

#include "base/str.h"
#include "base/util.h"
#include "sim_record.h"

struct sim_peer;
struct sim_replay;

enum sim_replay_pace { SIM_REPLAY_AS_RECORDED, SIM_REPLAY_FAST };

/* record is taken. */
struct sim_replay *sim_replay_new(struct sim_record *record, enum sim_replay_pace pace);
void sim_replay_free(struct sim_replay *r);
UTIL_DEFINE_CLEANUP(struct sim_replay *, sim_replay_free);
void sim_replay_answer(struct sim_replay *r, struct sim_peer *p, const struct sim_message *rq);
/* {"exchanges","answered","made","unknown"} */
json_t *sim_replay_stats(const struct sim_replay *r);
