#include "field/plan_measure.h"

/* Of one unit: its own requests, and the pauses that it wants between them. */
static double unit_share(const struct plan *p, size_t unit)
{
	int64_t pause_ns = MAX(p->units[unit].min_interval_us * 1000 - p->cost.silence_ns, (int64_t)0);
	double share = 0;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		const struct plan_request *r = plan_first_request(p, g);

		for (uint32_t k = 0; g->unit == unit && k < g->request_count; k++) {
			int64_t ns = plan_cost_ns(&p->cost, g->function, plan_span(p, r[k].first, r[k].end)) + pause_ns;

			share += (double)ns / 1000 / (double)g->period_us;
		}
	}
	return share;
}

static void find_busiest(const struct plan *p, struct plan_load *load)
{
	for (size_t i = 0; i < p->unit_count; i++) {
		double share = unit_share(p, i);

		if (share <= load->busiest_share)
			continue;
		load->busiest_share = share;
		load->busiest = p->units[i].unit;
	}
}

struct plan_load plan_measure(const struct plan *p)
{
	struct plan_load load = { .points = p->item_count,
				  .units = p->unit_count,
				  .requests = plan_request_count(p),
				  .shortest_period_us = INT64_MAX };
	int64_t longest_ns = 0;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		const struct plan_request *r = plan_first_request(p, g);

		load.requests_per_s += (double)g->request_count * 1e6 / (double)g->period_us;
		load.shortest_period_us = MIN(load.shortest_period_us, g->period_us);
		for (uint32_t k = 0; k < g->request_count; k++) {
			int64_t ns = plan_cost_ns(&p->cost, g->function, plan_span(p, r[k].first, r[k].end));

			load.share += (double)ns / 1000 / (double)g->period_us;
			load.silence += (double)p->cost.idle_ns / 1000 / (double)g->period_us;
			load.cycle_us += ns / 1000;
			longest_ns = MAX(longest_ns, ns);
		}
	}
	find_busiest(p, &load);
	load.longest_share = (double)longest_ns / 1000 / (double)load.shortest_period_us;
	return load;
}
