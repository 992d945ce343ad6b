/* A whole bus thread against a slave whose every answer the test composes: what the devices of the world do that a
 * healthy one does not, and how the bus is kept quick and right all the same. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "field/doorman.h"
#include "field/worker.h"
#include "holding.h"
#include "loopback.h"
#include "scripted.h"

#define UNITS  4
#define MANY   12 /* in one case */
#define POINTS 60 /* of a unit, at most */
#define LIMIT  (20 * S)

enum behaviour {
	WELL,
	MUTE,
	OWN_TRANSACTIONS, /* numbers its answers itself */
	SHORT_REPLIES,    /* at most `argument` registers in an answer */
	REFUSES_LONG,     /* exception 3 for more than `argument` */
	BUSY_SOMETIMES,   /* exception 6, three times of four */
	SLOW,             /* answers after `argument` ms */
	SLOW_ONCE,        /* the same, once */
	EXCEPTION,        /* code in `argument` */
	IN_PIECES,        /* half an answer, and the rest after `argument` ms */
	TWICE,            /* every answer comes twice */
	BLOCKS,           /* mute, and its gateway does nothing else for `argument` ms */
};

struct bench {
	struct bus bus;
	struct device devices[MANY];
	struct profile profile;
	struct profile_point points[POINTS];
	bool urgent[POINTS];
	size_t unit_count, point_count;
	struct queue *messages;
	struct doorman *doorman;
	struct worker *worker;
	struct scripted_setup setup;
	struct scripted *slave;
	unsigned from; /* asked before that is not looked at */
	atomic_uint behaviour[MANY + 1], argument[MANY + 1];
	int64_t busy_until_us; /* of the gateway; the slave's thread */
	atomic_uint flip;      /* so many answers with register 0 changed to 1 */
	atomic_bool fire;      /* register 0 is 1 */
	/* What came out. */
	unsigned good[MANY][POINTS], bus_up, bus_down, unit_down[MANY + 1], cycled; /* cycled: the last plan that was */
	enum quality quality[MANY][POINTS];
	double value[MANY][POINTS];
	bool seen_fire, seen_suspect;
	char text[120];
};

static struct bench *the; /* of the slave's callback for values: one bench at a time */

/* A register says where it stands; register 0 says whether there is a fire. */
static uint16_t value_of(unsigned unit, unsigned address)
{
	if (address == 0)
		return atomic_load(&the->fire);
	return (uint16_t)(unit * 1000 + address);
}

static uint16_t flipped(unsigned unit, unsigned address)
{
	return address == 0 ? !value_of(unit, 0) : value_of(unit, address);
}

static bool take_one(atomic_uint *left)
{
	unsigned n = atomic_load(left);

	while (n > 0)
		if (atomic_compare_exchange_weak(left, &n, n - 1))
			return true;
	return false;
}

static void reply_shorter(struct bench *b, const struct scripted_ask *q, struct scripted_reply *reply)
{
	struct scripted_ask less = *q;

	less.count = MIN(q->count, (uint16_t)atomic_load(&b->argument[q->unit]));
	scripted_right(&b->setup, &less, reply, value_of);
}

static void answer(void *context, const struct scripted_ask *q, struct scripted_reply *reply)
{
	struct bench *b = context;
	struct scripted_ask own = *q;
	unsigned argument = atomic_load(&b->argument[q->unit]);

	own.transaction = (uint16_t)(q->transaction * 7 + 3);
	reply->after_us = MAX(b->busy_until_us - q->at_us, (int64_t)0);
	switch ((enum behaviour)atomic_load(&b->behaviour[q->unit])) {
	case MUTE: return;
	case BLOCKS: b->busy_until_us = MAX(b->busy_until_us, q->at_us) + argument * MS; return;
	case OWN_TRANSACTIONS: scripted_right(&b->setup, &own, reply, value_of); return;
	case SHORT_REPLIES: reply_shorter(b, q, reply); return;
	case EXCEPTION: scripted_refuse(&b->setup, q, reply, (uint8_t)argument); return;
	case REFUSES_LONG:
		if (q->count > argument)
			scripted_refuse(&b->setup, q, reply, 3);
		else
			scripted_right(&b->setup, q, reply, value_of);
		return;
	case BUSY_SOMETIMES:
		if (q->number % 4)
			scripted_refuse(&b->setup, q, reply, 6);
		else
			scripted_right(&b->setup, q, reply, value_of);
		return;
	case IN_PIECES: reply->rest_us = argument * MS; break;
	case TWICE: scripted_right(&b->setup, q, reply, value_of); break;
	case SLOW_ONCE: atomic_store(&b->behaviour[q->unit], WELL); /* fall through */
	case SLOW: reply->after_us = argument * MS; break;
	case WELL: break;
	}
	scripted_right(&b->setup, q, reply, q->address == 0 && take_one(&b->flip) ? flipped : value_of);
}

