/* sim_replay.c: see sim_replay.h. */
#include "sim_replay.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "sim_access.h"
#include "sim_peer.h"

/* One recorded request: chunks first … end - 1 came before the next request. */
struct exchange {
	size_t request, first, end;
	struct exchange *next; /* of the same request, in order */
};

/* All exchanges of one request. */
struct sequence {
	char *key;
	struct exchange *first, *last, *now;
};

/* What is known of the registers (or bits) of a unit and function. */
struct memory {
	uint16_t value[65536];
	uint8_t known[65536]; /* 0, KNOWN_VALUE, or an exception code */
};
#define KNOWN_VALUE 0xff

struct sim_replay {
	struct sim_record record;
	enum sim_replay_pace pace;
	struct exchange *exchanges;
	size_t count;
	struct map *sequences; /* by unit and PDU in hex */
	struct sequence *sequence_room;
	size_t sequence_count;
	struct memory *memories[256][5]; /* functions 1 … 4 */
	uint64_t answered, made, unknown;
};

static uint16_t u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Unit and PDU of a recorded frame. False: it is none. */
static bool body_of(const struct sim_replay *r, const struct sim_record_chunk *c, struct sim_message *ret)
{
	size_t head = r->record.framing == SIM_FRAMING_TCP ? 6 : 0, tail = head ? 0 : 2;
	const uint8_t *bytes;

	if (c->len < head + tail + 2 || c->len - head - tail - 1 > SIM_PDU_MAX)
		return false;
	bytes = r->record.bytes + c->first; /* a recording of empty lines has no bytes at all */
	if (!head && sim_frame_crc(bytes, c->len - 2) != (uint16_t)(bytes[c->len - 2] | bytes[c->len - 1] << 8))
		return false;
	ret->tid = head ? u16(bytes) : 0;
	ret->unit = bytes[head];
	ret->pdu.len = c->len - head - tail - 1;
	memcpy(ret->pdu.byte, bytes + head + 1, ret->pdu.len);
	return true;
}

static void key_of(const struct sim_message *m, struct str_buf *to)
{
	str_buf_clear(to);
	str_buf_printf(to, "%02x", m->unit);
	for (size_t i = 0; i < m->pdu.len; i++)
		str_buf_printf(to, "%02x", m->pdu.byte[i]);
}

/* ---- what the recording knows ---- */

static struct memory *memory_of(struct sim_replay *r, const struct sim_message *rq)
{
	uint8_t function = rq->pdu.byte[0];

	if (function < 1 || function > 4 || rq->pdu.len != 5)
		return NULL;
	if (!r->memories[rq->unit][function])
		r->memories[rq->unit][function] = MEM_NEW(struct memory);
	return r->memories[rq->unit][function];
}

static void learn(struct sim_replay *r, const struct exchange *x, const struct sim_message *rq)
{
	struct sim_message a;
	struct memory *m = memory_of(r, rq);
	uint16_t first = rq->pdu.len == 5 ? u16(rq->pdu.byte + 1) : 0,
		 count = rq->pdu.len == 5 ? u16(rq->pdu.byte + 3) : 0;
	bool bits = rq->pdu.byte[0] <= 2;

	if (!m || x->first == x->end || !body_of(r, &r->record.chunks[x->first], &a) || a.unit != rq->unit ||
	    a.tid != rq->tid || first + count > 65536)
		return;
	if (a.pdu.byte[0] == (rq->pdu.byte[0] | 0x80) && a.pdu.len == 2 && count == 1)
		m->known[first] = a.pdu.byte[1] && a.pdu.byte[1] != KNOWN_VALUE ? a.pdu.byte[1] : 4;
	if (a.pdu.byte[0] != rq->pdu.byte[0] || a.pdu.len != 2u + (bits ? (count + 7u) / 8 : 2u * count))
		return;
	for (uint16_t i = 0; i < count; i++) {
		m->value[first + i] = bits ? a.pdu.byte[2 + i / 8] >> i % 8 & 1 : u16(a.pdu.byte + 2 + 2 * i);
		m->known[first + i] = KNOWN_VALUE;
	}
}

/* False: it does not know enough. */
static bool make_answer(struct sim_replay *r, const struct sim_message *rq, struct sim_message *ret)
{
	struct memory *m = memory_of(r, rq);
	uint16_t first = m ? u16(rq->pdu.byte + 1) : 0, count = m ? u16(rq->pdu.byte + 3) : 0;
	bool bits = rq->pdu.byte[0] <= 2, whole = true;
	uint8_t bad = 0;

	if (!m || count == 0 || first + count > 65536 || count > (bits ? 2000 : 125))
		return false;
	*ret = (struct sim_message){ .tid = rq->tid, .unit = rq->unit };
	ret->pdu.byte[0] = rq->pdu.byte[0];
	ret->pdu.byte[1] = (uint8_t)(bits ? (count + 7) / 8 : 2 * count);
	ret->pdu.len = 2u + ret->pdu.byte[1];
	for (uint16_t i = 0; i < count; i++) {
		uint8_t known = m->known[first + i];
		uint16_t value = m->value[first + i];

		whole = whole && known == KNOWN_VALUE;
		bad = known && known != KNOWN_VALUE ? known : bad;
		if (bits) {
			ret->pdu.byte[2 + i / 8] |= (uint8_t)((value & 1) << i % 8);
			continue;
		}
		ret->pdu.byte[2 + 2 * i] = (uint8_t)(value >> 8);
		ret->pdu.byte[3 + 2 * i] = (uint8_t)value;
	}
	if (bad)
		ret->pdu = (struct sim_pdu){ { rq->pdu.byte[0] | 0x80, bad }, 2 };
	return whole || bad;
}

