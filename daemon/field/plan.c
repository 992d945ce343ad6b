#include "field/plan.h"

#include "base/arena.h"
#include "base/mem.h"
#include "field/plan_draft.h"

static bool same_group(const struct plan_draft *a, const struct plan_draft *b)
{
	return a->unit == b->unit && a->function == b->function && a->period_us == b->period_us;
}

static size_t count_groups(const struct plan_draft *drafts, size_t n)
{
	size_t groups = n > 0;

	for (size_t i = 1; i < n; i++)
		groups += !same_group(&drafts[i - 1], &drafts[i]);
	return groups;
}

/* Sorted values to groups and cells. */
static void place_drafts(struct plan *p, const struct plan_draft *drafts, size_t n)
{
	struct plan_group *g = NULL;
	uint32_t raw = 0;

	for (size_t i = 0; i < n; i++) {
		const struct plan_draft *d = &drafts[i];
		struct plan_cell *c = p->cell_count ? &p->cells[p->cell_count - 1] : NULL;
		uint32_t end = d->address + d->width;

		if (!g || !same_group(d - 1, d)) {
			g = &p->groups[p->group_count++];
			*g = (struct plan_group){ .unit = d->unit,
						  .function = d->function,
						  .table = d->table,
						  .period_us = d->period_us,
						  .first_cell = (uint32_t)p->cell_count };
		}
		/* Bits of a register, or the same value again: they come with it. Values that only touch stay apart. */
		if (g->cell_count == 0 || end > (uint32_t)c->address + c->width) {
			c = &p->cells[p->cell_count++];
			*c = (struct plan_cell){
				.address = d->address, .width = d->width, .first_item = (uint32_t)i, .raw = raw
			};
			raw += d->width;
			g->cell_count++;
		}
		c->item_count++;
		p->items[i] = d->item;
	}
	p->item_count = n;
	p->raw = ARENA_ARRAY(p->arena, raw, uint16_t);
}

/* best[i]: the least cost of reading the first i cells; from[i]: where the last request of it begins. Exact: every run
 * that fits is tried. Of equal costs the one with fewer requests is taken. */
static void cheapest(const struct plan *p, const struct plan_group *g, int64_t *best, uint32_t *from)
{
	const struct plan_cell *cells = &p->cells[g->first_cell];
	struct plan_fit f = plan_fit_of(p, g->unit, g->function);

	best[0] = 0;
	for (uint32_t i = 1; i <= g->cell_count; i++) {
		uint32_t end = 0;

		best[i] = INT64_MAX;
		for (uint32_t j = i; j-- > 0;) {
			int64_t cost;

			end = MAX(end, (uint32_t)cells[j].address + cells[j].width);
			if (j < i - 1 &&
			    (end - cells[j].address > f.cap || plan_fit_blocked(&f, cells[j].address, end)))
				break;
			cost = best[j] + plan_cost_ns(&p->cost, g->function, end - cells[j].address);
			if (cost <= best[i]) {
				best[i] = cost;
				from[i] = j;
			}
		}
	}
}

void plan_group_requests(struct plan *p, struct plan_group *g, int64_t due_us)
{
	_cleanup_(freep) int64_t *best = mem_array(g->cell_count + 1, sizeof(*best));
	_cleanup_(freep) uint32_t *from = mem_array(g->cell_count + 1, sizeof(*from));
	struct plan_request *r = plan_first_request(p, g);
	uint32_t n = 0;

	cheapest(p, g, best, from);
	for (uint32_t i = g->cell_count; i > 0; i = from[i])
		n++;
	g->request_count = n;
	g->renew_us = 0;
	for (uint32_t i = g->cell_count; i > 0; i = from[i])
		r[--n] = (struct plan_request){ .group = (uint32_t)(g - p->groups),
						.first = g->first_cell + from[i],
						.end = g->first_cell + i,
						.asked_end = g->first_cell + i,
						.due_us = due_us };
}

struct plan *plan_build(const struct bus *bus, struct device_list devices)
{
	struct plan *p = MEM_NEW(struct plan);
	_cleanup_(freep) struct plan_draft *drafts = NULL;
	size_t n;

	p->arena = arena_new_for(plan_draft_size(bus, devices));
	plan_cost_of_bus(bus, &p->cost);
	p->tempo = (struct plan_tempo){ .timeout_us = bus->timeout_us,
					.pause_after_connect_us = bus->pause_after_connect_us,
					.min_interval_us = bus->min_interval_us,
					.idle_close_us = bus->idle_close_us };
	n = plan_draft_devices(p, bus, devices, &drafts);
	p->groups = ARENA_ARRAY(p->arena, count_groups(drafts, n), struct plan_group);
	p->cells = ARENA_ARRAY(p->arena, n, struct plan_cell);
	p->items = ARENA_ARRAY(p->arena, n, struct plan_item);
	place_drafts(p, drafts, n);
	p->requests = ARENA_ARRAY(p->arena, p->cell_count, struct plan_request);
	for (size_t i = 0; i < p->group_count; i++)
		plan_group_requests(p, &p->groups[i], 0);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	arena_free(p->arena);
	free(p);
}

uint32_t plan_span(const struct plan *p, uint32_t first, uint32_t end)
{
	uint32_t last = 0;

	for (uint32_t i = first; i < end; i++)
		last = MAX(last, (uint32_t)p->cells[i].address + p->cells[i].width);
	return last - p->cells[first].address;
}

struct frame_request plan_frame(const struct plan *p, const struct plan_request *r)
{
	const struct plan_group *g = &p->groups[r->group];

	return (struct frame_request){ .unit = p->units[g->unit].unit,
				       .function = g->function,
				       .address = p->cells[r->first].address,
				       .count = (uint16_t)plan_span(p, r->first, r->asked_end),
				       .loose = p->units[g->unit].loose };
}

size_t plan_request_count(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->group_count; i++)
		n += p->groups[i].request_count;
	return n;
}