static int setup(void **state)
{
	struct bench *b = MEM_NEW(struct bench);

	the = b;
	b->messages = queue_new(sizeof(struct worker_message), 4096);
	b->doorman = doorman_new();
	b->unit_count = 3;
	b->point_count = 10;
	b->setup = (struct scripted_setup){ .answer = answer, .context = b };
	b->bus = (struct bus){ .id = "t", .type = BUS_TCP, .host = "127.0.0.1", .timeout_us = 200 * MS };
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i] = holding_point(CODEC_U16, i, 50 * MS);
	for (unsigned i = 0; i < MANY; i++)
		b->devices[i] = (struct device){ .id = "d",
						 .name = "meter",
						 .profile = &b->profile,
						 .bus = &b->bus,
						 .unit = (uint8_t)(i + 1),
						 .first_point = i * POINTS,
						 .late_bound_us = 100 * MS };
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	worker_stop(b->worker);
	scripted_stop(b->slave);
	doorman_free(b->doorman);
	queue_free(b->messages);
	free(b);
	return 0;
}

static void begin_worker(struct bench *b)
{
	struct worker_setup s = { .bus = &b->bus,
				  .devices = { b->devices, b->unit_count },
				  .generation = 1,
				  .doorman = b->doorman,
				  .messages = b->messages };

	b->profile = (struct profile){ .id = "p", .points = b->points, .point_count = b->point_count };
	for (unsigned u = 0; u < MANY; u++)
		for (unsigned i = 0; i < POINTS; i++)
			b->quality[u][i] = QUALITY_STALE;
	assert_int_equal(worker_start(&s, &b->worker), 0);
}

static void begin(struct bench *b)
{
	b->slave = scripted_start(&b->setup);
	if (!b->setup.dial_port)
		b->bus.port = scripted_port(b->slave);
	begin_worker(b);
}

static void behave(struct bench *b, unsigned unit, enum behaviour how, unsigned argument)
{
	atomic_store(&b->argument[unit], argument);
	atomic_store(&b->behaviour[unit], how);
}

static void take_reading(struct bench *b, const struct reading *r)
{
	unsigned unit = r->point / POINTS, point = r->point % POINTS;

	b->quality[unit][point] = r->quality;
	if (r->quality == QUALITY_SUSPECT)
		b->seen_suspect = true;
	if (r->quality != QUALITY_GOOD)
		return;
	b->good[unit][point]++;
	b->value[unit][point] = r->value.number;
	if (point == 0)
		b->seen_fire = b->seen_fire || r->value.number != 0;
	else /* the one thing that must never happen */
		assert_int_equal((int)r->value.number, (int)((unit + 1) * 1000 + point));
}

static void take(struct bench *b, const struct worker_message *m)
{
	switch (m->kind) {
	case WORKER_READING: take_reading(b, &m->reading); return;
	case WORKER_BUS:
		b->bus_up += m->state.up;
		b->bus_down += !m->state.up;
		break;
	case WORKER_UNIT: b->unit_down[m->state.unit] += !m->state.up; break;
	case WORKER_CYCLED: b->cycled = m->generation; return;
	default: return;
	}
	if (!m->state.up)
		snprintf(b->text, sizeof(b->text), "%s", m->state.text);
}

static void watch(struct bench *b, int64_t for_us)
{
	int64_t deadline_us = clock_mono_us() + for_us;
	struct worker_message m;

	while (clock_mono_us() < deadline_us && queue_pop_wait(b->messages, &m, deadline_us))
		take(b, &m);
}

static bool all_have(const struct bench *b, unsigned unit, enum quality q)
{
	for (unsigned i = 0; i < b->point_count; i++)
		if (b->quality[unit - 1][i] != q)
			return false;
	return true;
}

static bool all_good(const struct bench *b)
{
	for (unsigned u = 1; u <= b->unit_count; u++)
		if (!all_have(b, u, QUALITY_GOOD))
			return false;
	return true;
}

static bool second_lost(const struct bench *b)
{
	return all_have(b, 2, QUALITY_LOST);
}

