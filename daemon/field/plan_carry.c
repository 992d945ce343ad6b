#include "field/plan_carry.h"

#include "base/str.h"

static bool same_wire(const struct codec_wire *a, const struct codec_wire *b)
{
	return a->table == b->table && a->address == b->address && a->type == b->type && a->order == b->order &&
	       a->bit_low == b->bit_low && a->bit_high == b->bit_high && a->registers == b->registers &&
	       a->invert == b->invert && a->scale == b->scale && a->offset == b->offset;
}

/* The same event of that unit; NULL: none. */
static const struct plan_item *find_event(const struct plan *p, uint8_t unit, const struct codec_wire *wire)
{
	for (size_t g = 0; g < p->group_count; g++) {
		const struct plan_group *group = &p->groups[g];

		if (p->units[group->unit].unit != unit || group->table != wire->table)
			continue;
		for (uint32_t c = group->first_cell; c < group->first_cell + group->cell_count; c++) {
			const struct plan_cell *cell = &p->cells[c];

			if (cell->address > wire->address)
				break; /* in order of addresses */
			for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++)
				if (p->items[i].event && same_wire(p->items[i].wire, wire))
					return &p->items[i];
		}
	}
	return NULL;
}

static void carry_events(struct plan *to, const struct plan_group *group, const struct plan *from)
{
	for (uint32_t c = group->first_cell; c < group->first_cell + group->cell_count; c++) {
		const struct plan_cell *cell = &to->cells[c];

		for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++) {
			struct plan_item *item = &to->items[i];
			const struct plan_item *old =
				item->event ? find_event(from, to->units[group->unit].unit, item->wire) : NULL;

			if (old)
				item->event_last = old->event_last;
		}
	}
}

/* The request that asks the same of that unit as often; NULL: none, or other devices stand there now. */
static const struct plan_request *find_request(const struct plan *p, const struct plan *to,
					       const struct plan_request *r)
{
	const struct plan_group *like = &to->groups[r->group];
	struct frame_request wanted = plan_frame(to, r);

	for (size_t g = 0; g < p->group_count; g++) {
		const struct plan_group *group = &p->groups[g];
		const struct plan_request *old = plan_first_request(p, group);

		if (p->units[group->unit].unit != to->units[like->unit].unit || group->table != like->table ||
		    !str_equal(p->units[group->unit].name, to->units[like->unit].name) ||
		    group->period_us != like->period_us)
			continue;
		for (uint32_t k = 0; k < group->request_count; k++) {
			struct frame_request asked = plan_frame(p, &old[k]);

			if (asked.address == wanted.address && asked.count == wanted.count)
				return &old[k];
		}
	}
	return NULL;
}

/* Only of requests that are answered; all others begin at once. */
static void carry_turns(struct plan *to, const struct plan_group *group, const struct plan *from, int64_t now_us)
{
	struct plan_request *r = plan_first_request(to, group);

	for (uint32_t k = 0; k < group->request_count; k++) {
		const struct plan_request *old = find_request(from, to, &r[k]);

		if (!old || !old->asked || old->misses > 0 || old->busy || old->searching || old->refused)
			continue;
		if (old->due_us > 0 && old->due_us <= now_us + group->period_us * 3 / 2) {
			r[k].due_us = old->due_us;
			r[k].held = old->held;
			r[k].asked = true; /* its values are carried over, too */
		}
	}
}

void plan_carry(struct plan *to, const struct plan *from, int64_t now_us)
{
	for (size_t g = 0; g < to->group_count; g++) {
		carry_events(to, &to->groups[g], from);
		carry_turns(to, &to->groups[g], from, now_us);
	}
}
