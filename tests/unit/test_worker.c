/* A whole bus thread against a slave that misbehaves: on TCP, on a pseudo terminal, and RTU over TCP.
 *
 * The value of every register says which one it is: whatever the slave does, no wrong value may come out, and the units
 * that behave are asked on. Times are short, limits generous: what is counted is counts, not speed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "field/worker.h"
#include "leap.h"
#include "rogue.h"
#include "unit.h"

#define UNITS    3
#define PER_UNIT 6
#define POINTS   (UNITS * PER_UNIT)
#define BENCHES  8
#define LIMIT    (30 * S) /* for a condition that must come true */

/* One bus with its slave, and what came out of it. */
struct bench {
	struct bus bus;
	struct device devices[UNITS];
	struct profile profile;
	struct profile_point points[PER_UNIT];
	struct rogue *rogue;
	struct worker *worker;
	unsigned good[POINTS], cycled, bus_up, bus_down, unit_up[16], unit_down[16], lost;
	enum quality quality[POINTS];
	char text[120];
};

/* Several at once, as in the daemon: one queue for all. */
struct fleet {
	struct queue *messages;
	struct bench bench[BENCHES];
	uint32_t count;
};

static const struct profile_point model[PER_UNIT] = {
	{ .name = "a",
	  .wire = { .table = CODEC_HOLDING, .address = 0, .type = CODEC_U16, .registers = 1, .scale = 1 } },
	{ .name = "b",
	  .wire = { .table = CODEC_HOLDING, .address = 1, .type = CODEC_U16, .registers = 1, .scale = 1 } },
	{ .name = "c",
	  .wire = { .table = CODEC_HOLDING, .address = 2, .type = CODEC_U16, .registers = 1, .scale = 1 } },
	{ .name = "d",
	  .wire = { .table = CODEC_HOLDING, .address = 90, .type = CODEC_U32, .registers = 2, .scale = 1 } },
	/* Far away and as long as d: its answer has the same unit, function and length. */
	{ .name = "e",
	  .wire = { .table = CODEC_HOLDING, .address = 200, .type = CODEC_U32, .registers = 2, .scale = 1 } },
	{ .name = "f", .wire = { .table = CODEC_COIL, .address = 5, .type = CODEC_BIT, .registers = 1 } },
};

static struct bench *prepare(struct fleet *f, enum rogue_wire wire, struct rogue *r)
{
	struct bench *b = &f->bench[f->count++];

	b->rogue = r;
	b->bus = (struct bus){ .id = "test",
			       .type = wire == ROGUE_TCP   ? BUS_TCP
				       : wire == ROGUE_RTU ? BUS_RTU
							   : BUS_RTU_OVER_TCP,
			       .host = "127.0.0.1",
			       .port = rogue_port(b->rogue),
			       .path = rogue_path(b->rogue),
			       .baud = 115200,
			       .data_bits = 8,
			       .stop_bits = 1,
			       .parity = 'N',
			       .timeout_us = 60 * MS };
	memcpy(b->points, model, sizeof(model));
	for (unsigned i = 0; i < PER_UNIT; i++) {
		b->points[i].type = codec_value_type(&b->points[i].wire);
		b->points[i].period_us = 40 * MS;
		b->points[i].wire.bit_low = b->points[i].wire.bit_high = -1;
	}
	b->profile = (struct profile){ .id = "p", .points = b->points, .point_count = PER_UNIT };
	for (unsigned i = 0; i < UNITS; i++)
		b->devices[i] = (struct device){ .id = "d",
						 .name = "meter",
						 .profile = &b->profile,
						 .bus = &b->bus,
						 .unit = (uint8_t)(i + 1),
						 .first_point = i * PER_UNIT,
						 .late_bound_us = 400 * MS };
	for (unsigned i = 0; i < POINTS; i++)
		b->quality[i] = QUALITY_STALE; /* nothing came yet */
	return b;
}

static void add_bench(struct fleet *f, enum rogue_wire wire)
{
	prepare(f, wire, rogue_start(wire));
}

