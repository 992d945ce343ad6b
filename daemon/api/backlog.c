#include "api/backlog.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"

void backlog_init(struct backlog *b, size_t room, uint64_t first_id)
{
	*b = (struct backlog){ .last_id = first_id - 1 };
	for (size_t i = 0; i < BACKLOG_RINGS; i++) {
		b->rings[i].events = mem_array(room, sizeof(struct backlog_event));
		b->rings[i].room = room;
		b->rings[i].lost_id = b->last_id;
	}
}

static void event_fini(struct backlog_event *e)
{
	free(e->name);
	free(e->frame);
	free(e->veiled);
	free(e->place);
	*e = (struct backlog_event){ 0 };
}

void backlog_fini(struct backlog *b)
{
	for (size_t i = 0; i < BACKLOG_RINGS; i++) {
		for (size_t j = 0; j < b->rings[i].room; j++)
			event_fini(&b->rings[i].events[j]);
		free(b->rings[i].events);
	}
	*b = (struct backlog){ 0 };
}

static struct backlog_event *event_at(const struct backlog_ring *r, size_t position)
{
	return &r->events[(r->first + position) % r->room];
}

void backlog_add(struct backlog *b, struct backlog_event e)
{
	struct backlog_ring *r = &b->rings[e.kind == BACKLOG_POINT || e.kind == BACKLOG_NEXT ? 0 : 1];

	if (r->count == r->room) {
		r->lost_id = event_at(r, 0)->id;
		event_fini(event_at(r, 0));
		r->first = (r->first + 1) % r->room;
		r->count--;
	}
	e.id = ++b->last_id;
	*event_at(r, r->count++) = e;
}

uint64_t backlog_next_id(const struct backlog *b)
{
	return b->last_id + 1;
}

void backlog_skip_points(struct backlog *b)
{
	b->rings[0].lost_id = ++b->last_id;
}

bool backlog_complete(const struct backlog *b, uint64_t id)
{
	if (id > b->last_id)
		return false;
	for (size_t i = 0; i < BACKLOG_RINGS; i++)
		if (id < b->rings[i].lost_id)
			return false;
	return true;
}

/* The first event of the ring after id: ids grow along the ring. */
static const struct backlog_event *ring_after(const struct backlog_ring *r, uint64_t id)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (event_at(r, middle)->id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->count ? event_at(r, low) : NULL;
}

const struct backlog_event *backlog_after(const struct backlog *b, uint64_t id)
{
	const struct backlog_event *points = ring_after(&b->rings[0], id);
	const struct backlog_event *others = ring_after(&b->rings[1], id);

	if (!points || !others)
		return points ? points : others;
	return points->id < others->id ? points : others;
}