static bool is_down(const struct bench *b)
{
	return b->bus_down > 0;
}

static bool fire_is_told(const struct bench *b)
{
	return b->seen_fire;
}

static void until(struct bench *b, bool (*condition)(const struct bench *b), const char *what)
{
	int64_t deadline_us = clock_mono_us() + LIMIT;
	struct worker_message m;

	while (!condition(b)) {
		if (!queue_pop_wait(b->messages, &m, deadline_us) || clock_mono_us() > deadline_us)
			fail_msg("never %s", what);
		take(b, &m);
	}
}
#define UNTIL(b, condition) until(b, condition, #condition)

static void forget(struct bench *b)
{
	memset(b->good, 0, sizeof(b->good));
	memset(b->unit_down, 0, sizeof(b->unit_down));
	b->bus_up = b->bus_down = 0;
	b->seen_fire = b->seen_suspect = false;
}

static uint64_t cause_count(struct bench *b, const char *cause)
{
	struct status_bus s;

	worker_status(b->worker, &s);
	for (size_t i = 0; i < s.cause_count; i++)
		if (str_equal(s.causes[i].cause, cause))
			return s.causes[i].count;
	return 0;
}

/* -------- transaction ids -------- */

static void a_gateway_that_numbers_its_answers_itself_needs_tid_loose(void **state)
{
	struct bench *b = *state;
	struct status_bus s;

	for (unsigned u = 1; u <= 3; u++)
		behave(b, u, OWN_TRANSACTIONS, 0);
	begin(b);
	UNTIL(b, is_down);
	worker_status(b->worker, &s);
	assert_non_null(strstr(s.hint, "tid = \"loose\""));
	assert_true(cause_count(b, "transaction") > 0);
	assert_int_equal(b->good[0][0] + b->good[1][0] + b->good[2][0], 0);
}

static void tid_loose_takes_the_answers_of_such_a_gateway(void **state)
{
	struct bench *b = *state;

	for (unsigned u = 1; u <= 3; u++) {
		behave(b, u, OWN_TRANSACTIONS, 0);
		b->devices[u - 1].loose = true;
	}
	begin(b);
	UNTIL(b, all_good);
	watch(b, 300 * MS);
	assert_int_equal(cause_count(b, "transaction"), 0);
	assert_int_equal(scripted_connections(b->slave), 1);
}

/* Two requests of one unit with the same function and length: only patience tells their answers apart. */
static void a_late_answer_of_a_loose_gateway_is_not_taken_for_the_next(void **state)
{
	struct bench *b = *state;

	b->unit_count = 2;
	b->bus.timeout_us = 60 * MS;
	b->point_count = 20;
	for (unsigned i = 10; i < 20; i++)
		b->points[i].wire.address = (uint16_t)i;
	for (unsigned u = 0; u < 2; u++) {
		b->devices[u].loose = true;
		b->devices[u].max_registers = 10; /* 0..9 and 10..19 */
		b->devices[u].late_bound_us = 150 * MS;
	}
	begin(b);
	UNTIL(b, all_good);
	for (unsigned i = 0; i < 8; i++) {
		behave(b, 1, SLOW_ONCE, 100);
		watch(b, 350 * MS); /* every value is looked at */
	}
	assert_true(cause_count(b, "late") >= 3);
	UNTIL(b, all_good);
}

static void an_answer_that_comes_twice_is_not_taken_for_the_next(void **state)
{
	struct bench *b = *state;

	b->unit_count = 2;
	b->point_count = 20;
	for (unsigned u = 0; u < 2; u++) {
		behave(b, u + 1, TWICE, 0);
		b->devices[u].loose = u == 0;
		b->devices[u].max_registers = 10;
	}
	begin(b);
	UNTIL(b, all_good);
	watch(b, 500 * MS); /* every value is looked at */
	assert_true(b->good[0][15] > 3 && b->good[1][15] > 3);
}

/* -------- a unit that is mute or slow -------- */

/* TCP, with a timeout longer than three periods. How many polls the others keep: test_virtual_line.c. */
static void a_unit_that_goes_mute_is_told_once_and_the_others_never(void **state)
{
	struct bench *b = *state;

	b->bus.timeout_us = 300 * MS;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 100 * MS;
	begin(b);
	UNTIL(b, all_good);
	watch(b, 500 * MS);
	forget(b);
	behave(b, 2, MUTE, 0);
	UNTIL(b, second_lost);
	watch(b, S);
	assert_int_equal(b->unit_down[2], 1);
	assert_int_equal(b->unit_down[1] + b->unit_down[3] + b->bus_down, 0);
	assert_int_equal(scripted_connections(b->slave), 1);
}