/* Where it matters that those who behave are in time: not by this machine's clock (leap.h). */
static void add_leaping(struct fleet *f, enum rogue_wire wire)
{
	struct bench *b = prepare(f, wire, rogue_new(wire));

	leap_join(&b->bus, b->rogue, f->messages);
}

static int setup(void **state)
{
	struct fleet *f = MEM_NEW(struct fleet);

	f->messages = queue_new(sizeof(struct worker_message), 4096);
	*state = f;
	return 0;
}

static void end_all(struct fleet *f)
{
	struct worker_message m;

	for (uint32_t i = 0; i < f->count; i++) {
		worker_stop(f->bench[i].worker);
		if (f->bench[i].rogue)
			rogue_stop(f->bench[i].rogue);
		f->bench[i] = (struct bench){ 0 };
	}
	f->count = 0;
	leap_end();
	while (queue_pop(f->messages, &m))
		;
}

static int teardown(void **state)
{
	struct fleet *f = *state;

	end_all(f);
	queue_free(f->messages);
	free(f);
	return 0;
}

static struct worker_setup setup_of(struct fleet *f, uint32_t i)
{
	return (struct worker_setup){ .bus = &f->bench[i].bus,
				      .devices = { f->bench[i].devices, UNITS },
				      .number = i,
				      .generation = 1,
				      .messages = f->messages };
}

static void start(struct fleet *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		struct worker_setup s = setup_of(f, i);

		assert_int_equal(worker_start(&s, &f->bench[i].worker), 0);
	}
}

/* A fleet of one that runs. */
static struct bench *start_one(struct fleet *f, enum rogue_wire wire)
{
	add_bench(f, wire);
	start(f);
	return &f->bench[0];
}

/* -------- what came out -------- */

static bool right(const struct reading *r)
{
	unsigned unit = r->point / PER_UNIT + 1;
	const struct codec_wire *w = &model[r->point % PER_UNIT].wire;

	if (w->type == CODEC_BIT)
		return r->value.type == VALUE_BOOL && r->value.boolean == rogue_bit(unit, w->address);
	if (w->type == CODEC_U16)
		return r->value.type == VALUE_NUMBER && r->value.number == (double)rogue_value(unit, w->address);
	return r->value.type == VALUE_NUMBER &&
	       r->value.number ==
		       (double)((uint32_t)rogue_value(unit, w->address) << 16 | rogue_value(unit, w->address + 1U));
}

static void take_reading(struct bench *b, const struct reading *r)
{
	assert_in_range(r->point, 0, POINTS - 1);
	if (r->quality == QUALITY_GOOD) {
		b->good[r->point]++;
		assert_true(right(r)); /* the one thing that must never happen */
	} else {
		assert_int_equal(r->value.type, VALUE_NONE);
		b->lost += r->quality == QUALITY_LOST;
	}
	b->quality[r->point] = r->quality;
}

static void take(struct fleet *f, const struct worker_message *m)
{
	struct bench *b = &f->bench[m->bus];

	assert_in_range(m->bus, 0, f->count - 1);
	switch (m->kind) {
	case WORKER_READING: take_reading(b, &m->reading); return;
	case WORKER_CYCLED: b->cycled++; return;
	default: return;
	case WORKER_BUS:
		b->bus_up += m->state.up;
		b->bus_down += !m->state.up;
		break;
	case WORKER_UNIT:
		b->unit_up[m->state.unit] += m->state.up;
		b->unit_down[m->state.unit] += !m->state.up;
		break;
	}
	if (!m->state.up)
		snprintf(b->text, sizeof(b->text), "%s", m->state.text);
}

static void forget(struct fleet *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		struct bench *b = &f->bench[i];

		memset(b->good, 0, sizeof(b->good));
		memset(b->unit_up, 0, sizeof(b->unit_up));
		memset(b->unit_down, 0, sizeof(b->unit_down));
		b->lost = b->bus_up = b->bus_down = 0;
	}
}

