/* An hour of a bad wire in seconds: every kind of fault, at random but the same again for the same seed, and an oracle
 * that knows what each register was at every moment. No good value that was never true, no value older than its answer can
 * be, no bus that stays stuck when the wire is well again, no descriptor left behind.
 *
 *     WIRE_ORACLE_S=600 WIRE_ORACLE_SEED=7 tests/unit/test_wire_oracle      a long one, by hand
 *
 * A value is 32 bits: its upper half says which register of which unit it is, the lower half when the slave read it. */
#include "unit.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "field/doorman.h"
#include "field/worker.h"
#include "holding.h"
#include "scripted.h"

#define UNITS   4
#define POINTS  12 /* of a unit */
#define BUSES   4
#define TICK_US (5 * MS) /* of the clock in the values */
#define TIMEOUT (50 * MS)
#define LATE    S       /* late_bound: an answer is never later, nor is a slave on a loaded machine */
#define SLACK   (2 * S) /* of a loaded machine: an answer that came in time is read whenever there is time */
#define STEP    (10 * S)
#define RATE    20 /* per cent of the answers that have a fault */

enum wire { TCP, TCP_LOOSE, RTU_OVER_TCP, RTU };

struct oracle_bus {
	enum wire wire;
	struct bus bus;
	struct device devices[UNITS];
	struct scripted_setup setup;
	struct scripted *slave;
	struct worker *worker;
	uint32_t seed;         /* of the slave's thread */
	atomic_bool well;      /* no more faults */
	int64_t mute_until_us; /* the slave's thread: an outage of one unit */
	unsigned mute_unit;
	struct scripted_reply last; /* an answer of before */
	uint64_t good, bad, good_before;
	enum quality quality[UNITS][POINTS];
};