static bool the_dead_are_lost(const struct bench *b)
{
	for (unsigned u = 3; u <= b->unit_count; u++)
		if (!all_have(b, u, QUALITY_LOST))
			return false;
	return true;
}

/* A gateway that tries a dead unit for 400 ms, longer than the timeout, and does nothing else meanwhile: what that costs the
 * others is reckoned (test_virtual_line.c says how much it is), and the dead ones are asked the less. */
static void dead_units_behind_a_gateway_that_blocks_take_no_other_with_them(void **state)
{
	struct bench *b = *state;
	unsigned from, asked = 0;

	b->unit_count = MANY; /* two that live and ten that do not */
	b->bus.timeout_us = 200 * MS;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 100 * MS;
	begin(b);
	UNTIL(b, all_good);
	watch(b, 300 * MS);
	for (unsigned u = 3; u <= MANY; u++)
		behave(b, u, BLOCKS, 400);
	UNTIL(b, the_dead_are_lost);
	forget(b);
	from = scripted_count(b->slave);
	watch(b, 10 * S);
	for (unsigned i = from; i < scripted_count(b->slave); i++)
		asked += scripted_ask(b->slave, i)->unit > 2;
	print_message("# polls kept: %u, %u of 100; the dead ones asked %u times\n", b->good[0][0], b->good[1][0],
		      asked);
	assert_true(asked <= 3);
	assert_true(b->good[0][0] > 0 && b->good[1][0] > 0);
	assert_int_equal(b->unit_down[1] + b->unit_down[2] + b->bus_down, 0);
	assert_int_equal(scripted_connections(b->slave), 1);
}

static void an_answer_that_is_slow_but_in_time_is_taken_and_holds_nobody_up(void **state)
{
	struct bench *b = *state;

	b->bus.timeout_us = 800 * MS;
	begin(b);
	UNTIL(b, all_good);
	watch(b, 300 * MS);
	for (unsigned i = 0; i < 3; i++) {
		forget(b);
		behave(b, 2, SLOW_ONCE, 400);
		watch(b, 900 * MS);
		assert_true(b->good[1][3] > 0);
		assert_true(second_lost(b) == false);
		assert_int_equal(b->unit_down[2], 0);
	}
	/* The first time the others are asked on; later it is known to be slow, and waited for. */
	assert_int_equal(cause_count(b, "late"), 0);
	assert_int_equal(cause_count(b, "silent"), 0);
}

/* A converter that passes on a slow line's bytes as they come: a frame that has begun gets its whole timeout. */
static void an_answer_in_pieces_is_waited_for(void **state)
{
	struct bench *b = *state;

	b->unit_count = 2;
	b->bus.timeout_us = 900 * MS;
	begin(b);
	UNTIL(b, all_good);
	for (unsigned i = 0; i < 3; i++) {
		forget(b);
		behave(b, 2, IN_PIECES, 400);
		watch(b, 900 * MS);
		assert_true(b->good[1][3] > 0);
		behave(b, 2, WELL, 0);
		watch(b, 300 * MS);
	}
	assert_int_equal(scripted_connections(b->slave), 1);
	assert_int_equal(cause_count(b, "half"), 0);
}

static void dead_units_are_never_shared_between_buses(void **state)
{
	struct bench *b = *state;
	struct bench *other;
	void *second;

	setup(&second);
	other = second;
	the = b; /* its values are as good for both */
	begin(b);
	begin(other);
	UNTIL(b, all_good);
	UNTIL(other, all_good);
	behave(b, 2, MUTE, 0);
	UNTIL(b, second_lost);
	forget(other);
	watch(other, 500 * MS);
	assert_int_equal(other->unit_down[2], 0);
	assert_true(other->good[1][0] > 3 && all_good(other));
	teardown(&second);
}

/* -------- what devices want -------- */

static void a_device_is_left_alone_for_its_min_interval(void **state)
{
	struct bench *b = *state;
	int64_t last_us = 0;
	unsigned seen = 0;

	b->unit_count = 2;
	b->devices[1].min_interval_us = 120 * MS;
	b->devices[1].max_registers = 5; /* two requests a cycle */
	begin(b);
	UNTIL(b, all_good);
	watch(b, S);
	for (unsigned i = 0; i < scripted_count(b->slave); i++) {
		const struct scripted_ask *q = scripted_ask(b->slave, i);

		if (q->unit != 2)
			continue;
		if (seen++ > 0)
			assert_true(q->at_us - last_us >= 119 * MS);
		last_us = q->at_us;
	}
	assert_true(seen >= 5);
	assert_true(b->good[0][0] > 10); /* the other one is asked on */
}