static bool holds(const struct fleet *f, bool (*condition)(const struct bench *b), uint32_t *ret_first_not)
{
	for (uint32_t i = 0; i < f->count; i++)
		if (!condition(&f->bench[i])) {
			*ret_first_not = i;
			return false;
		}
	return true;
}

/* Takes messages until the condition holds of every bus; fails when that does not happen. */
static void until(struct fleet *f, bool (*condition)(const struct bench *b), const char *what)
{
	int64_t deadline_us = clock_mono_us() + LIMIT;
	struct worker_message m;
	uint32_t i = 0;

	while (!holds(f, condition, &i)) {
		if (!queue_pop_wait(f->messages, &m, deadline_us) || clock_mono_us() > deadline_us)
			fail_msg("bus %u: never %s", i, what);
		take(f, &m);
	}
}
#define UNTIL(f, condition) until(f, condition, #condition)

/* Whatever comes for so long. */
static void watch(struct fleet *f, int64_t for_us)
{
	int64_t deadline_us = clock_mono_us() + for_us;
	struct worker_message m;

	while (clock_mono_us() < deadline_us && queue_pop_wait(f->messages, &m, deadline_us))
		take(f, &m);
}

static bool have_quality(const struct bench *b, unsigned unit, enum quality q)
{
	for (unsigned i = (unit - 1) * PER_UNIT; i < unit * PER_UNIT; i++)
		if (b->quality[i] != q)
			return false;
	return true;
}

static bool all_good(const struct bench *b)
{
	return have_quality(b, 1, QUALITY_GOOD) && have_quality(b, 2, QUALITY_GOOD) && have_quality(b, 3, QUALITY_GOOD);
}

static bool all_lost(const struct bench *b)
{
	return have_quality(b, 1, QUALITY_LOST) && have_quality(b, 2, QUALITY_LOST) && have_quality(b, 3, QUALITY_LOST);
}

static bool second_lost_others_good(const struct bench *b)
{
	return have_quality(b, 1, QUALITY_GOOD) && have_quality(b, 2, QUALITY_LOST) && have_quality(b, 3, QUALITY_GOOD);
}

static bool second_bad(const struct bench *b)
{
	return have_quality(b, 2, QUALITY_BAD);
}

static bool others_read_thirty_times(const struct bench *b)
{
	return b->good[0] >= 30 && b->good[2 * PER_UNIT] >= 30;
}

static bool all_read_ten_times(const struct bench *b)
{
	return b->good[0] >= 10 && b->good[PER_UNIT] >= 10 && b->good[2 * PER_UNIT] >= 10;
}

static bool has_cycled(const struct bench *b)
{
	return b->cycled > 0;
}

static bool one_bad_rest_good(const struct bench *b)
{
	for (unsigned i = 0; i < POINTS; i++)
		if (b->quality[i] != (i % PER_UNIT == 1 ? QUALITY_BAD : QUALITY_GOOD))
			return false;
	return true;
}

/* -------- all is well -------- */

static void check_status_of_a_healthy_bus(struct bench *b)
{
	struct status_unit units[8];
	struct status_bus s;

	assert_int_equal(b->cycled, 1);
	assert_int_equal(b->bus_up, 1);
	assert_int_equal(b->bus_down, 0);
	worker_status(b->worker, &s);
	assert_string_equal(s.state, "up");
	assert_string_equal(s.hint, "");
	assert_int_equal(s.points, POINTS);
	assert_int_equal(s.units, 3);
	assert_int_equal(s.units_up, 3);
	assert_int_equal(s.cycle_requests, b->bus.type == BUS_RTU ? 9 + 3 : 9 + 3);
	assert_true(s.answers > 0 && s.answers <= s.requests);
	assert_int_equal(s.timeouts + s.mismatches + s.crc_errors + s.exceptions, 0);
	assert_int_equal(worker_units(b->worker, units, 8), 3);
	assert_int_equal(units[2].unit, 3);
	assert_true(units[2].up && units[2].polls > 0 && units[2].errors == 0);
	assert_true(worker_turns(b->worker) > 0);
}

