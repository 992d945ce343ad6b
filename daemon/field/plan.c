#include "field/plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "field/agree.h"

#define DEFAULT_PERIOD_US S

/* A value on its way into the plan: what it is sorted by, and itself. */
struct draft {
	uint16_t unit, address, width;
	uint8_t function;
	enum codec_table table;
	int64_t period_us; /* with which it is read; item.period_us: its own where that is longer */
	struct plan_item item;
};

static int compare_drafts(const void *left, const void *right)
{
	const struct draft *a = left, *b = right;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->function != b->function)
		return a->function < b->function ? -1 : 1;
	if (a->period_us != b->period_us)
		return a->period_us < b->period_us ? -1 : 1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->width != b->width)
		return a->width > b->width ? -1 : 1;
	return a->item.point < b->item.point ? -1 : a->item.point > b->item.point;
}

static uint16_t wire_width(const struct codec_wire *w)
{
	if (codec_table_is_bits(w->table))
		return 1;
	return (uint16_t)MAX((unsigned)w->registers, codec_type_registers(w->type));
}

/* The wires of a profile, copied once however many devices of it the bus has. */
struct wire_copy {
	const struct profile *profile;
	struct codec_wire *wires;
	struct wire_copy *next;
};

static const struct codec_wire *copy_wires(struct arena *a, struct wire_copy **copies, const struct profile *profile)
{
	struct wire_copy *c;

	for (c = *copies; c; c = c->next)
		if (c->profile == profile)
			return c->wires;
	c = ARENA_NEW(a, struct wire_copy);
	*c = (struct wire_copy){ .profile = profile, .next = *copies };
	c->wires = ARENA_ARRAY(a, profile->point_count, struct codec_wire);
	for (size_t i = 0; i < profile->point_count; i++) {
		const struct codec_wire *from = &profile->points[i].wire;
		struct codec_text *texts = ARENA_ARRAY(a, from->text_count, struct codec_text);
		int64_t *invalid = ARENA_ARRAY(a, from->invalid_count, int64_t);

		for (size_t t = 0; t < from->text_count; t++)
			texts[t] = (struct codec_text){ from->texts[t].raw, arena_strdup(a, from->texts[t].text) };
		for (size_t k = 0; k < from->invalid_count; k++)
			invalid[k] = from->invalid[k];
		c->wires[i] = *from;
		c->wires[i].texts = texts;
		c->wires[i].invalid = invalid;
	}
	*copies = c;
	return c->wires;
}

static bool on_bus(const struct device *d, const struct bus *bus)
{
	return d->bus && str_equal(d->bus->id, bus->id);
}

static size_t count_devices(const struct bus *bus, struct device_list list)
{
	size_t n = 0;

	for (size_t i = 0; i < list.count; i++)
		n += on_bus(&list.devices[i], bus);
	return n;
}

static uint16_t add_unit(struct plan *p, const struct device *d)
{
	uint16_t max_registers = d->max_registers ? MIN(d->max_registers, FRAME_REGISTERS) : FRAME_REGISTERS;
	uint16_t max_bits = d->max_bits ? MIN(d->max_bits, FRAME_BITS) : FRAME_BITS;
	const char *name = d->name ? d->name : d->id;
	struct plan_unit *u;
	size_t i, len;

	for (i = 0; i < p->unit_count && p->units[i].unit != d->unit; i++)
		;
	u = &p->units[i];
	if (i == p->unit_count) {
		*u = (struct plan_unit){ .unit = d->unit, .max_registers = max_registers, .max_bits = max_bits };
		p->unit_count++;
	}
	u->max_registers = MIN(u->max_registers, max_registers);
	u->max_bits = MIN(u->max_bits, max_bits);
	u->min_interval_us = MAX(u->min_interval_us, d->min_interval_us);
	u->loose = u->loose || d->loose;
	u->late_bound_us = MAX(u->late_bound_us, d->late_bound_us > 0 ? d->late_bound_us : 2 * S);
	len = strlen(u->name);
	if (len == 0)
		snprintf(u->name, sizeof(u->name), "%.*s", (int)str_utf8_cut(name, sizeof(u->name) - 1), name);
	else if (len + strlen(name) + 3 < sizeof(u->name))
		snprintf(u->name + len, sizeof(u->name) - len, ", %s", name);
	return (uint16_t)i;
}

