#include "store/store_inside.h"

#include <string.h>

#include "base/mem.h"

struct store_view *store_view_get(struct store *s, const char *uplink, enum envelope_lane lane)
{
	struct store_view *v;

	for (size_t i = 0; i < s->view_count; i++)
		if (s->views[i]->lane == lane && str_equal(s->views[i]->uplink, uplink))
			return s->views[i];
	if (strlen(uplink) >= STORE_OP_UPLINK_MAX)
		return NULL;
	s->views = mem_realloc(s->views, s->view_count + 1, sizeof(*s->views));
	v = s->views[s->view_count++] = MEM_NEW(struct store_view);
	v->lane = lane;
	memcpy(v->uplink, uplink, strlen(uplink) + 1);
	return v;
}

void store_view_fini(struct store *s)
{
	for (size_t i = 0; i < s->view_count; i++)
		free(s->views[i]);
	free(s->views);
}

void store_view_fill(struct store *s)
{
	s->audit_head = s->state->audit.head;
	for (size_t i = 0; i < s->state->outbox.lane_count; i++) {
		const struct outbox_lane *l = &s->state->outbox.lanes[i];
		struct store_view *v = store_view_get(s, l->uplink, l->lane);

		if (v)
			outbox_fill(l, &v->now);
	}
}
