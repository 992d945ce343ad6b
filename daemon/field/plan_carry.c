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

/* Of the same devices, and asked as often. */
static bool same_group(const struct plan *a, const struct plan_group *ga, const struct plan *b,
		       const struct plan_group *gb)
{
	const struct plan_unit *ua = &a->units[ga->unit], *ub = &b->units[gb->unit];

	return ua->unit == ub->unit && ga->table == gb->table && ga->period_us == gb->period_us &&
	       str_equal(ua->name, ub->name);
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

		if (!same_group(p, group, to, like))
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

static bool same_cells(const struct plan *a, const struct plan_group *ga, const struct plan *b,
		       const struct plan_group *gb)
{
	const struct plan_cell *ca = &a->cells[ga->first_cell], *cb = &b->cells[gb->first_cell];

	if (ga->cell_count != gb->cell_count)
		return false;
	for (uint32_t i = 0; i < ga->cell_count; i++)
		if (ca[i].address != cb[i].address || ca[i].width != cb[i].width)
			return false;
	return true;
}

static bool same_limits(const struct plan *a, const struct plan_group *ga, const struct plan *b,
			const struct plan_group *gb)
{
	struct plan_fit fa = plan_fit_of(a, ga->unit, ga->function), fb = plan_fit_of(b, gb->unit, gb->function);

	if (fa.cap != fb.cap || fa.hole_count != fb.hole_count)
		return false;
	for (size_t i = 0; i < fa.hole_count; i++)
		if (fa.holes[i].first != fb.holes[i].first || fa.holes[i].last != fb.holes[i].last)
			return false;
	return true;
}

/* What the device was found not to take is not looked for again. What it refused is asked at once, alone: the value may have
 * another name now, and has to be told bad. */
static void carry_splits(struct plan *to, struct plan_group *group, const struct plan *from)
{
	for (size_t g = 0; g < from->group_count; g++) {
		const struct plan_group *old = &from->groups[g];
		const struct plan_request *was = plan_first_request(from, old);
		struct plan_request *r = plan_first_request(to, group);

		if (old->renew_us == 0 || !same_group(from, old, to, group) || !same_cells(from, old, to, group) ||
		    !same_limits(from, old, to, group))
			continue;
		for (uint32_t k = 0; k < old->request_count; k++) {
			uint32_t first = was[k].first - old->first_cell + group->first_cell;
			uint32_t end = was[k].end - old->first_cell + group->first_cell;

			r[k] = (struct plan_request){ .group = (uint32_t)(group - to->groups),
						      .first = first,
						      .end = end,
						      .asked_end = end,
						      .refused = was[k].refused };
		}
		group->request_count = old->request_count;
		group->renew_us = old->renew_us;
		return;
	}
}

void plan_carry(struct plan *to, const struct plan *from, int64_t now_us)
{
	for (size_t g = 0; g < to->group_count; g++) {
		carry_events(to, &to->groups[g], from);
		carry_splits(to, &to->groups[g], from);
		carry_turns(to, &to->groups[g], from, now_us);
	}
}