static int compare_holes(const void *left, const void *right)
{
	const struct plan_fit_hole *a = left, *b = right;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* What a profile forbids, for one function of a unit; holes that touch become one. */
static void add_holes(struct plan *p, struct plan_unit *u, const struct profile *profile, unsigned function)
{
	uint32_t count = u->hole_count[function - 1], kept = 0;
	struct plan_fit_hole *holes = ARENA_ARRAY(p->arena, count + profile->forbidden_count, struct plan_fit_hole);

	for (uint32_t i = 0; i < count; i++)
		holes[i] = u->holes[function - 1][i];
	for (size_t i = 0; i < profile->forbidden_count; i++)
		if (frame_function(profile->forbidden[i].table) == function)
			holes[count++] =
				(struct plan_fit_hole){ profile->forbidden[i].first, profile->forbidden[i].last };
	if (count == 0)
		return;
	qsort(holes, count, sizeof(*holes), compare_holes);
	for (uint32_t i = 1; i < count; i++) {
		if (holes[i].first <= holes[kept].last + 1)
			holes[kept].last = MAX(holes[kept].last, holes[i].last);
		else
			holes[++kept] = holes[i];
	}
	u->holes[function - 1] = holes;
	u->hole_count[function - 1] = kept + 1;
}

static size_t draft_device(struct plan *p, const struct device *d, const struct codec_wire *wires, struct draft *drafts)
{
	size_t n = 0;
	uint16_t unit = 0;

	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct profile_point *spec = &d->profile->points[i];
		uint16_t width = wire_width(&spec->wire);

		if (spec->wire.table == CODEC_TABLE_NONE)
			continue;
		if (width > FRAME_REGISTERS || spec->wire.address + width > UINT16_MAX + 1) {
			p->refused_items++;
			continue;
		}
		if (n == 0) {
			unit = add_unit(p, d);
			for (unsigned f = 1; f <= 4 && d->profile->forbidden_count > 0; f++)
				add_holes(p, &p->units[unit], d->profile, f);
		}
		drafts[n++] = (struct draft){
			.unit = unit,
			.function = frame_function(spec->wire.table),
			.table = spec->wire.table,
			.period_us = spec->period_us > 0 ? spec->period_us : DEFAULT_PERIOD_US,
			.address = spec->wire.address,
			.width = width,
			.item = { .wire = &wires[i],
				  .point = d->first_point + (uint32_t)i,
				  .event = point_is_event(spec),
				  .agree = d->urgent && d->urgent[i] ? ARENA_NEW(p->arena, struct agree) : NULL,
				  .told = QUALITY_GOOD },
		};
	}
	return n;
}

/* How much one request may ask for: the device's limit and the line's. */
static struct plan_fit fit_of(const struct plan *p, unsigned unit, uint8_t function)
{
	const struct plan_unit *u = &p->units[unit];

	return (struct plan_fit){
		.cost = p->cost,
		.function = function,
		.cap = function <= 2 ? MIN(u->max_bits, p->cost.max_bytes * 8)
				     : MIN(u->max_registers, p->cost.max_bytes / 2),
		.holes = u->holes[function - 1],
		.hole_count = u->hole_count[function - 1],
	};
}

/* A run of drafts of one unit and table, by address. */
struct ride {
	struct draft *drafts;
	size_t count;
	struct plan_fit fit;
};

static int compare_addresses(const void *left, const void *right)
{
	const struct draft *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->width != b->width)
		return a->width > b->width ? -1 : 1;
	return a->period_us < b->period_us ? -1 : a->period_us > b->period_us;
}

/* Which periods there are, rising. False: one only, or too many. */
static bool find_levels(struct ride *r)
{
	struct plan_fit *f = &r->fit;

	f->level_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		unsigned l = 0;

		while (l < f->level_count && f->period_us[l] < r->drafts[i].period_us)
			l++;
		if (l < f->level_count && f->period_us[l] == r->drafts[i].period_us)
			continue;
		if (f->level_count == PLAN_FIT_LEVELS)
			return false;
		memmove(&f->period_us[l + 1], &f->period_us[l], (f->level_count - l) * sizeof(f->period_us[0]));
		f->period_us[l] = r->drafts[i].period_us;
		f->level_count++;
	}
	return f->level_count > 1;
}

/* Slower values of the run that cost less when they are read with faster ones are given their period. */
static void share_rides(struct ride *r)
{
	_cleanup_(freep) struct plan_fit_cell *cells = NULL;

	if (!find_levels(r))
		return;
	qsort(r->drafts, r->count, sizeof(*r->drafts), compare_addresses);
	cells = mem_array(r->count, sizeof(*cells));
	for (size_t i = 0; i < r->count; i++) {
		uint8_t level = 0;

		while (r->fit.period_us[level] < r->drafts[i].period_us)
			level++;
		cells[i] = (struct plan_fit_cell){ r->drafts[i].address, r->drafts[i].width, level, level };
	}
	plan_fit_solve(&r->fit, cells, r->count);
	for (size_t i = 0; i < r->count; i++) {
		struct draft *d = &r->drafts[i];

		if (cells[i].with == cells[i].level)
			continue;
		/* What must not be missed is told as often as it is read. */
		if (!d->item.event && !d->item.agree)
			d->item.period_us = d->period_us;
		d->period_us = r->fit.period_us[cells[i].with];
	}
}

/* Drafts are sorted by unit and function. */
static void share_all_rides(const struct plan *p, struct draft *drafts, size_t n)
{
	size_t first = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && drafts[i].unit == drafts[first].unit && drafts[i].function == drafts[first].function)
			continue;
		share_rides(&(struct ride){ .drafts = drafts + first,
					    .count = i - first,
					    .fit = fit_of(p, drafts[first].unit, drafts[first].function) });
		first = i;
	}
}

