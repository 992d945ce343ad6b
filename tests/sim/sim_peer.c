/* sim_peer.c: see sim_peer.h. */
#include "sim_peer.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

#define PIECES_MAX  4096
#define FLOOD_CHUNK 4096

struct sim_piece {
	struct sim_piece *next;
	int64_t due_us, gap_us;
	size_t len, sent;
	uint8_t data[];
};

static void write_counted(struct sim_peer *p, const uint8_t *data, size_t len)
{
	size_t n = p->ops->write(p, data, len);

	p->slave->counts.bytes_out += n;
	p->slave->counts.bytes_lost += len - n;
}

/* Sends what is due of the first piece. True when the piece has left. */
static bool piece_leave(struct sim_peer *p, struct sim_piece *piece, int64_t now_us)
{
	size_t due = piece->len;

	if (now_us < piece->due_us)
		return false;
	if (piece->gap_us)
		due = (size_t)MIN((int64_t)piece->len, (now_us - piece->due_us) / piece->gap_us + 1);
	if (due > piece->sent)
		write_counted(p, piece->data + piece->sent, due - piece->sent);
	piece->sent = MAX(due, piece->sent);
	return piece->sent == piece->len;
}

static void arm(struct sim_peer *p, int64_t now_us)
{
	struct sim_piece *piece = p->first;
	int64_t next_us;

	if (!piece)
		return;
	next_us = piece->due_us + (int64_t)piece->sent * piece->gap_us;
	sim_world_arm_real(p->timer, MAX(next_us - now_us, 0));
}

static void run(struct sim_peer *p)
{
	int64_t now_us = sim_world_now_us(p->slave->world);

	while (p->first && piece_leave(p, p->first, now_us)) {
		struct sim_piece *gone = p->first;

		p->first = gone->next;
		p->pieces--;
		/* The line was taken until its last byte: what waited starts behind it. */
		if (p->first && gone->gap_us)
			p->first->due_us = MAX(p->first->due_us, now_us + gone->gap_us);
		free(gone);
	}
	arm(p, now_us);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

void sim_peer_init(struct sim_peer *p, struct event_base *base)
{
	p->timer = evtimer_new(base, on_timer, p);
}

void sim_peer_clear(struct sim_peer *p)
{
	while (p->first) {
		struct sim_piece *gone = p->first;

		p->first = gone->next;
		free(gone);
	}
	p->pieces = 0;
	p->flood_left = 0;
	evtimer_del(p->timer);
}

void sim_peer_fini(struct sim_peer *p)
{
	sim_peer_clear(p);
	event_free(p->timer);
}

static void insert(struct sim_peer *p, struct sim_piece *piece)
{
	struct sim_piece **at = &p->first;

	while (*at && ((*at)->sent || (*at)->due_us <= piece->due_us))
		at = &(*at)->next;
	piece->next = *at;
	*at = piece;
	p->pieces++;
}

void sim_peer_send(struct sim_peer *p, const uint8_t *data, size_t len, const struct sim_peer_timing *timing)
{
	struct sim_piece *piece;

	if (!len)
		return;
	if (!p->first && !timing->delay_us && !timing->gap_us) {
		write_counted(p, data, len);
		return;
	}
	if (p->pieces >= PIECES_MAX) {
		p->slave->counts.bytes_lost += len;
		return;
	}
	piece = mem_zalloc(sizeof(*piece) + len);
	piece->due_us = sim_world_now_us(p->slave->world) + timing->delay_us;
	piece->gap_us = timing->gap_us;
	piece->len = len;
	memcpy(piece->data, data, len);
	insert(p, piece);
	run(p);
}

void sim_peer_flood(struct sim_peer *p, int64_t bytes)
{
	p->flood_left = bytes;
	sim_peer_drained(p);
}

void sim_peer_drained(struct sim_peer *p)
{
	uint8_t chunk[FLOOD_CHUNK];

	while (p->flood_left > 0) {
		size_t want = (size_t)MIN(p->flood_left, (int64_t)sizeof(chunk)), n;

		for (size_t i = 0; i < want; i++)
			chunk[i] = (uint8_t)sim_rand_next(&p->rand);
		n = p->ops->write(p, chunk, want);
		p->slave->counts.bytes_out += n;
		p->flood_left -= (int64_t)n;
		if (n < want) {
			p->ops->want_drained(p);
			return;
		}
	}
}

void sim_peer_reset(struct sim_peer *p)
{
	sim_peer_clear(p);
	if (p->ops->reset)
		p->ops->reset(p);
}
