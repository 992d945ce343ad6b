/* sim_slave.c: see sim_slave.h. */
#include "sim_slave.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_peer.h"
#include "sim_rand.h"
#include "sim_replay.h"
#include "sim_world.h"

static void note(struct sim_slave *s, const struct sim_message *rq)
{
	struct sim_slave_seen *seen = &s->seen[s->seen_total++ % SIM_SLAVE_LOG];
	const uint8_t *p = rq->pdu.byte;

	*seen = (struct sim_slave_seen){ .at_us = sim_world_now_us(s->world) - s->world->start_us,
					 .unit = rq->unit,
					 .function = p[0] };
	if (rq->pdu.len >= 5) {
		seen->first = (uint16_t)(p[1] << 8 | p[2]);
		seen->count = p[0] == 5 || p[0] == 6 || p[0] == 22 ? 1 : (uint16_t)(p[3] << 8 | p[4]);
	}
	s->counts.requests++;
}

static void send_bytes(struct sim_peer *p, int64_t count, const struct sim_peer_timing *timing)
{
	uint8_t noise[4096];
	size_t len = (size_t)MIN(count, (int64_t)sizeof(noise));

	for (size_t i = 0; i < len; i++)
		noise[i] = (uint8_t)sim_rand_next(&p->rand);
	sim_peer_send(p, noise, len, timing);
}

/* Faults that send something else than an answer. True where one of them did. */
static bool replaced(struct sim_peer *p, const struct sim_shape *shape, const struct sim_peer_timing *timing)
{
	if (shape->on[SIM_FAULT_MUTE])
		return true;
	if (shape->on[SIM_FAULT_CLOSE])
		sim_peer_reset(p);
	else if (shape->on[SIM_FAULT_FLOOD])
		sim_peer_flood(p, shape->arg[SIM_FAULT_FLOOD]);
	else if (shape->on[SIM_FAULT_GARBAGE])
		send_bytes(p, shape->arg[SIM_FAULT_GARBAGE], timing);
	else
		return false;
	return true;
}

static struct sim_peer_timing timing_of(const struct sim_slave *s, const struct sim_message *rq,
					const struct sim_shape *shape)
{
	struct sim_peer_timing timing = { .delay_us = s->turnaround_us, .gap_us = s->char_us };

	/* A pseudo terminal hands the request over at once; a real line would still be carrying it. */
	timing.delay_us += s->char_us * (int64_t)(rq->pdu.len + 3);
	if (shape->on[SIM_FAULT_LATE])
		timing.delay_us += shape->arg[SIM_FAULT_LATE] * MS;
	if (shape->on[SIM_FAULT_DRIP])
		timing.gap_us = MAX(timing.gap_us, shape->arg[SIM_FAULT_DRIP] * MS);
	return timing;
}

/* One request as answered frame, with everything that is wrong with it. */
static void answer(struct sim_slave *s, struct sim_peer *p, const struct sim_message *rq, const struct sim_shape *shape)
{
	static const struct sim_shape plain;
	struct sim_peer_timing timing = timing_of(s, rq, shape);
	struct sim_message m = { .tid = rq->tid, .unit = rq->unit };
	struct sim_unit *u = s->by_id[rq->unit];
	uint8_t frame[SIM_FRAME_MAX];
	size_t len;

	if (replaced(p, shape, &timing))
		return;
	if (!u)
		m.pdu = (struct sim_pdu){ { rq->pdu.byte[0] | 0x80, SIM_EXCEPTION_NO_TARGET }, 2 };
	else if (shape->on[SIM_FAULT_EXCEPTION])
		sim_unit_exception(u, rq->pdu.byte[0], (uint8_t)shape->arg[SIM_FAULT_EXCEPTION], &m.pdu);
	else
		sim_unit_answer(u, &rq->pdu, &m.pdu);
	if (shape->on[SIM_FAULT_ECHO])
		sim_peer_send(p, frame, sim_frame_build(s->framing, rq, &plain, frame), &timing);
	if (shape->on[SIM_FAULT_NOISE])
		send_bytes(p, shape->arg[SIM_FAULT_NOISE], &timing);
	len = sim_frame_build(s->framing, &m, shape, frame);
	sim_peer_send(p, frame, len, &timing);
	if (shape->on[SIM_FAULT_DUPLICATE])
		sim_peer_send(p, frame, len, &timing);
}