/* Rules look when all of an answer is there: whoever pops the first reading of it must find the others. */
static void what_one_answer_says_comes_together(void **state)
{
	struct fleet *f = *state;
	int64_t until_us = clock_mono_us() + LIMIT, at_us;
	struct worker_message m = { .kind = WORKER_BUS };

	start_one(f, ROGUE_TCP);
	while (m.kind != WORKER_READING || m.reading.quality != QUALITY_GOOD || m.reading.point % PER_UNIT != 0)
		assert_true(queue_pop_wait(f->messages, &m, until_us));
	at_us = m.reading.at.mono_us;
	assert_in_range(m.more, 2, WORKER_MOMENT_MAX - 1); /* b and c at least */
	for (unsigned left = m.more; left > 0; left--) {
		assert_true(queue_pop(f->messages, &m));
		assert_int_equal(m.kind, WORKER_READING);
		assert_int_equal(m.more, left - 1);
		assert_true(m.reading.at.mono_us == at_us);
	}
}

static void all_points_become_good_and_the_cycle_is_told_once(void **state)
{
	struct fleet *f = *state;

	add_bench(f, ROGUE_TCP);
	add_bench(f, ROGUE_RTU);
	add_bench(f, ROGUE_RTU_OVER_TCP);
	start(f);
	UNTIL(f, all_good);
	UNTIL(f, has_cycled);
	watch(f, 200 * MS);
	for (uint32_t i = 0; i < f->count; i++)
		check_status_of_a_healthy_bus(&f->bench[i]);
}

/* Not late either, where the machine is not: test_virtual_line.c. */
static void a_point_is_never_read_more_often_than_its_period(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_TCP);
	int64_t from_us;

	UNTIL(f, all_good);
	forget(f);
	from_us = clock_mono_us();
	UNTIL(f, all_read_ten_times);
	assert_true(b->good[0] <= (clock_mono_us() - from_us) / b->points[0].period_us + 2);
}

static void an_echo_on_the_line_is_no_answer(void **state)
{
	struct fleet *f = *state;

	add_bench(f, ROGUE_RTU);
	rogue_echo(f->bench[0].rogue);
	start(f);
	UNTIL(f, all_good);
	UNTIL(f, others_read_thirty_times);
}

/* -------- one unit misbehaves -------- */

static const struct fault_case {
	enum rogue_fault fault;
	unsigned argument;
	const char *text;
	bool tcp, rtu;
	bool reconnects; /* on TCP: the stream cannot be understood any more */
} faults[] = {
	{ ROGUE_MUTE, 0, "no answer from unit 2 (meter)", true, true, false },
	{ ROGUE_LATE, 90, "unit 2 (meter) answers later than the timeout", true, true, false },
	{ ROGUE_DRIP, 20, NULL, true, true, true },
	{ ROGUE_WRONG_UNIT, 0, "unit 2 (meter) was asked and sent an answer from another unit", true, true, false },
	{ ROGUE_WRONG_TRANSACTION, 0, NULL, true, false, false },
	{ ROGUE_WRONG_PROTOCOL, 0, "unit 2 (meter) was asked and sent an answer with a wrong protocol id", true, false,
	  false },
	{ ROGUE_BAD_CRC, 0, "answers with a wrong CRC from unit 2 (meter)", false, true, false },
	{ ROGUE_HALF, 0, "unit 2 (meter) was asked and sent half an answer", true, true, true },
	{ ROGUE_EXCEPTION, 0x0b, "no way to unit 2 (meter): gateway got no answer (exception 11)", true, true, false },
	{ ROGUE_FLOOD, 0, NULL, true, true, true },
	{ ROGUE_GARBAGE, 0, NULL, true, true, true },
	{ ROGUE_CLOSE, 0, NULL, true, false, true },
};