static void nothing_is_asked_in_the_pause_after_connecting(void **state)
{
	struct bench *b = *state;
	int64_t from_us = clock_mono_us();

	b->bus.pause_after_connect_us = 300 * MS;
	begin(b);
	UNTIL(b, all_good);
	assert_true(scripted_ask(b->slave, 0)->at_us - from_us >= 300 * MS);
}

static void an_idle_connection_is_closed_and_opened_for_the_next_request(void **state)
{
	struct bench *b = *state;

	b->bus.idle_close_us = 100 * MS;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 600 * MS;
	begin(b);
	UNTIL(b, all_good);
	forget(b);
	watch(b, 2500 * MS);
	assert_true(scripted_connections(b->slave) >= 3);
	assert_true(b->good[0][0] >= 3);
	assert_int_equal(b->bus_down, 0);
	assert_true(all_good(b));
}

/* What the schema calls live of a bus comes with the plan: the thread and its connection stay. */
static void live_keys_of_a_bus_are_taken_over_on_the_open_connection(void **state)
{
	struct bench *b = *state;
	struct worker_setup s = {
		.bus = &b->bus, .devices = { b->devices, UNITS - 1 }, .generation = 2, .messages = b->messages
	};
	unsigned from;

	begin(b);
	UNTIL(b, all_good);
	/* Longer than the timeout so far: only the new one lets the answers in. */
	b->bus.timeout_us = 2 * S;
	b->bus.min_interval_us = 60 * MS;
	assert_int_equal(worker_update(b->worker, &s), 0);
	for (unsigned unit = 1; unit < UNITS; unit++)
		behave(b, unit, SLOW, 300);
	watch(b, 500 * MS); /* what was asked before */
	forget(b);
	from = scripted_count(b->slave);
	watch(b, 3 * S);
	assert_int_equal(b->bus_down, 0);
	for (unsigned unit = 1; unit < UNITS; unit++) {
		assert_true(b->good[unit - 1][0] > 0);
		assert_int_equal(b->unit_down[unit], 0);
	}
	for (unsigned i = from + 1; i < scripted_count(b->slave); i++)
		assert_true(scripted_ask(b->slave, i)->at_us - scripted_ask(b->slave, i - 1)->at_us >= 59 * MS);
	assert_int_equal(scripted_connections(b->slave), 1);
	/* And back: an idle connection is closed now. */
	for (unsigned unit = 1; unit < UNITS; unit++)
		behave(b, unit, WELL, 0);
	b->bus.min_interval_us = 0;
	b->bus.idle_close_us = 20 * MS;
	s.generation = 3;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 400 * MS;
	assert_int_equal(worker_update(b->worker, &s), 0);
	watch(b, 2 * S);
	assert_true(scripted_connections(b->slave) >= 3);
}

static bool half_of_second_good(const struct bench *b)
{
	return all_have(b, 2, QUALITY_GOOD);
}

/* Every value of it was asked for again, 17 registers at a time, since b->from. */
static bool second_asked_around(const struct bench *b)
{
	unsigned asked = 0;

	for (unsigned i = b->from; i < scripted_count(b->slave); i++)
		asked += scripted_ask(b->slave, i)->unit == 2;
	return asked >= 8;
}

static void check_longest(struct bench *b, unsigned from, uint16_t longest)
{
	unsigned end = scripted_count(b->slave), seen = 0;

	for (unsigned i = from; i < end; i++)
		if (scripted_ask(b->slave, i)->unit == 2) {
			assert_true(scripted_ask(b->slave, i)->count <= longest);
			seen++;
		}
	assert_true(seen > 0);
}

/* 60 registers that would be one request; the device does 17 at a time. */
static void learns(struct bench *b, enum behaviour how)
{
	b->unit_count = 2;
	b->point_count = 60;
	behave(b, 2, how, 17);
	begin(b);
	UNTIL(b, half_of_second_good);
	watch(b, 300 * MS);
	b->from = scripted_count(b->slave);
	UNTIL(b, second_asked_around);
	check_longest(b, b->from, 17);
	assert_true(all_good(b));
	assert_int_equal(b->unit_down[2], 0);
	assert_int_equal(scripted_connections(b->slave), 1);
}

