/* The plan against every possible plan: thousands of small random maps of which all partitions into requests are tried,
 * and larger ones against the plans that leave each period alone. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "field/plan.h"
#include "field/plan_describe.h"
#include "field/plan_measure.h"

#define POINTS_MAX 400
#define SMALL_MAX  8

static uint64_t seed = 20240607;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* One unit, one table. */
struct map {
	struct bus bus;
	struct device device;
	struct profile profile;
	struct profile_point points[POINTS_MAX];
};

static void random_line(struct map *m)
{
	static const int speeds[] = { 1200, 2400, 9600, 19200, 38400, 115200 };

	m->bus = (struct bus){ .id = "b", .type = BUS_TCP, .host = "127.0.0.1", .timeout_us = 500 * MS };
	if (random_below(3) == 0)
		return;
	m->bus.type = BUS_RTU;
	m->bus.baud = speeds[random_below(ARRAY_SIZE(speeds))];
	m->bus.data_bits = 8;
	m->bus.stop_bits = 1 + (int)random_below(2);
	m->bus.parity = random_below(2) ? 'N' : 'E';
	m->bus.timeout_us = 2 * S;
	m->bus.turnaround_us = random_below(2) ? 0 : random_below(100) * MS;
}

static struct codec_wire random_wire(enum codec_table table, uint32_t address)
{
	static const enum codec_type types[] = { CODEC_U16, CODEC_U16, CODEC_U32, CODEC_F64, CODEC_STRING };
	struct codec_wire w = { .table = table, .address = (uint16_t)address, .type = CODEC_BIT, .registers = 1 };

	w.bit_low = w.bit_high = -1;
	if (codec_table_is_bits(table))
		return w;
	w.type = types[random_below(ARRAY_SIZE(types))];
	w.registers = (uint8_t)(w.type == CODEC_STRING ? 1 + random_below(9) : codec_type_registers(w.type));
	return w;
}

static bool holds_a_value(const struct map *m, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < m->profile.point_count; i++)
		if (m->points[i].wire.address <= last &&
		    m->points[i].wire.address + m->points[i].wire.registers > first)
			return true;
	return false;
}

static void random_holes(struct map *m, enum codec_table table, uint32_t end)
{
	static struct profile_range holes[3];

	m->profile.forbidden = holes;
	m->profile.forbidden_count = random_below(3) ? 0 : 1 + random_below(3);
	for (size_t i = 0; i < m->profile.forbidden_count; i++) {
		uint32_t first = random_below(end), last = first + random_below(4);

		if (holds_a_value(m, first, last))
			m->profile.forbidden_count = i;
		else
			holes[i] = (struct profile_range){ table, (uint16_t)first, (uint16_t)last };
	}
}

/* Points near each other, some overlapping, with one to four periods. */
static void random_map(struct map *m, size_t count)
{
	static const int64_t periods[] = { 200 * MS, S, 5 * S, 60 * S, 2 * S, 10 * S };
	static const enum codec_table tables[] = { CODEC_HOLDING, CODEC_HOLDING, CODEC_INPUT, CODEC_COIL };
	enum codec_table table = tables[random_below(ARRAY_SIZE(tables))];
	uint32_t spread = codec_table_is_bits(table) ? 120 : 12, at = random_below(20);
	uint32_t kinds = 1 + random_below(count <= SMALL_MAX ? 6 : 4);

	memset(m, 0, sizeof(*m));
	random_line(m);
	for (size_t i = 0; i < count; i++) {
		m->points[i] = (struct profile_point){ .name = "p",
						       .type = VALUE_NUMBER,
						       .wire = random_wire(table, at),
						       .period_us = periods[random_below(kinds)] };
		at += random_below(4) ? m->points[i].wire.registers : random_below(2);
		at += random_below(3) ? 0 : random_below(spread);
	}
	m->profile = (struct profile){ .id = "p", .points = m->points, .point_count = count };
	random_holes(m, table, at + 5);
	m->device = (struct device){ .id = "d", .profile = &m->profile, .bus = &m->bus, .unit = 1 };
	m->device.max_registers = (uint16_t)(random_below(2) ? 125 : 9 + random_below(20));
	m->device.max_bits = (uint16_t)(random_below(2) ? 2000 : 8 + random_below(200));
}

static struct plan *plan_of(const struct map *m)
{
	return plan_build(&m->bus, (struct device_list){ &m->device, 1 });
}

/* -------- every partition -------- */

struct part {
	uint32_t first, end, members;
	int64_t period_us;
};

struct oracle {
	const struct map *map;
	struct plan_cost cost;
	uint8_t function;
	uint32_t cap;
	struct part parts[SMALL_MAX];
	double best;
};