static bool comes_on(const struct fault_case *c, enum rogue_wire wire)
{
	return wire == ROGUE_TCP ? c->tcp : c->rtu;
}

static void check_that_others_were_spared(const struct bench *b, const struct fault_case *c)
{
	if (b->lost > 0)
		fail_msg("fault %d: %u values were told lost again: %s", c->fault, b->lost, b->text);
	assert_int_equal(b->bus_down, 0);
	assert_int_equal(b->unit_down[1] + b->unit_down[3], 0);
	assert_true(second_lost_others_good(b));
	if (c->text)
		assert_string_equal(b->text, c->text);
	if (b->bus.type == BUS_TCP && !c->reconnects)
		if (rogue_connections(b->rogue) != 1)
			fail_msg("fault %d: the connection was reset", c->fault);
}

/* The unit goes down, the others are read on, and it comes back when it behaves again. */
static void spare_the_others(struct fleet *f, const struct fault_case *c, enum rogue_wire wire)
{
	struct bench *b = &f->bench[0];

	add_leaping(f, wire);
	start(f);
	UNTIL(f, all_good);
	rogue_set(b->rogue, 2, c->fault, c->argument);
	UNTIL(f, second_lost_others_good);
	forget(f);
	UNTIL(f, others_read_thirty_times);
	check_that_others_were_spared(b, c);
	rogue_set(b->rogue, 2, ROGUE_WELL, 0);
	UNTIL(f, all_good);
	end_all(f);
}

/* Every fault on every wire. */
static void one_unit_that_misbehaves_harms_no_other(void **state)
{
	for (enum rogue_wire wire = ROGUE_TCP; wire <= ROGUE_RTU_OVER_TCP; wire++)
		for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
			if (comes_on(&faults[i], wire))
				spare_the_others(*state, &faults[i], wire);
}

/* How many of their polls they keep: test_virtual_line.c. */
static void others_are_asked_on_when_one_of_three_is_mute(void **state)
{
	struct fleet *f = *state;
	struct status_bus s;

	add_leaping(f, ROGUE_TCP);
	add_leaping(f, ROGUE_RTU);
	start(f);
	UNTIL(f, all_good);
	for (uint32_t i = 0; i < f->count; i++)
		rogue_set(f->bench[i].rogue, 2, ROGUE_MUTE, 0);
	UNTIL(f, second_lost_others_good);
	forget(f);
	UNTIL(f, others_read_thirty_times);
	for (uint32_t i = 0; i < f->count; i++) {
		assert_int_equal(f->bench[i].bus_down + f->bench[i].unit_down[1] + f->bench[i].unit_down[3], 0);
		worker_status(f->bench[i].worker, &s);
		assert_string_equal(s.state, "up");
		assert_int_equal(s.units_up, 2);
		assert_non_null(strstr(s.hint, "no answer from unit 2: check its power"));
		assert_non_null(strstr(s.hint, "other units answer"));
	}
}

static void late_answers_are_never_taken_for_the_next_one(void **state)
{
	struct fleet *f = *state;
	const unsigned late_ms[] = { 0, 100, 70, 180 };

	add_bench(f, ROGUE_TCP);
	add_bench(f, ROGUE_RTU);
	add_bench(f, ROGUE_RTU_OVER_TCP);
	for (uint32_t i = 0; i < f->count; i++)
		for (unsigned u = 1; u <= UNITS; u++)
			rogue_set(f->bench[i].rogue, u, ROGUE_LATE_SOMETIMES, late_ms[u]);
	start(f);
	UNTIL(f, all_read_ten_times);
	for (uint32_t i = 0; i < f->count; i++) {
		struct status_bus s;

		worker_status(f->bench[i].worker, &s);
		assert_true(s.late > 3);
	}
}

/* -------- refusals -------- */