static size_t draft_devices(struct plan *p, const struct bus *bus, struct device_list list, struct draft **ret_drafts)
{
	struct wire_copy *copies = NULL;
	size_t room = 0, n = 0;
	struct draft *drafts;

	for (size_t i = 0; i < list.count; i++)
		if (on_bus(&list.devices[i], bus))
			room += list.devices[i].profile->point_count;
	drafts = mem_array(room, sizeof(*drafts));
	for (size_t i = 0; i < list.count; i++) {
		const struct device *d = &list.devices[i];

		if (on_bus(d, bus))
			n += draft_device(p, d, copy_wires(p->arena, &copies, d->profile), drafts + n);
	}
	if (n > 0) {
		qsort(drafts, n, sizeof(*drafts), compare_drafts);
		share_all_rides(p, drafts, n);
		qsort(drafts, n, sizeof(*drafts), compare_drafts);
	}
	*ret_drafts = drafts;
	return n;
}

static bool same_group(const struct draft *a, const struct draft *b)
{
	return a->unit == b->unit && a->function == b->function && a->period_us == b->period_us;
}

static size_t count_groups(const struct draft *drafts, size_t n)
{
	size_t groups = n > 0;

	for (size_t i = 1; i < n; i++)
		groups += !same_group(&drafts[i - 1], &drafts[i]);
	return groups;
}

/* Sorted values to groups and cells. */
static void place_drafts(struct plan *p, const struct draft *drafts, size_t n)
{
	struct plan_group *g = NULL;
	uint32_t raw = 0;

	for (size_t i = 0; i < n; i++) {
		const struct draft *d = &drafts[i];
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
	struct plan_fit f = fit_of(p, g->unit, g->function);

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
	_cleanup_(freep) struct draft *drafts = NULL;
	size_t n;

	p->arena = arena_new();
	plan_cost_of_bus(bus, &p->cost);
	p->tempo = (struct plan_tempo){ .timeout_us = bus->timeout_us,
					.pause_after_connect_us = bus->pause_after_connect_us,
					.min_interval_us = bus->min_interval_us,
					.idle_close_us = bus->idle_close_us };
	p->units = ARENA_ARRAY(p->arena, MIN(count_devices(bus, devices), (size_t)UINT8_MAX + 1), struct plan_unit);
	n = draft_devices(p, bus, devices, &drafts);
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

static uint32_t span_of(const struct plan *p, uint32_t first, uint32_t end)
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
				       .count = (uint16_t)span_of(p, r->first, r->asked_end),
				       .loose = p->units[g->unit].loose };
}

size_t plan_request_count(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->group_count; i++)
		n += p->groups[i].request_count;
	return n;
}

/* Of one unit: its own requests, and the pauses that it wants between them. */
static double unit_share(const struct plan *p, size_t unit)
{
	int64_t pause_ns = MAX(p->units[unit].min_interval_us * 1000 - p->cost.silence_ns, (int64_t)0);
	double share = 0;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		const struct plan_request *r = plan_first_request(p, g);

		for (uint32_t k = 0; g->unit == unit && k < g->request_count; k++) {
			int64_t ns = plan_cost_ns(&p->cost, g->function, span_of(p, r[k].first, r[k].end)) + pause_ns;

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
			int64_t ns = plan_cost_ns(&p->cost, g->function, span_of(p, r[k].first, r[k].end));

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

void plan_describe_request(const struct plan *p, const struct plan_request *r, struct str_buf *to)
{
	str_buf_printf(to, "%s:%u+%u", codec_table_name(p->groups[r->group].table), p->cells[r->first].address,
		       span_of(p, r->first, r->end));
}

static void describe_line(const struct plan *p, const struct plan_request *r, struct str_buf *to)
{
	const struct plan_group *g = &p->groups[r->group];
	unsigned values = 0, slower = 0;
	char period[STR_DURATION_MAX];

	for (uint32_t c = r->first; c < r->end; c++)
		for (uint32_t i = 0; i < p->cells[c].item_count; i++, values++)
			slower += p->items[p->cells[c].first_item + i].period_us > 0;
	str_buf_printf(to, "unit %u: ", p->units[g->unit].unit);
	plan_describe_request(p, r, to);
	str_buf_printf(to, " every %s, %u value%s", str_from_duration(g->period_us, period), values,
		       values == 1 ? "" : "s");
	if (slower > 0)
		str_buf_printf(to, ", %u of them wanted less often", slower);
	str_buf_add(to, "\n");
}

void plan_describe(const struct plan *p, struct str_buf *to)
{
	for (size_t i = 0; i < p->group_count; i++)
		for (uint32_t k = 0; k < p->groups[i].request_count; k++)
			describe_line(p, plan_first_request(p, &p->groups[i]) + k, to);
}