static void a_device_that_refuses_long_requests_gets_short_ones(void **state)
{
	learns(*state, REFUSES_LONG);
}

static void a_device_that_answers_with_less_gets_short_requests(void **state)
{
	learns(*state, SHORT_REPLIES);
}

static bool second_plan_cycled(const struct bench *b)
{
	return b->cycled == 2;
}

static void what_a_device_does_not_take_is_known_after_a_reload(void **state)
{
	struct bench *b = *state;
	struct worker_setup s = {
		.bus = &b->bus, .devices = { b->devices, 2 }, .generation = 2, .messages = b->messages
	};

	learns(b, REFUSES_LONG);
	b->from = scripted_count(b->slave);
	assert_int_equal(worker_update(b->worker, &s), 0);
	UNTIL(b, second_plan_cycled);
	UNTIL(b, second_asked_around);
	check_longest(b, b->from, 17);
	assert_true(all_good(b));
}

static void a_busy_device_is_asked_again_before_its_values_are_bad(void **state)
{
	struct bench *b = *state;

	b->unit_count = 1;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 2 * S;
	behave(b, 1, BUSY_SOMETIMES, 0);
	begin(b);
	UNTIL(b, all_good);
	assert_true(cause_count(b, "busy") <= 3);
	watch(b, 2500 * MS);
	assert_true(all_good(b)); /* three times busy a reading, and never bad */
	assert_true(cause_count(b, "busy") >= 3);
}

static void a_gateway_without_answer_or_path_downs_the_unit_and_keeps_the_connection(void **state)
{
	static const uint8_t codes[] = { 0x0b, 0x0a };
	struct bench *b = *state;
	struct status_bus s;

	begin(b);
	UNTIL(b, all_good);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		behave(b, 2, EXCEPTION, codes[i]);
		UNTIL(b, second_lost);
		worker_status(b->worker, &s);
		assert_string_equal(s.state, "up");
		assert_non_null(
			strstr(s.hint, codes[i] == 0x0b ? "wires behind the gateway" : "routing of unit numbers"));
		assert_true(all_have(b, 1, QUALITY_GOOD) && all_have(b, 3, QUALITY_GOOD));
		behave(b, 2, WELL, 0);
		UNTIL(b, all_good);
	}
	assert_true(cause_count(b, "no-answer") >= 2 && cause_count(b, "no-path") >= 2);
	assert_int_equal(scripted_connections(b->slave), 1);
}

/* -------- what protects life -------- */

static void protect(struct bench *b)
{
	b->urgent[0] = true;
	b->unit_count = 1;
	b->devices[0].urgent = b->urgent;
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 150 * MS;
}

static void a_flash_of_noise_is_no_fire(void **state)
{
	struct bench *b = *state;

	protect(b);
	begin(b);
	UNTIL(b, all_good);
	for (unsigned i = 0; i < 5; i++) {
		atomic_store(&b->flip, 1);
		watch(b, 350 * MS);
	}
	assert_false(b->seen_fire);
	assert_int_equal(atomic_load(&b->flip), 0);
	assert_int_equal(cause_count(b, "noise"), 5);
	assert_true(all_good(b));
}

static void a_fire_is_told_after_a_second_reading_that_is_asked_at_once(void **state)
{
	struct bench *b = *state;
	int64_t from_us, took_us;

	protect(b);
	for (unsigned i = 0; i < POINTS; i++)
		b->points[i].period_us = 2 * S;
	begin(b);
	UNTIL(b, all_good);
	atomic_store(&b->fire, true);
	UNTIL(b, fire_is_told);
	/* Two askings so near to each other are one reading and its confirmation. */
	from_us = scripted_ask(b->slave, scripted_count(b->slave) - 2)->at_us;
	took_us = scripted_ask(b->slave, scripted_count(b->slave) - 1)->at_us - from_us;
	assert_true(took_us < 500 * MS);
}

static void other_values_of_that_answer_are_not_held_back(void **state)
{
	struct bench *b = *state;
	unsigned before;

	protect(b);
	begin(b);
	UNTIL(b, all_good);
	before = b->good[0][5];
	atomic_store(&b->flip, 1000000);
	watch(b, 400 * MS);
	assert_true(b->good[0][5] > before + 1);
	assert_true(b->seen_fire); /* it stays so: that is a fire */
}

/* -------- the bus is full -------- */