static void one_illegal_register_leaves_its_neighbours_good(void **state)
{
	struct fleet *f = *state;
	struct bench *b;

	add_bench(f, ROGUE_TCP);
	b = &f->bench[0];
	rogue_illegal(b->rogue, 1);
	start(f);
	UNTIL(f, one_bad_rest_good);
	forget(f);
	UNTIL(f, others_read_thirty_times);
	assert_true(one_bad_rest_good(b));
	assert_int_equal(rogue_connections(b->rogue), 1);
	assert_int_equal(b->unit_down[1] + b->unit_down[2] + b->unit_down[3], 0);
}

static void a_busy_device_is_asked_again_and_then_bad_but_not_down(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_TCP);

	UNTIL(f, all_good);
	rogue_set(b->rogue, 2, ROGUE_EXCEPTION, 6);
	UNTIL(f, second_bad);
	assert_int_equal(b->unit_down[2], 0);
	rogue_set(b->rogue, 2, ROGUE_WELL, 0);
	UNTIL(f, all_good);
}

/* -------- the link -------- */

static void a_bus_that_cannot_be_reached_is_told(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_TCP);
	struct status_bus s;

	UNTIL(f, all_good);
	rogue_stop(b->rogue);
	b->rogue = NULL;
	UNTIL(f, all_lost);
	assert_int_equal(b->bus_down, 1);
	assert_string_equal(b->text, "no connection: Connection refused");
	assert_int_equal(b->lost, POINTS);
	worker_status(b->worker, &s);
	assert_string_equal(s.state, "down");
	assert_int_equal(s.units_up, 0);
	assert_non_null(strstr(s.hint, "check the address"));
}

static void every_unit_silent_is_a_bus_that_is_down_and_comes_back(void **state)
{
	struct fleet *f = *state;
	struct status_bus s;

	add_bench(f, ROGUE_TCP);
	add_bench(f, ROGUE_RTU);
	start(f);
	UNTIL(f, all_good);
	for (uint32_t i = 0; i < f->count; i++)
		for (unsigned u = 1; u <= UNITS; u++)
			rogue_set(f->bench[i].rogue, u, ROGUE_MUTE, 0);
	UNTIL(f, all_lost);
	watch(f, 50 * MS);
	for (uint32_t i = 0; i < f->count; i++) {
		assert_int_equal(f->bench[i].bus_down, 1);
		worker_status(f->bench[i].worker, &s);
		assert_string_equal(s.state, "down");
		assert_non_null(strstr(s.hint, "no unit answers"));
		for (unsigned u = 1; u <= UNITS; u++)
			rogue_set(f->bench[i].rogue, u, ROGUE_WELL, 0);
	}
	UNTIL(f, all_good);
	assert_int_equal(f->bench[0].bus_up, 2);
	assert_int_equal(f->bench[1].bus_up, 2);
}

static void a_serial_adapter_that_is_unplugged_is_told(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_RTU);

	UNTIL(f, all_good);
	rogue_stop(b->rogue);
	b->rogue = NULL;
	UNTIL(f, all_lost);
	assert_int_equal(b->bus_down, 1);
}

/* -------- stop, update, back-pressure -------- */

static void stop_in_time(struct bench *b)
{
	int64_t from_us = clock_mono_us();

	worker_stop(b->worker);
	b->worker = NULL;
	assert_true(clock_mono_us() - from_us < 2 * S);
}

static void it_ends_at_once_whatever_the_slave_does(void **state)
{
	struct fleet *f = *state;

	for (enum rogue_wire wire = ROGUE_TCP; wire <= ROGUE_RTU; wire++) {
		struct bench *b = &f->bench[f->count];

		add_bench(f, wire);
		b->bus.timeout_us = 30 * S;
		for (enum rogue_fault fault = ROGUE_WELL; fault < ROGUE_FAULTS; fault++) {
			unsigned polls = rogue_polls(b->rogue, 1);
			struct worker_setup s = setup_of(f, f->count - 1);

			for (unsigned u = 1; u <= UNITS; u++)
				rogue_set(b->rogue, u, fault, 1000);
			assert_int_equal(worker_start(&s, &b->worker), 0);
			while (rogue_polls(b->rogue, 1) == polls)
				watch(f, 2 * MS);
			stop_in_time(b);
		}
	}
}