/* ---- reading it in ---- */

static void add_exchange(struct sim_replay *r, size_t request, size_t end)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };
	struct exchange *x = &r->exchanges[r->count++];
	struct sim_message rq;
	struct sequence *s;

	*x = (struct exchange){ .request = request, .first = request + 1, .end = end };
	if (!body_of(r, &r->record.chunks[request], &rq))
		return;
	key_of(&rq, &key);
	s = map_find(r->sequences, key.text);
	if (!s) {
		s = &r->sequence_room[r->sequence_count++];
		s->key = str_buf_take(&key);
		s->first = s->now = x;
		map_put(r->sequences, s->key, s);
	} else {
		s->last->next = x;
	}
	s->last = x;
	learn(r, x, &rq);
}

struct sim_replay *sim_replay_new(struct sim_record *record, enum sim_replay_pace pace)
{
	struct sim_replay *r = MEM_NEW(struct sim_replay);

	r->record = *record;
	*record = (struct sim_record){ 0 };
	r->pace = pace;
	r->sequences = map_new();
	r->exchanges = mem_array(r->record.count + 1, sizeof(*r->exchanges));
	r->sequence_room = mem_array(r->record.count + 1, sizeof(*r->sequence_room));
	for (size_t i = 0; i < r->record.count; i++) {
		size_t end = i + 1;

		if (r->record.chunks[i].way != SIM_RECORD_SENT)
			continue;
		while (end < r->record.count && r->record.chunks[end].way == SIM_RECORD_RECEIVED)
			end++;
		add_exchange(r, i, end);
	}
	return r;
}

void sim_replay_free(struct sim_replay *r)
{
	if (!r)
		return;
	for (size_t u = 0; u < 256; u++)
		for (size_t f = 0; f < 5; f++)
			free(r->memories[u][f]);
	map_free(r->sequences);
	for (size_t i = 0; i < r->sequence_count; i++)
		free(r->sequence_room[i].key);
	free(r->exchanges);
	free(r->sequence_room);
	sim_record_fini(&r->record);
	free(r);
}

/* ---- answering ---- */

/* Moves the transaction ids of the frames that begin in this chunk; *left: bytes of a frame that began before. */
static void move_ids(uint8_t *bytes, size_t len, uint16_t by, size_t *left)
{
	for (size_t at = MIN(*left, len); at < len; at += MIN(*left, len - at)) {
		uint16_t id;

		*left = 0;
		if (len - at < 6)
			return;
		id = (uint16_t)(u16(bytes + at) + by);
		bytes[at] = (uint8_t)(id >> 8);
		bytes[at + 1] = (uint8_t)id;
		*left = 6u + u16(bytes + at + 4);
	}
}

static void play(struct sim_replay *r, struct sim_peer *p, const struct exchange *x, const struct sim_message *rq)
{
	const struct sim_record_chunk *request = &r->record.chunks[x->request];
	uint16_t by = (uint16_t)(rq->tid - u16(r->record.bytes + request->first));
	size_t left = 0;

	for (size_t i = x->first; i < x->end; i++) {
		const struct sim_record_chunk *c = &r->record.chunks[i];
		struct sim_peer_timing timing = { 0 };
		uint8_t bytes[SIM_RECORD_CHUNK_MAX];

		memcpy(bytes, r->record.bytes + c->first, c->len);
		if (r->record.framing == SIM_FRAMING_TCP)
			move_ids(bytes, c->len, by, &left);
		if (r->pace == SIM_REPLAY_AS_RECORDED)
			timing.delay_us = c->at_us - request->at_us;
		sim_peer_send(p, bytes, c->len, &timing);
	}
}

void sim_replay_answer(struct sim_replay *r, struct sim_peer *p, const struct sim_message *rq)
{
	static const struct sim_shape plain;
	_cleanup_str_buf_ struct str_buf key = { 0 };
	struct sim_message made;
	uint8_t frame[SIM_FRAME_MAX];
	struct sequence *s;

	key_of(rq, &key);
	s = map_find(r->sequences, key.text);
	if (s) {
		r->answered++;
		play(r, p, s->now, rq);
		s->now = s->now->next ? s->now->next : s->first;
	} else if (make_answer(r, rq, &made)) {
		r->made++;
		sim_peer_send(p, frame, sim_frame_build(r->record.framing, &made, &plain, frame),
			      &(struct sim_peer_timing){ 0 });
	} else {
		r->unknown++;
	}
}

json_t *sim_replay_stats(const struct sim_replay *r)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "exchanges", (json_int_t)r->count, "answered", (json_int_t)r->answered,
			 "made", (json_int_t)r->made, "unknown", (json_int_t)r->unknown);
}