static void an_overbooked_bus_says_so_and_asks_for_life_first(void **state)
{
	struct bench *b = *state;
	struct status_bus s;

	b->urgent[0] = true;
	b->devices[0].urgent = b->urgent;
	b->point_count = 30;
	for (unsigned u = 1; u <= 3; u++) {
		behave(b, u, SLOW, 20);
		b->devices[u - 1].max_registers = 5; /* 18 requests of 20 ms for a period of 50 ms */
	}
	begin(b);
	UNTIL(b, all_good);
	forget(b);
	watch(b, 11 * S);
	worker_status(b->worker, &s);
	assert_true(s.skipped > 50);
	assert_true(s.lag_us > 0);
	assert_non_null(strstr(s.hint, "overbooked"));
	assert_true(b->good[0][0] > 11 * 20 * 0.6); /* nearly each of its turns */
	for (unsigned u = 0; u < 3; u++)
		for (unsigned i = 5; i < 30; i++)
			assert_true(b->good[u][i] >= 5); /* nobody starves */
}

/* -------- two addresses -------- */

static void the_standby_serves_when_the_first_address_does_not(void **state)
{
	struct bench *b = *state;
	struct scripted *first;
	struct status_bus s;

	b->slave = scripted_start(&b->setup);
	first = scripted_start(&b->setup);
	b->bus.port = scripted_port(first);
	b->bus.standby = "127.0.0.1";
	b->bus.standby_port = scripted_port(b->slave);
	begin_worker(b);
	UNTIL(b, all_good);
	assert_int_equal(scripted_connections(b->slave), 0);
	forget(b);
	scripted_stop(first);
	watch(b, 500 * MS);
	assert_true(scripted_connections(b->slave) >= 1);
	assert_int_equal(b->bus_down, 0); /* nobody noticed */
	assert_true(b->good[0][0] > 0);
	worker_status(b->worker, &s);
	assert_non_null(strstr(s.target, "(standby)"));
}

/* A gateway that has as many clients as it takes: accepts, and closes. */
struct dropper {
	int fd;
	struct thread *thread;
	uint16_t port;
};