static void it_ends_while_the_engine_takes_nothing(void **state)
{
	struct fleet *f = *state;

	queue_free(f->messages);
	f->messages = queue_new(sizeof(struct worker_message), 2);
	start_one(f, ROGUE_TCP);
	while (queue_len(f->messages) < 2)
		assert_int_equal(clock_poll(-1, 0, clock_mono_us() + MS), 0);
	stop_in_time(&f->bench[0]);
}

/* A plan of so many units takes the place of the one before, and has asked all there is. */
static void renew_plan(struct fleet *f, uint32_t generation, size_t units)
{
	struct worker_setup s = setup_of(f, 0);
	struct worker_message m;
	int64_t deadline_us = clock_mono_us() + LIMIT;

	s.generation = generation;
	s.devices.count = units;
	assert_int_equal(worker_update(f->bench[0].worker, &s), 0);
	do {
		assert_true(queue_pop_wait(f->messages, &m, deadline_us));
		take(f, &m);
	} while (m.kind != WORKER_CYCLED || m.generation != generation);
}

static void a_new_plan_is_taken_without_a_new_connection(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_TCP);

	UNTIL(f, all_good);
	renew_plan(f, 2, 1);
	forget(f);
	watch(f, 200 * MS);
	assert_true(b->good[0] > 0);
	assert_int_equal(b->good[PER_UNIT], 0);
	assert_int_equal(rogue_connections(b->rogue), 1);
}

/* Each of the three is refused once more, alone: nothing is searched. */
static void an_illegal_register_is_not_looked_for_again_after_a_reload(void **state)
{
	struct fleet *f = *state;
	struct status_bus before, after;

	add_bench(f, ROGUE_TCP);
	rogue_illegal(f->bench[0].rogue, 1);
	start(f);
	UNTIL(f, one_bad_rest_good);
	UNTIL(f, has_cycled);
	worker_status(f->bench[0].worker, &before);
	renew_plan(f, 2, UNITS);
	worker_status(f->bench[0].worker, &after);
	assert_int_equal(after.exceptions - before.exceptions, UNITS);
	assert_int_equal(after.cycle_requests, before.cycle_requests);
	assert_true(one_bad_rest_good(&f->bench[0]));
}

static bool last_is_down(const struct bench *b)
{
	return b->unit_down[UNITS] > 0;
}

static void give_plan(struct fleet *f, unsigned units, uint32_t generation)
{
	struct worker_setup s = setup_of(f, 0);
	struct worker_message m;
	int64_t deadline_us = clock_mono_us() + LIMIT;

	s.generation = generation;
	s.devices.count = units;
	s.plan = generation % 2 ? worker_plan(&s) : NULL; /* made before, or not */
	assert_int_equal(worker_update(f->bench[0].worker, &s), 0);
	do {
		assert_true(queue_pop_wait(f->messages, &m, deadline_us));
		take(f, &m);
	} while (m.generation != generation);
}

static void a_unit_that_is_down_and_leaves_and_comes_back_is_told_again(void **state)
{
	struct fleet *f = *state;
	struct bench *b = start_one(f, ROGUE_TCP);

	UNTIL(f, all_good);
	rogue_set(b->rogue, UNITS, ROGUE_MUTE, 0);
	UNTIL(f, last_is_down);
	give_plan(f, UNITS - 1, 2);
	forget(f);
	give_plan(f, UNITS, 3);
	UNTIL(f, last_is_down);
	assert_int_equal(b->unit_down[1], 0);
	assert_int_equal(rogue_connections(b->rogue), 1);
	/* One that stays in the plan was told: nothing new. */
	forget(f);
	give_plan(f, UNITS, 4);
	watch(f, 500 * MS);
	assert_int_equal(b->unit_down[UNITS], 0);
}

