#include "field/plan_draft.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "field/agree.h"

#define DEFAULT_PERIOD_US S

static int compare_drafts(const void *left, const void *right)
{
	const struct plan_draft *a = left, *b = right;

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

static size_t draft_device(struct plan *p, const struct device *d, const struct codec_wire *wires,
			   struct plan_draft *drafts)
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
		drafts[n++] = (struct plan_draft){
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

/* A run of drafts of one unit and table, by address. */
struct ride {
	struct plan_draft *drafts;
	size_t count;
	struct plan_fit fit;
};

static int compare_addresses(const void *left, const void *right)
{
	const struct plan_draft *a = left, *b = right;

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
		struct plan_draft *d = &r->drafts[i];

		if (cells[i].with == cells[i].level)
			continue;
		/* What must not be missed is told as often as it is read. */
		if (!d->item.event && !d->item.agree)
			d->item.period_us = d->period_us;
		d->period_us = r->fit.period_us[cells[i].with];
	}
}

/* Drafts are sorted by unit and function. */
static void share_all_rides(const struct plan *p, struct plan_draft *drafts, size_t n)
{
	size_t first = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && drafts[i].unit == drafts[first].unit && drafts[i].function == drafts[first].function)
			continue;
		share_rides(&(struct ride){ .drafts = drafts + first,
					    .count = i - first,
					    .fit = plan_fit_of(p, drafts[first].unit, drafts[first].function) });
		first = i;
	}
}

static size_t count_points(const struct bus *bus, struct device_list list)
{
	size_t n = 0;

	for (size_t i = 0; i < list.count; i++)
		if (on_bus(&list.devices[i], bus))
			n += list.devices[i].profile->point_count;
	return n;
}

size_t plan_draft_size(const struct bus *bus, struct device_list list)
{
	/* A cell and a request for each value, at most; twice the wires, for their texts. */
	size_t value = sizeof(struct plan_item) + sizeof(struct plan_cell) + sizeof(struct plan_request) +
		       2 * sizeof(struct codec_wire);

	return count_points(bus, list) * value +
	       count_devices(bus, list) * (sizeof(struct plan_unit) + 4 * sizeof(struct plan_group));
}

size_t plan_draft_devices(struct plan *p, const struct bus *bus, struct device_list list,
			  struct plan_draft **ret_drafts)
{
	struct wire_copy *copies = NULL;
	struct plan_draft *drafts = mem_array(count_points(bus, list), sizeof(*drafts));
	size_t n = 0;

	p->units = ARENA_ARRAY(p->arena, MIN(count_devices(bus, list), (size_t)UINT8_MAX + 1), struct plan_unit);
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