struct oracle {
	struct queue *messages;
	struct profile profile;
	struct profile_point points[POINTS];
	struct oracle_bus bus[BUSES];
	unsigned descriptors;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static unsigned below(struct oracle_bus *b, unsigned n)
{
	return next_random(&b->seed) % n;
}

/* -------- the truth -------- */

/* Two banks of the same shape, so that an answer of the one fits a request of the other; every third register. */
static uint16_t address_of(unsigned point)
{
	return (uint16_t)(point < POINTS / 2 ? 3 * point : 201 + 3 * (point - POINTS / 2));
}

static uint16_t id_of(unsigned unit, unsigned address)
{
	return (uint16_t)(unit << 12 | address);
}

static uint16_t tick_of(int64_t at_us)
{
	return (uint16_t)(at_us / TICK_US);
}

/* A register is the upper half of the value that begins there, or the lower of the one before it. */
static uint16_t register_of(unsigned unit, unsigned address)
{
	return address % 3 == 0 ? id_of(unit, address) : tick_of(clock_mono_us());
}

/* What nobody asked for. */
static uint16_t another_register(unsigned unit, unsigned address)
{
	return register_of(unit, address) ^ 0x0800;
}

/* Was it so, at a moment of which an answer at that time can tell? */
static void check_true(const struct oracle_bus *b, const struct reading *r, unsigned unit, unsigned point)
{
	uint32_t value = (uint32_t)r->value.number;
	uint16_t age = (uint16_t)(tick_of(r->at.mono_us) - (uint16_t)value);

	if (value >> 16 != id_of(unit + 1, address_of(point)))
		fail_msg("wire %d: unit %u register %u told as %08x: never true", b->wire, unit + 1, address_of(point),
			 value);
	if (age > (TIMEOUT + SLACK) / TICK_US && age < UINT16_MAX - 1)
		fail_msg("wire %d: unit %u register %u: a value of %u ms ago", b->wire, unit + 1, address_of(point),
			 (unsigned)(age * TICK_US / MS));
}

/* -------- the faults -------- */

enum fault {
	MUTE,
	LATER,
	WRONG_UNIT,
	WRONG_FUNCTION,
	WRONG_TRANSACTION,
	WRONG_PROTOCOL,
	LESS,
	MORE,
	HALF,
	BITS,
	NOISE_BEFORE,
	NOISE_BEHIND,
	NOISE_INSTEAD,
	OLD_BEFORE,
	TWICE,
	EXCEPTION,
	CLOSE,
	OUTAGE,
	FAULTS
};

/* What may be on which wire. Some faults cannot be seen by anybody where there is neither a CRC nor an id. */
static bool possible(const struct oracle_bus *b, enum fault f)
{
	bool tcp = b->wire == TCP || b->wire == TCP_LOOSE;

	switch (f) {
	case WRONG_TRANSACTION: return b->wire == TCP;
	case WRONG_PROTOCOL:
	case OLD_BEFORE: return b->wire == TCP;
	case BITS: return !tcp;
	case CLOSE: return b->wire != RTU;
	case HALF:
	case NOISE_BEFORE:
	case NOISE_BEHIND: return b->wire != TCP_LOOSE;
	default: return true;
	}
}

/* Noise of a length that is no frame's own: on TCP it begins no sensible header. */
static void add_noise(struct oracle_bus *b, struct scripted_reply *reply, unsigned most)
{
	bool tcp = b->wire == TCP || b->wire == TCP_LOOSE;
	unsigned len = 1 + below(b, most);

	for (unsigned i = 0; i < len && reply->len < sizeof(reply->bytes); i++)
		reply->bytes[reply->len++] = tcp ? 0xff : (uint8_t)below(b, 256);
}

static void add_right(struct oracle_bus *b, const struct scripted_ask *q, struct scripted_reply *reply)
{
	scripted_right(&b->setup, q, reply, register_of);
}

static void flip_bits(struct oracle_bus *b, struct scripted_reply *reply)
{
	/* Up to three bits: the CRC sees every one of these. */
	for (unsigned i = 1 + below(b, 3); i > 0; i--) {
		unsigned at = below(b, (unsigned)reply->len * 8);

		reply->bytes[at / 8] ^= (uint8_t)(1u << at % 8);
	}
}

static void change_ask(struct oracle_bus *b, enum fault f, struct scripted_ask *q)
{
	switch (f) {
	case WRONG_UNIT: q->unit = (uint8_t)(q->unit % 15 + 1); break;
	case WRONG_FUNCTION: q->function = 4; break;
	case WRONG_TRANSACTION: q->transaction = (uint16_t)(q->transaction + 1 + below(b, 60000)); break;
	case LESS: q->count = (uint16_t)MAX(q->count - 1 - (int)below(b, 4), 1); break;
	case MORE: q->count = (uint16_t)(q->count + 1 + below(b, 4)); break;
	default: break;
	}
}

/* Late, and well within what the devices' late_bound says. */
static int64_t lateness(struct oracle_bus *b)
{
	return 30 * MS + below(b, 300) * MS;
}

static void misbehave(struct oracle_bus *b, enum fault f, const struct scripted_ask *q, struct scripted_reply *reply)
{
	struct scripted_ask other = *q;

	if (f == MUTE)
		return;
	if (f == OUTAGE) {
		b->mute_unit = q->unit;
		b->mute_until_us = q->at_us + 300 * MS;
		return;
	}
	if (f == CLOSE) {
		reply->close = true;
		return;
	}
	if (f == EXCEPTION) {
		static const uint8_t codes[] = { 4, 5, 6, 10, 11 };

		scripted_refuse(&b->setup, q, reply, codes[below(b, ARRAY_SIZE(codes))]);
		return;
	}
	if (f == OLD_BEFORE)
		*reply = b->last;
	if (f == NOISE_BEFORE || f == NOISE_INSTEAD)
		add_noise(b, reply, 30);
	if (f == NOISE_INSTEAD)
		return;
	change_ask(b, f, &other);
	/* What comes under a wrong name has wrong values too: believed once, it is seen. */
	if (f == WRONG_FUNCTION || f == WRONG_TRANSACTION || f == WRONG_PROTOCOL)
		scripted_right(&b->setup, &other, reply, another_register);
	else
		add_right(b, &other, reply);
	if (f == WRONG_PROTOCOL)
		reply->bytes[3] = 1;
	if (f == HALF)
		reply->len = MAX(reply->len / 2, (size_t)1);
	/* What came behind half a frame could complete it, and nobody could see that: a device that goes on after it is
	 * not of this world. */
	reply->last = f == HALF && b->wire == TCP;
	if (f == BITS)
		flip_bits(b, reply);
	if (f == NOISE_BEHIND)
		add_noise(b, reply, 8);
	if (f == TWICE)
		add_right(b, &other, reply);
	if (f == LATER)
		reply->after_us = b->wire == TCP ? below(b, 4000) * MS : lateness(b);
}

static void answer(void *context, const struct scripted_ask *q, struct scripted_reply *reply)
{
	struct oracle_bus *b = context;
	enum fault f = (enum fault)below(b, FAULTS);
	struct scripted_ask own = *q;

	if (b->wire == TCP_LOOSE)
		own.transaction = (uint16_t)(q->transaction ^ 0x5a5a);
	if (atomic_load(&b->well)) {
		add_right(b, &own, reply);
		return;
	}
	if (q->unit == b->mute_unit && q->at_us < b->mute_until_us)
		return;
	if (below(b, 100) < RATE && possible(b, f) && (f != OLD_BEFORE || b->last.len > 0))
		misbehave(b, f, &own, reply);
	else
		add_right(b, &own, reply);
	if (f > FAULTS / 2) {
		struct scripted_reply kept = { 0 };

		add_right(b, &own, &kept);
		b->last = kept;
	}
}

/* -------- the buses -------- */

static unsigned count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

static void begin_bus(struct oracle *o, unsigned number, uint32_t seed)
{
	struct oracle_bus *b = &o->bus[number];
	struct worker_setup s = { .bus = &b->bus,
				  .devices = { b->devices, UNITS },
				  .number = number,
				  .generation = 1,
				  .messages = o->messages };

	b->wire = (enum wire)number;
	b->seed = seed * 2654435761u + number * 40503u + 1;
	b->setup = (struct scripted_setup){
		.rtu = b->wire >= RTU_OVER_TCP, .pty = b->wire == RTU, .answer = answer, .context = b
	};
	b->slave = scripted_start(&b->setup);
	b->bus = (struct bus){ .id = "b",
			       .type = b->wire == RTU            ? BUS_RTU
				       : b->wire == RTU_OVER_TCP ? BUS_RTU_OVER_TCP
								 : BUS_TCP,
			       .host = "127.0.0.1",
			       .port = scripted_port(b->slave),
			       .path = scripted_path(b->slave),
			       .baud = 115200,
			       .data_bits = 8,
			       .stop_bits = 1,
			       .parity = 'N',
			       .timeout_us = TIMEOUT };
	for (unsigned u = 0; u < UNITS; u++)
		b->devices[u] = (struct device){ .id = "d",
						 .name = "d",
						 .profile = &o->profile,
						 .bus = &b->bus,
						 .unit = (uint8_t)(u + 1),
						 .loose = b->wire == TCP_LOOSE,
						 .late_bound_us = LATE,
						 .first_point = u * POINTS };
	assert_int_equal(worker_start(&s, &b->worker), 0);
}

static void take(struct oracle *o, const struct worker_message *m)
{
	struct oracle_bus *b = &o->bus[m->bus];
	unsigned unit, point;

	if (m->kind != WORKER_READING)
		return;
	unit = m->reading.point / POINTS;
	point = m->reading.point % POINTS;
	b->quality[unit][point] = m->reading.quality;
	if (m->reading.quality != QUALITY_GOOD) {
		b->bad++;
		return;
	}
	b->good++;
	check_true(b, &m->reading, unit, point);
}

static bool is_well(const struct oracle_bus *b)
{
	for (unsigned u = 0; u < UNITS; u++)
		for (unsigned i = 0; i < POINTS; i++)
			if (b->quality[u][i] != QUALITY_GOOD)
				return false;
	return true;
}

static bool all_well(const struct oracle *o)
{
	for (unsigned i = 0; i < BUSES; i++)
		if (!is_well(&o->bus[i]))
			return false;
	return true;
}

static void watch(struct oracle *o, int64_t until_us)
{
	struct worker_message m;

	while (clock_mono_us() < until_us && queue_pop_wait(o->messages, &m, until_us))
		take(o, &m);
}

/* No bus is stuck, at no time: even the worst of them tells some values in each stretch. */
static void check_progress(struct oracle *o)
{
	for (unsigned i = 0; i < BUSES; i++) {
		struct oracle_bus *b = &o->bus[i];
		struct status_bus s;

		worker_status(b->worker, &s);
		if (b->good - b->good_before < (uint64_t)(STEP / S))
			fail_msg("wire %d: %llu good values in %d s; %s, %zu of %zu units up: %s", b->wire,
				 (unsigned long long)(b->good - b->good_before), (int)(STEP / S), s.state, s.units_up,
				 s.units, s.hint);
		b->good_before = b->good;
	}
}

static long said(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : fallback;
}

static void end_bus(struct oracle_bus *b)
{
	struct status_bus s;

	worker_status(b->worker, &s);
	print_message("# wire %d: %llu good values, %llu others, %llu requests, %llu connections:", b->wire,
		      (unsigned long long)b->good, (unsigned long long)b->bad, (unsigned long long)s.requests,
		      (unsigned long long)s.connects);
	for (size_t i = 0; i < s.cause_count; i++)
		print_message(" %s %llu", s.causes[i].cause, (unsigned long long)s.causes[i].count);
	print_message("\n");
	worker_stop(b->worker);
	scripted_stop(b->slave);
}

static void no_value_is_told_that_was_never_true(void **state)
{
	struct oracle *o = MEM_NEW(struct oracle);
	int64_t for_us = said("WIRE_ORACLE_S", 8) * S;
	uint32_t seed = (uint32_t)said("WIRE_ORACLE_SEED", 1);

	(void)state;
	o->descriptors = count_descriptors();
	o->messages = queue_new(sizeof(struct worker_message), 4096);
	for (unsigned i = 0; i < POINTS; i++)
		o->points[i] = holding_point(CODEC_U32, address_of(i), i % 3 ? 20 * MS : 60 * MS);
	o->profile = (struct profile){ .id = "p", .points = o->points, .point_count = POINTS };
	for (unsigned i = 0; i < BUSES; i++)
		begin_bus(o, i, seed);
	for (int64_t left_us = for_us; left_us > 0; left_us -= STEP) {
		watch(o, clock_mono_us() + MIN(left_us, STEP));
		if (left_us >= STEP)
			check_progress(o);
	}
	for (unsigned i = 0; i < BUSES; i++) {
		assert_true(o->bus[i].good > (uint64_t)(for_us / S) * 20); /* it went on all the time */
		atomic_store(&o->bus[i].well, true);
	}
	/* Nothing good of before counts; a unit that was left alone for a minute is found within that time. */
	for (unsigned i = 0; i < BUSES; i++)
		memset(o->bus[i].quality, 0xff, sizeof(o->bus[i].quality));
	for (int64_t end_us = clock_mono_us() + 90 * S; !all_well(o) && clock_mono_us() < end_us;)
		watch(o, clock_mono_us() + 20 * MS);
	assert_true(all_well(o));
	for (unsigned i = 0; i < BUSES; i++)
		end_bus(&o->bus[i]);
	queue_free(o->messages);
	assert_int_equal(count_descriptors(), o->descriptors);
	free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_value_is_told_that_was_never_true) };

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