static bool may_be_read(const struct oracle *o, const struct part *p)
{
	if (p->members == 1)
		return true;
	if (p->end - p->first > o->cap)
		return false;
	for (size_t i = 0; i < o->map->profile.forbidden_count; i++)
		if (o->map->profile.forbidden[i].first < p->end && o->map->profile.forbidden[i].last >= p->first)
			return false;
	return true;
}

/* Equal wires, and wires within others, count as one value: they cannot be read apart in any sensible way. */
static double cost_of(const struct oracle *o, size_t parts)
{
	double total = 0;

	for (size_t i = 0; i < parts; i++) {
		if (!may_be_read(o, &o->parts[i]))
			return 1e300;
		total += (double)plan_cost_ns(&o->cost, o->function, o->parts[i].end - o->parts[i].first) / 1000 /
			 (double)o->parts[i].period_us;
	}
	return total;
}

/* Puts point i into each of the parts that are there, and into a new one. */
static void try_all(struct oracle *o, size_t i, size_t parts)
{
	const struct profile_point *p = &o->map->points[i];

	if (i == o->map->profile.point_count) {
		o->best = MIN(o->best, cost_of(o, parts));
		return;
	}
	for (size_t k = 0; k <= parts; k++) {
		struct part saved = o->parts[k];
		uint32_t end = p->wire.address + p->wire.registers;

		if (k == parts)
			o->parts[k] = (struct part){ p->wire.address, end, 1, p->period_us };
		else
			o->parts[k] = (struct part){ MIN(saved.first, p->wire.address), MAX(saved.end, end),
						     saved.members + 1, MIN(saved.period_us, p->period_us) };
		try_all(o, i + 1, parts + (k == parts));
		o->parts[k] = saved;
	}
}

static double optimum(const struct map *m, const struct plan *p)
{
	struct oracle o = { .map = m, .cost = p->cost, .best = 1e300 };

	o.function = p->groups[0].function;
	o.cap = o.function <= 2 ? MIN(m->device.max_bits, p->cost.max_bytes * 8u)
				: MIN(m->device.max_registers, p->cost.max_bytes / 2u);
	try_all(&o, 0, 0);
	return o.best;
}

static void show(const struct map *m, const struct plan *p, double best)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	plan_describe(p, &text);
	for (size_t i = 0; i < m->profile.point_count; i++)
		printf("# %s:%u+%u every %lld ms\n", codec_table_name(m->points[i].wire.table),
		       m->points[i].wire.address, m->points[i].wire.registers,
		       (long long)m->points[i].period_us / 1000);
	for (size_t i = 0; i < m->profile.forbidden_count; i++)
		printf("# forbidden %u-%u\n", m->profile.forbidden[i].first, m->profile.forbidden[i].last);
	fail_msg("%s at %d baud, most %u: %.12g, the optimum is %.12g", str_buf_text(&text), m->bus.baud,
		 m->device.max_registers, plan_measure(p).share, best);
}

/* A value lies whole in the request of its cell, in a group that is fast enough; gaps never touch what is forbidden. */
static void check_sound(const struct map *m, const struct plan *p)
{
	size_t seen = 0;

	for (size_t g = 0; g < p->group_count; g++) {
		const struct plan_request *r = plan_first_request(p, &p->groups[g]);

		for (uint32_t k = 0; k < p->groups[g].request_count; k++) {
			struct frame_request f = plan_frame(p, &r[k]);

			for (size_t h = 0; h < m->profile.forbidden_count && r[k].end > r[k].first + 1; h++)
				assert_true(m->profile.forbidden[h].last < f.address ||
					    m->profile.forbidden[h].first >= f.address + f.count);
			for (uint32_t c = r[k].first; c < r[k].end; c++)
				for (uint32_t n = 0; n < p->cells[c].item_count; n++, seen++) {
					const struct plan_item *item = &p->items[p->cells[c].first_item + n];

					assert_true(item->wire->address >= f.address);
					assert_true(item->wire->address + item->wire->registers <= f.address + f.count);
					assert_true(p->groups[g].period_us <= m->points[item->point].period_us);
				}
		}
	}
	assert_int_equal(seen, m->profile.point_count);
}

static void no_plan_of_a_small_map_is_cheaper(void **state)
{
	static struct map m;
	size_t tries = getenv("PLAN_TRIES") ? (size_t)atol(getenv("PLAN_TRIES")) : 4000;

	(void)state;
	for (size_t i = 0; i < tries; i++) {
		_cleanup_(plan_freep) struct plan *p = NULL;
		double best;

		random_map(&m, 1 + random_below(SMALL_MAX - (i % 8 != 0)));
		p = plan_of(&m);
		best = optimum(&m, p);
		if (plan_measure(p).share > best * (1 + 1e-9) || plan_measure(p).share < best * (1 - 1e-9))
			show(&m, p, best);
		check_sound(&m, p);
	}
	printf("# %zu random maps: each plan costs what the best of all costs\n", tries);
}

/* -------- larger maps -------- */