static void drop_all(void *context)
{
	struct dropper *d = context;

	for (int fd; (fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
		close(fd);
}

static void dropper_start(struct dropper *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(d->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(d->fd, 8), 0);
	assert_int_equal(getsockname(d->fd, (struct sockaddr *)&a, &len), 0);
	d->port = ntohs(a.sin_port);
	assert_int_equal(thread_start("dropper", drop_all, d, &d->thread), 0);
}

static void dropper_stop(struct dropper *d)
{
	shutdown(d->fd, SHUT_RDWR);
	thread_join(d->thread);
	close(d->fd);
}

static void a_gateway_that_drops_every_connection_at_once_is_told_as_down(void **state)
{
	struct bench *b = *state;
	struct dropper d = { 0 };
	struct status_bus s;

	dropper_start(&d);
	b->bus.port = d.port;
	begin_worker(b);
	UNTIL(b, is_down);
	assert_non_null(strstr(b->text, "no connection"));
	UNTIL(b, second_lost);
	worker_status(b->worker, &s);
	assert_string_equal(s.state, "down");
	watch(b, 2 * S);
	assert_int_equal(b->bus_down, 1); /* an edge */
	assert_int_equal(b->bus_up, 0);
	worker_stop(steal(&b->worker));
	dropper_stop(&d);
}

/* -------- dial-in -------- */

static void dial_in(struct bench *b, const char *registration)
{
	b->bus.type = BUS_DIAL_IN;
	b->bus.port = loopback_free_port();
	b->bus.registration = (const uint8_t *)"modem-7";
	b->bus.registration_len = strlen("modem-7");
	b->setup.rtu = true;
	b->setup.dial_port = b->bus.port;
	b->setup.registration = registration;
}

static void a_modem_that_dials_in_is_polled_as_a_slave(void **state)
{
	struct bench *b = *state;
	struct status_bus s;

	dial_in(b, "modem-7\r\n");
	begin(b);
	UNTIL(b, all_good);
	worker_status(b->worker, &s);
	assert_string_equal(s.state, "up");
	assert_string_equal(s.type, "dial-in");
	watch(b, 200 * MS);
	assert_true(scripted_connections(b->slave) >= 1);
}

static void a_modem_that_speaks_modbus_tcp_is_polled_too(void **state)
{
	struct bench *b = *state;

	dial_in(b, "modem-7");
	b->bus.tcp_frames = true;
	b->setup.rtu = false;
	begin(b);
	UNTIL(b, all_good);
}

static void a_modem_that_calls_again_replaces_its_old_connection(void **state)
{
	struct bench *b = *state;
	struct scripted *again;

	dial_in(b, "modem-7");
	begin(b);
	UNTIL(b, all_good);
	forget(b);
	/* As after a lost radio link: the old connection still seems to be there. */
	again = scripted_start(&b->setup);
	while (scripted_count(again) < 10)
		watch(b, 20 * MS);
	assert_int_equal(b->bus_down, 0);
	scripted_stop(b->slave);
	b->slave = again;
	watch(b, 300 * MS);
	UNTIL(b, all_good);
}

static void a_modem_that_hangs_up_is_taken_again_when_it_calls(void **state)
{
	struct bench *b = *state;

	dial_in(b, "modem-7");
	begin(b);
	UNTIL(b, all_good);
	for (unsigned i = 0; i < 3; i++) {
		unsigned count = scripted_count(b->slave);

		forget(b);
		scripted_hang_up(b->slave);
		while (scripted_count(b->slave) < count + 10)
			watch(b, 20 * MS);
	}
	assert_int_equal(b->bus_down, 0);
	assert_true(all_good(b));
}

static void without_a_doorman_there_is_no_dial_in_bus(void **state)
{
	struct bench *b = *state;
	struct worker_setup s = { .bus = &b->bus, .messages = b->messages };

	b->bus.type = BUS_DIAL_IN;
	assert_int_equal(worker_start(&s, &b->worker), -EOPNOTSUPP);
}

static bool address_is_told(const struct bench *b)
{
	return strstr(b->text, "no connection") != NULL;
}

static void an_address_that_is_not_ours_is_told(void **state)
{
	struct bench *b = *state;
	struct status_bus s;

	dial_in(b, "modem-7");
	b->bus.host = "192.0.2.1";
	begin_worker(b);
	UNTIL(b, address_is_told);
	worker_status(b->worker, &s);
	assert_string_equal(s.state, "down");
	assert_non_null(strstr(s.hint, "one of this box"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_gateway_that_numbers_its_answers_itself_needs_tid_loose),
		CASE(tid_loose_takes_the_answers_of_such_a_gateway),
		CASE(a_late_answer_of_a_loose_gateway_is_not_taken_for_the_next),
		CASE(an_answer_that_comes_twice_is_not_taken_for_the_next),
		CASE(a_unit_that_goes_mute_is_told_once_and_the_others_never),
		CASE(dead_units_behind_a_gateway_that_blocks_take_no_other_with_them),
		CASE(an_answer_that_is_slow_but_in_time_is_taken_and_holds_nobody_up),
		CASE(an_answer_in_pieces_is_waited_for),
		CASE(dead_units_are_never_shared_between_buses),
		CASE(a_device_is_left_alone_for_its_min_interval),
		CASE(nothing_is_asked_in_the_pause_after_connecting),
		CASE(an_idle_connection_is_closed_and_opened_for_the_next_request),
		CASE(live_keys_of_a_bus_are_taken_over_on_the_open_connection),
		CASE(a_device_that_refuses_long_requests_gets_short_ones),
		CASE(a_device_that_answers_with_less_gets_short_requests),
		CASE(what_a_device_does_not_take_is_known_after_a_reload),
		CASE(a_busy_device_is_asked_again_before_its_values_are_bad),
		CASE(a_gateway_without_answer_or_path_downs_the_unit_and_keeps_the_connection),
		CASE(a_flash_of_noise_is_no_fire),
		CASE(a_fire_is_told_after_a_second_reading_that_is_asked_at_once),
		CASE(other_values_of_that_answer_are_not_held_back),
		CASE(an_overbooked_bus_says_so_and_asks_for_life_first),
		CASE(the_standby_serves_when_the_first_address_does_not),
		CASE(a_gateway_that_drops_every_connection_at_once_is_told_as_down),
		CASE(a_modem_that_dials_in_is_polled_as_a_slave),
		CASE(a_modem_that_speaks_modbus_tcp_is_polled_too),
		CASE(a_modem_that_calls_again_replaces_its_old_connection),
		CASE(a_modem_that_hangs_up_is_taken_again_when_it_calls),
		CASE(without_a_doorman_there_is_no_dial_in_bus),
		CASE(an_address_that_is_not_ours_is_told),
	};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
