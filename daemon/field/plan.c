#include "field/plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"

#define NS_PER_S          INT64_C(1000000000)
#define REQUEST_BYTES     13 /* 8 of the request, 5 around the data of the answer */
#define TURNAROUND_NS     (5 * NS_PER_S / 1000)
#define TCP_BAUD          115200 /* what usually stands behind a gateway, or a device as fast as that */
#define TCP_TURNAROUND_NS (2 * NS_PER_S / 1000)
#define DEFAULT_PERIOD_US S

static int64_t char_ns(const struct bus *bus)
{
	int bits = 1 + bus->data_bits + (bus->parity == 'N' ? 0 : 1) + bus->stop_bits;

	return bits * NS_PER_S / MAX(bus->baud, 1);
}

/* The silence that must stand before a frame: 3.5 characters, 1.75 ms above 19,200 baud. */
static int64_t silence_ns(const struct bus *bus)
{
	return bus->baud > 19200 ? 1750000 : char_ns(bus) * 7 / 2;
}

void plan_cost_of_bus(const struct bus *bus, struct plan_cost *ret_cost)
{
	struct plan_cost c = { .max_bytes = 2 * FRAME_REGISTERS };

	if (bus->type == BUS_RTU) {
		/* Six tenths of the timeout for the wire, the rest for the device: a longer answer could never arrive. */
		int64_t wire_ns = bus->timeout_us * 600 - REQUEST_BYTES * char_ns(bus);

		c.byte_ns = char_ns(bus);
		c.request_ns = REQUEST_BYTES * c.byte_ns + TURNAROUND_NS + 2 * silence_ns(bus);
		c.max_bytes = (uint16_t)CLAMP(wire_ns / c.byte_ns, (int64_t)2, (int64_t)2 * FRAME_REGISTERS);
	} else {
		c.byte_ns = 10 * NS_PER_S / TCP_BAUD;
		c.request_ns = REQUEST_BYTES * c.byte_ns + TCP_TURNAROUND_NS;
	}
	c.request_ns = MAX(c.request_ns, bus->min_interval_us * 1000);
	*ret_cost = c;
}

static int64_t cost_ns(const struct plan_cost *cost, uint8_t function, uint32_t count)
{
	return cost->request_ns + cost->byte_ns * frame_answer_bytes(function, (uint16_t)count);
}

int64_t plan_cost_us(const struct plan_cost *cost, uint8_t function, uint16_t count)
{
	return cost_ns(cost, function, count) / 1000;
}

/* A value on its way into the plan: what it is sorted by, and itself. */
struct draft {
	uint16_t unit, address, width;
	uint8_t function;
	enum codec_table table;
	int64_t period_us;
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

		for (size_t t = 0; t < from->text_count; t++)
			texts[t] = (struct codec_text){ from->texts[t].raw, arena_strdup(a, from->texts[t].text) };
		c->wires[i] = *from;
		c->wires[i].texts = texts;
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
	u->late_bound_us = MAX(u->late_bound_us, d->late_bound_us > 0 ? d->late_bound_us : 2 * S);
	len = strlen(u->name);
	if (len == 0)
		snprintf(u->name, sizeof(u->name), "%.*s", (int)str_utf8_cut(name, sizeof(u->name) - 1), name);
	else if (len + strlen(name) + 3 < sizeof(u->name))
		snprintf(u->name + len, sizeof(u->name) - len, ", %s", name);
	return (uint16_t)i;
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
		unit = n == 0 ? add_unit(p, d) : unit;
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
				  .told = QUALITY_GOOD },
		};
	}
	return n;
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
	if (n > 0)
		qsort(drafts, n, sizeof(*drafts), compare_drafts);
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
		/* Together in one cell when they share registers, and one request can still carry them. */
		if (g->cell_count > 0 && d->address < c->address + c->width &&
		    end - c->address <= p->units[g->unit].max_registers) {
			c->width = (uint16_t)MAX((uint32_t)c->width, end - c->address);
		} else {
			c = &p->cells[p->cell_count++];
			*c = (struct plan_cell){ d->address, d->width, (uint32_t)i, 0 };
			g->cell_count++;
		}
		c->item_count++;
		p->items[i] = d->item;
	}
	p->item_count = n;
}

/* How much one request of this group may ask for: the device's limit and the line's. */
static uint32_t group_cap(const struct plan *p, const struct plan_group *g)
{
	const struct plan_unit *u = &p->units[g->unit];

	if (g->function <= 2)
		return MIN(u->max_bits, p->cost.max_bytes * 8);
	return MIN(u->max_registers, p->cost.max_bytes / 2);
}

/* best[i]: the least cost of reading the first i cells; from[i]: where the last request of it begins. Exact: every run
 * that fits is tried. Of equal costs the one with fewer requests is taken. */
static void cheapest(const struct plan *p, const struct plan_group *g, int64_t *best, uint32_t *from)
{
	const struct plan_cell *cells = &p->cells[g->first_cell];
	uint32_t cap = group_cap(p, g);

	best[0] = 0;
	for (uint32_t i = 1; i <= g->cell_count; i++) {
		uint32_t end = 0;

		best[i] = INT64_MAX;
		for (uint32_t j = i; j-- > 0;) {
			int64_t cost;

			end = MAX(end, (uint32_t)cells[j].address + cells[j].width);
			if (end - cells[j].address > cap && j < i - 1)
				break;
			cost = best[j] + cost_ns(&p->cost, g->function, end - cells[j].address);
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
				       .count = (uint16_t)span_of(p, r->first, r->asked_end) };
}

size_t plan_request_count(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->group_count; i++)
		n += p->groups[i].request_count;
	return n;
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
			int64_t ns = cost_ns(&p->cost, g->function, span_of(p, r[k].first, r[k].end));

			load.share += (double)ns / 1000 / (double)g->period_us;
			load.cycle_us += ns / 1000;
			longest_ns = MAX(longest_ns, ns);
		}
	}
	load.longest_share = (double)longest_ns / 1000 / (double)load.shortest_period_us;
	return load;
}

void plan_describe_request(const struct plan *p, const struct plan_request *r, struct str_buf *to)
{
	str_buf_printf(to, "%s:%u+%u", codec_table_name(p->groups[r->group].table), p->cells[r->first].address,
		       span_of(p, r->first, r->end));
}

void plan_describe(const struct plan *p, struct str_buf *to)
{
	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		const struct plan_request *r = plan_first_request(p, g);
		char period[STR_DURATION_MAX];

		for (uint32_t k = 0; k < g->request_count; k++) {
			unsigned values = 0;

			for (uint32_t c = r[k].first; c < r[k].end; c++)
				values += p->cells[c].item_count;
			str_buf_printf(to, "unit %u: ", p->units[g->unit].unit);
			plan_describe_request(p, &r[k], to);
			str_buf_printf(to, " every %s, %u value%s\n", str_from_duration(g->period_us, period), values,
				       values == 1 ? "" : "s");
		}
	}
}