/* Unit 0 on a line: every unit obeys, nobody answers. */
static void broadcast(struct sim_slave *s, const struct sim_message *rq)
{
	struct sim_pdu unheard;

	s->counts.broadcasts++;
	for (size_t i = 0; i < s->unit_count; i++)
		sim_unit_answer(s->units[i], &rq->pdu, &unheard);
}

void sim_slave_take(struct sim_slave *s, struct sim_peer *p, const struct sim_message *rq)
{
	struct sim_unit *u = s->by_id[rq->unit];
	struct sim_shape shape;
	int64_t now_us;

	if (!rq->pdu.len)
		return;
	note(s, rq);
	if (s->replay) {
		sim_replay_answer(s->replay, p, rq);
		return;
	}
	if (!u && rq->unit == 0 && s->framing == SIM_FRAMING_RTU) {
		broadcast(s, rq);
		return;
	}
	if (!u) {
		s->counts.unknown_unit++;
		if (s->unknown == SIM_SLAVE_SILENT)
			return;
	}
	memset(&shape, 0, sizeof(shape));
	now_us = sim_world_now_us(s->world);
	sim_fault_take(&s->faults, now_us, &shape);
	if (u) {
		u->requests[rq->pdu.byte[0] < ARRAY_SIZE(u->requests) ? rq->pdu.byte[0] : 0]++;
		sim_fault_take(&u->faults, now_us, &shape);
	}
	answer(s, p, rq, &shape);
}

void sim_slave_free(struct sim_slave *s)
{
	if (!s)
		return;
	if (s->wire)
		s->transport->free(s->wire);
	for (size_t i = 0; i < s->unit_count; i++)
		sim_unit_free(s->units[i]);
	free(s->units);
	sim_replay_free(s->replay);
	free(s->id);
	free(s);
}

json_t *sim_slave_stats(const struct sim_slave *s)
{
	const struct sim_slave_counts *c = &s->counts;
	json_t *stats = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "requests", (json_int_t)c->requests,
				  "bytes_in", (json_int_t)c->bytes_in, "bytes_out", (json_int_t)c->bytes_out,
				  "bytes_lost", (json_int_t)c->bytes_lost, "frame_errors", (json_int_t)c->frame_errors,
				  "unknown_unit", (json_int_t)c->unknown_unit, "broadcasts", (json_int_t)c->broadcasts,
				  "faults", (json_int_t)s->faults.done);
	json_t *units = json_object();

	s->transport->stats(s->wire, stats);
	json_object_set_new(stats, "logged", json_integer((json_int_t)MIN(s->seen_total, (uint64_t)SIM_SLAVE_LOG)));
	for (size_t i = 0; i < s->unit_count; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%u", s->units[i]->id);
		json_object_set_new(units, id, sim_unit_stats(s->units[i]));
	}
	json_object_set_new(stats, "units", units);
	if (s->replay)
		json_object_set_new(stats, "replay", sim_replay_stats(s->replay));
	return stats;
}

json_t *sim_slave_requests(const struct sim_slave *s, size_t max)
{
	uint64_t kept = MIN(s->seen_total, (uint64_t)SIM_SLAVE_LOG), n = MIN(kept, (uint64_t)max);
	json_t *list = json_array();

	for (uint64_t i = s->seen_total - n; i < s->seen_total; i++) {
		const struct sim_slave_seen *seen = &s->seen[i % SIM_SLAVE_LOG];

		json_array_append_new(list, json_pack("{s:f, s:i, s:i, s:i, s:i}", "at", (double)seen->at_us / 1e6,
						      "unit", seen->unit, "function", seen->function, "first",
						      seen->first, "count", seen->count));
	}
	return list;
}

void sim_slave_reset_stats(struct sim_slave *s)
{
	s->counts = (struct sim_slave_counts){ 0 };
	s->seen_total = 0;
	s->faults.done = 0;
	for (size_t i = 0; i < s->unit_count; i++) {
		struct sim_unit *u = s->units[i];

		memset(u->requests, 0, sizeof(u->requests));
		u->answers = u->exceptions = u->faults.done = 0;
	}
}