static double apart(struct map *m)
{
	static struct map one;
	double total = 0;
	bool done[POINTS_MAX] = { false };

	for (size_t i = 0; i < m->profile.point_count; i++) {
		_cleanup_(plan_freep) struct plan *p = NULL;

		if (done[i])
			continue;
		one = *m;
		one.profile.points = one.points;
		one.profile.point_count = 0;
		one.device.profile = &one.profile;
		one.device.bus = &one.bus;
		for (size_t k = i; k < m->profile.point_count; k++)
			if (m->points[k].period_us == m->points[i].period_us) {
				one.points[one.profile.point_count++] = m->points[k];
				done[k] = true;
			}
		p = plan_of(&one);
		total += plan_measure(p).share;
	}
	return total;
}

static void slower_values_ride_along_only_where_that_costs_less(void **state)
{
	static struct map m;
	double saved = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		_cleanup_(plan_freep) struct plan *p = NULL;
		double separate, together;

		random_map(&m, 20 + random_below(POINTS_MAX - 20));
		p = plan_of(&m);
		separate = apart(&m);
		together = plan_measure(p).share;
		if (together > separate * (1 + 1e-9))
			show(&m, p, separate);
		check_sound(&m, p);
		saved += 1 - together / separate;
	}
	printf("# riding along saves %.1f %% of the line's time on average\n", 100 * saved / 300);
	assert_true(saved > 0);
}

/* So many periods in such a muddle that not every state can be kept. */
static void a_muddle_is_planned_no_worse_than_each_period_by_itself(void **state)
{
	static const int64_t periods[] = { 200 * MS, S, 2 * S, 5 * S, 10 * S, 60 * S };
	static struct map m;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(plan_freep) struct plan *p = NULL;

		do
			random_map(&m, 150);
		while (m.points[0].wire.table != CODEC_COIL);
		m.device.max_bits = 300;
		for (size_t k = 0; k < m.profile.point_count; k++)
			m.points[k].period_us = periods[random_below(ARRAY_SIZE(periods))];
		p = plan_of(&m);
		if (plan_measure(p).share > apart(&m) * (1 + 1e-9))
			show(&m, p, apart(&m));
		check_sound(&m, p);
	}
}

static void a_ride_is_told_as_often_as_it_was_asked_for(void **state)
{
	static struct map m;
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_str_buf_ struct str_buf text = { 0 };
	struct plan_item *slow;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.bus = (struct bus){ .id = "b", .type = BUS_TCP, .timeout_us = 500 * MS };
	for (uint16_t i = 0; i < 3; i++)
		m.points[i] = (struct profile_point){ .name = "p",
						      .type = VALUE_NUMBER,
						      .wire = { .table = CODEC_HOLDING,
								.address = i,
								.type = CODEC_U16,
								.registers = 1,
								.bit_low = -1 },
						      .period_us = i == 1 ? 60 * S : S };
	m.profile = (struct profile){ .points = m.points, .point_count = 3 };
	m.device = (struct device){ .id = "d", .profile = &m.profile, .bus = &m.bus, .unit = 1 };
	p = plan_of(&m);
	plan_describe(p, &text);
	assert_string_equal(str_buf_text(&text),
			    "unit 1: holding:0+3 every 1s, 3 values, 1 of them wanted less often\n");
	slow = &p->items[1];
	assert_int_equal(slow->point, 1);
	assert_int_equal(slow->period_us, 60 * S);
	assert_int_equal(p->items[0].period_us, 0);
	assert_true(plan_item_due(slow, S, 100 * S));
	assert_false(plan_item_due(slow, S, 101 * S));
	assert_false(plan_item_due(slow, S, 159 * S));
	assert_true(plan_item_due(slow, S, 160 * S));
	slow->told = QUALITY_LOST; /* what was wrong is told at once when it is well again */
	assert_true(plan_item_due(slow, S, 161 * S));
	assert_true(plan_item_due(&p->items[0], S, 1));
}

static void a_long_map_is_planned_quickly(void **state)
{
	static struct map m;
	int64_t before, spent = 0;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		_cleanup_(plan_freep) struct plan *p = NULL;

		random_map(&m, POINTS_MAX);
		before = clock_mono_us();
		p = plan_of(&m);
		spent = MAX(spent, clock_mono_us() - before);
	}
	printf("# %d values with up to four periods: at most %lld ms\n", POINTS_MAX, (long long)spent / 1000);
	assert_true(spent < 5 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_plan_of_a_small_map_is_cheaper),
		cmocka_unit_test(slower_values_ride_along_only_where_that_costs_less),
		cmocka_unit_test(a_muddle_is_planned_no_worse_than_each_period_by_itself),
		cmocka_unit_test(a_ride_is_told_as_often_as_it_was_asked_for),
		cmocka_unit_test(a_long_map_is_planned_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