/* One bus whose first point is an event: a bit that is set. */
static void start_with_event(struct fleet *f)
{
	struct profile_point *p;

	add_bench(f, ROGUE_TCP);
	p = &f->bench[0].points[0];
	p->type = VALUE_EVENT;
	p->event = true;
	p->wire.type = CODEC_BIT;
	p->wire.bit_low = p->wire.bit_high = 12; /* unit 1: 4096 is bit 12 */
	start(f);
}

static void an_event_that_lasts_is_not_told_again_by_a_new_plan(void **state)
{
	struct fleet *f = *state;
	struct worker_message m;
	unsigned fired = 0, silent = 0;
	int64_t deadline_us;

	start_with_event(f);
	for (uint32_t generation = 2; generation < 6; generation++) {
		struct worker_setup s = setup_of(f, 0);

		deadline_us = clock_mono_us() + LIMIT;
		s.generation = generation;
		s.devices.count = generation % 2 ? UNITS : 1;
		assert_int_equal(worker_update(f->bench[0].worker, &s), 0);
		do {
			assert_true(queue_pop_wait(f->messages, &m, deadline_us));
			if (m.kind == WORKER_READING && m.reading.point == 0 && m.reading.quality == QUALITY_GOOD) {
				fired += m.reading.value.type == VALUE_EVENT;
				silent += m.reading.value.type == VALUE_NONE;
			}
		} while (m.kind != WORKER_READING || m.reading.point != 0 || m.generation != generation);
	}
	assert_int_equal(fired, 1);
	assert_true(silent > 0);
}

/* An event on a register: happens once, not while it lasts; that nothing happens is told with every poll. */
static void an_event_fires_when_its_bit_rises_only(void **state)
{
	struct fleet *f = *state;
	struct worker_message m;
	unsigned fired = 0, silent = 0;
	int64_t deadline_us;

	start_with_event(f);
	deadline_us = clock_mono_us() + 500 * MS;
	while (clock_mono_us() < deadline_us && queue_pop_wait(f->messages, &m, deadline_us))
		if (m.kind == WORKER_READING && m.reading.point == 0) {
			assert_int_equal(m.reading.quality, QUALITY_GOOD);
			fired += m.reading.value.type == VALUE_EVENT;
			silent += m.reading.value.type == VALUE_NONE;
		}
	assert_int_equal(fired, 1);
	assert_true(silent > 0);
}

static void a_dial_in_bus_is_refused(void **state)
{
	struct fleet *f = *state;
	struct worker_setup s;

	add_bench(f, ROGUE_TCP);
	f->bench[0].bus.type = BUS_DIAL_IN;
	s = setup_of(f, 0);
	assert_int_equal(worker_start(&s, &f->bench[0].worker), -EOPNOTSUPP);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_one_answer_says_comes_together),
		CASE(all_points_become_good_and_the_cycle_is_told_once),
		CASE(a_point_is_never_read_more_often_than_its_period),
		CASE(an_echo_on_the_line_is_no_answer),
		CASE(one_unit_that_misbehaves_harms_no_other),
		CASE(others_are_asked_on_when_one_of_three_is_mute),
		CASE(late_answers_are_never_taken_for_the_next_one),
		CASE(one_illegal_register_leaves_its_neighbours_good),
		CASE(a_busy_device_is_asked_again_and_then_bad_but_not_down),
		CASE(a_bus_that_cannot_be_reached_is_told),
		CASE(every_unit_silent_is_a_bus_that_is_down_and_comes_back),
		CASE(a_serial_adapter_that_is_unplugged_is_told),
		CASE(it_ends_at_once_whatever_the_slave_does),
		CASE(it_ends_while_the_engine_takes_nothing),
		CASE(a_new_plan_is_taken_without_a_new_connection),
		CASE(an_illegal_register_is_not_looked_for_again_after_a_reload),
		CASE(a_unit_that_is_down_and_leaves_and_comes_back_is_told_again),
		CASE(an_event_fires_when_its_bit_rises_only),
		CASE(an_event_that_lasts_is_not_told_again_by_a_new_plan),
		CASE(a_dial_in_bus_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
