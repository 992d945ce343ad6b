/* Days of a bad wire, in virtual time (virtual_line.h): two of five answers are wrong in one way or another, the same for
 * the same seed, and an oracle knows what each register was at every moment. No value that was never true or is older than its
 * answer can be; no wait longer than the timeout; no bus that stays stuck once the wire is well.
 *
 *     VIRTUAL_DAY_H=240 VIRTUAL_DAY_SEED=7 tests/unit/test_virtual_day      ten days, another seed */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "holding.h"
#include "virtual_line.h"

#define UNITS   4
#define POINTS  8 /* of a unit: u32, two banks of the same shape far from each other */
#define TIMEOUT (400 * MS)
#define LATE    (2 * S) /* late_bound */
#define TICK_US MS      /* of the clock in the values */
#define RATE    40      /* per cent of the answers */

enum fault {
	MUTE,
	OUTAGE, /* of the unit, for up to a minute */
	LATER,  /* than the timeout, within late_bound */
	DRIP,   /* byte by byte, slower than the timeout allows */
	WRONG_UNIT,
	WRONG_FUNCTION,
	WRONG_ID, /* TCP: of another transaction */
	PROTOCOL, /* TCP: not Modbus */
	ONE_LESS, /* a register fewer than asked, and it says so */
	ONE_MORE,
	LYING_COUNT, /* the count of bytes and the bytes differ */
	HALF,
	BITS,        /* RTU: turned on the way */
	NOISE,       /* instead of it */
	NOISE_FIRST, /* and then the right one */
	OLD_FIRST,   /* the answer of the request before, and then the right one */
	TWICE,
	REQUEST, /* the unit's own echo of what it was asked */
	EXCEPTION,
	HANG_UP, /* TCP */
	FAULTS
};

struct day {
	struct bus bus;
	struct device devices[UNITS];
	struct profile profile;
	struct profile_point points[POINTS];
	uint32_t seed;
	bool well;
	int64_t out_until_us[UNITS + 1];
	unsigned cut_link; /* TCP: it stopped in the middle of a frame, and says nothing more on that connection */
	uint8_t last[FRAME_MAX];
	size_t last_len;
	uint64_t asked, faults[FAULTS], good, doubtful;
	enum quality quality[UNITS][POINTS];
};

static unsigned below(struct day *d, unsigned n)
{
	d->seed ^= d->seed << 13;
	d->seed ^= d->seed >> 17;
	d->seed ^= d->seed << 5;
	return d->seed % n;
}

static uint16_t address_of(unsigned point)
{
	return (uint16_t)((point < POINTS / 2 ? 0 : 400) + 2 * (point % (POINTS / 2)));
}

/* The first of a value's two registers says whose it is, the second when it was read. */
static uint16_t register_of(unsigned unit, unsigned address, int64_t at_us)
{
	return address % 2 == 0 ? (uint16_t)(unit << 12 | address) : (uint16_t)(at_us / TICK_US);
}

/* -------- the slaves -------- */

/* From the unit number on. */
static size_t put_answer(uint8_t *to, const struct frame_request *r, int64_t at_us)
{
	size_t len = 0;

	to[len++] = r->unit;
	to[len++] = r->function;
	to[len++] = (uint8_t)(2 * r->count);
	for (unsigned i = 0; i < r->count; i++) {
		uint16_t value = register_of(r->unit, r->address + i, at_us);

		to[len++] = (uint8_t)(value >> 8);
		to[len++] = (uint8_t)value;
	}
	return len;
}

static size_t wrap(const struct day *d, uint8_t *frame, size_t len, uint16_t transaction)
{
	if (d->bus.type == BUS_TCP) {
		uint8_t head[6] = { (uint8_t)(transaction >> 8), (uint8_t)transaction, 0, 0,
				    (uint8_t)(len >> 8),         (uint8_t)len };

		memmove(frame + 6, frame, len);
		memcpy(frame, head, 6);
		return len + 6;
	}
	frame[len] = (uint8_t)frame_crc(frame, len);
	frame[len + 1] = (uint8_t)(frame_crc(frame, len) >> 8);
	return len + 2;
}

static size_t compose(struct day *d, const struct virtual_line_ask *ask, int64_t at_us, uint8_t *ret_frame)
{
	return wrap(d, ret_frame, put_answer(ret_frame, &ask->request, at_us), ask->transaction);
}

/* What may be on which wire: what nobody could see through where there is no CRC, or no id, is left out. */
static bool possible(const struct day *d, enum fault f)
{
	bool tcp = d->bus.type == BUS_TCP;

	switch (f) {
	case WRONG_ID:
	case PROTOCOL:
	case HANG_UP: return tcp;
	case BITS:
	case REQUEST: return !tcp;
	case OLD_FIRST: return tcp; /* on a serial line only what is owed may come: LATER */
	default: return true;
	}
}

static void say_noise(struct day *d, int64_t at_us)
{
	uint8_t noise[40];
	size_t len = 1 + below(d, sizeof(noise));

	/* On TCP: nothing that begins a header. */
	for (size_t i = 0; i < len; i++)
		noise[i] = d->bus.type == BUS_TCP ? 0xff : (uint8_t)below(d, 256);
	virtual_line_say(at_us, noise, len);
}

static void say_dripping(struct day *d, int64_t at_us, const uint8_t *frame, size_t len)
{
	int64_t pause_us = (30 + below(d, 100)) * MS;

	for (size_t i = 0; i < MIN(len, (size_t)12); i++)
		virtual_line_say(at_us + (int64_t)i * pause_us, frame + i, 1);
}

/* A frame that is wrong in itself. */
static size_t compose_wrong(struct day *d, enum fault f, const struct virtual_line_ask *ask, uint8_t *ret_frame)
{
	struct virtual_line_ask a = *ask;
	size_t len;

	if (f == WRONG_UNIT)
		a.request.unit = (uint8_t)(a.request.unit % UNITS + 1);
	if (f == WRONG_FUNCTION)
		a.request.function = 4;
	if (f == WRONG_ID)
		a.transaction = (uint16_t)(a.transaction + 1 + below(d, 65535));
	if (f == ONE_LESS)
		a.request.count = (uint16_t)(a.request.count - 1);
	if (f == ONE_MORE)
		a.request.count = (uint16_t)(a.request.count + 1);
	/* Believed once, it would be seen: of another register. */
	if (f == WRONG_ID || f == WRONG_FUNCTION || f == PROTOCOL)
		a.request.address = (uint16_t)(a.request.address + 2);
	len = compose(d, &a, a.heard_us, ret_frame);
	if (f == PROTOCOL)
		ret_frame[3] = (uint8_t)(1 + below(d, 255));
	if (f == LYING_COUNT) {
		len = put_answer(ret_frame, &ask->request, ask->heard_us);
		ret_frame[2] = (uint8_t)(ret_frame[2] - 2);
		len = wrap(d, ret_frame, len, ask->transaction);
	}
	if (f == BITS)
		for (unsigned i = 1 + below(d, 3); i > 0; i--) {
			unsigned at = below(d, (unsigned)len * 8);

			ret_frame[at / 8] ^= (uint8_t)(1u << at % 8);
		}
	if (f == HALF)
		len = 1 + below(d, (unsigned)len - 1);
	if (f == REQUEST)
		len = frame_compose_rtu(&ask->request, ret_frame);
	return len;
}

static void say_exception(struct day *d, const struct virtual_line_ask *ask, int64_t at_us)
{
	static const uint8_t codes[] = { 1, 2, 3, 4, 5, 6, 8, 10, 11, 0x7f };
	uint8_t frame[FRAME_MAX] = { ask->request.unit, ask->request.function | 0x80, codes[below(d, sizeof(codes))] };

	virtual_line_say(at_us, frame, wrap(d, frame, 3, ask->transaction));
}

static void misbehave(struct day *d, enum fault f, const struct virtual_line_ask *ask, int64_t at_us)
{
	uint8_t frame[FRAME_MAX];
	size_t len = compose(d, ask, at_us, frame);

	/* What comes behind half a frame could complete it, and nobody could see that: a gateway that goes on after it is not
	 * of this world. */
	if (d->bus.type == BUS_TCP && (f == HALF || f == DRIP)) {
		d->cut_link = virtual_line_links();
		virtual_line_hush();
	}
	switch (f) {
	case MUTE: return;
	case OUTAGE: d->out_until_us[ask->request.unit] = at_us + below(d, 60) * S; return;
	case LATER:
		/* It reads its registers when it is asked. */
		at_us += TIMEOUT + below(d, (unsigned)(LATE - TIMEOUT));
		virtual_line_say(at_us, frame, len);
		return;
	case DRIP: say_dripping(d, at_us, frame, len); return;
	case NOISE: say_noise(d, at_us); return;
	case EXCEPTION: say_exception(d, ask, at_us); return;
	case HANG_UP: virtual_line_break(-ECONNRESET); return;
	case NOISE_FIRST:
		say_noise(d, at_us);
		virtual_line_say(at_us + virtual_line_wire_us(60), frame, len);
		return;
	case OLD_FIRST: virtual_line_say(at_us, d->last, d->last_len); break;
	case TWICE: virtual_line_say(at_us, frame, len); break;
	default: len = compose_wrong(d, f, ask, frame); break;
	}
	virtual_line_say(at_us + virtual_line_wire_us(f == TWICE ? len : 0), frame, len);
}

static void on_ask(void *context, const struct virtual_line_ask *ask)
{
	struct day *d = context;
	unsigned f = below(d, FAULTS);
	int64_t at_us = ask->heard_us + (1 + below(d, 20)) * MS;
	uint8_t frame[FRAME_MAX];

	assert_in_range(ask->request.unit, 1, UNITS);
	assert_int_equal(ask->request.function, 3);
	d->asked++;
	if (d->cut_link == virtual_line_links() || (!d->well && at_us < d->out_until_us[ask->request.unit]))
		return;
	if (!d->well && below(d, 100) < RATE && possible(d, f)) {
		d->faults[f]++;
		misbehave(d, f, ask, at_us);
	} else {
		virtual_line_say(at_us, frame, compose(d, ask, at_us, frame));
	}
	d->last_len = compose(d, ask, at_us, d->last);
}

/* -------- the oracle -------- */

static void on_told(void *context, const struct worker_message *m)
{
	struct day *d = context;
	const struct reading *r = &m->reading;
	unsigned unit = r->point / POINTS, point = r->point % POINTS;
	uint32_t value = (uint32_t)r->value.number;
	uint16_t age_ms = (uint16_t)(r->at.mono_us / TICK_US - (uint16_t)value);

	if (m->kind != WORKER_READING)
		return;
	d->quality[unit][point] = r->quality;
	if (r->quality != QUALITY_GOOD) {
		d->doubtful++;
		return;
	}
	d->good++;
	if (value >> 16 != register_of(unit + 1, address_of(point), 0))
		fail_msg("unit %u register %u told as %08x: never true", unit + 1, address_of(point), value);
	if (age_ms > TIMEOUT / MS + 50)
		fail_msg("unit %u register %u: a value of %u ms ago", unit + 1, address_of(point), age_ms);
}

static void prepare(struct day *d)
{
	for (unsigned i = 0; i < POINTS; i++)
		d->points[i] = holding_point(CODEC_U32, address_of(i), 500 * MS);
	d->profile = (struct profile){ .id = "p", .points = d->points, .point_count = POINTS };
	for (unsigned u = 0; u < UNITS; u++)
		d->devices[u] = (struct device){ .id = "d",
						 .bus = &d->bus,
						 .profile = &d->profile,
						 .unit = (uint8_t)(u + 1),
						 .first_point = u * POINTS,
						 .late_bound_us = LATE };
	virtual_line_begin(&(struct virtual_line_setup){
		.bus = &d->bus, .devices = { d->devices, UNITS }, .asked = on_ask, .told = on_told, .context = d });
}

static unsigned count_good(const struct day *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < UNITS * POINTS; i++)
		n += d->quality[i / POINTS][i % POINTS] == QUALITY_GOOD;
	return n;
}

static void live(struct day *d, int64_t hours)
{
	prepare(d);
	virtual_line_run(hours * HOUR);
	for (unsigned f = 0; f < FAULTS; f++)
		assert_true(d->faults[f] > 0 || !possible(d, f));
	print_message(
		"# %s: %lld h, %llu requests, %llu good values, %llu doubtful, %u clashes, longest wait %lld ms\n",
		d->bus.type == BUS_TCP ? "TCP" : "RTU", (long long)hours, (unsigned long long)d->asked,
		(unsigned long long)d->good, (unsigned long long)d->doubtful, virtual_line_clashes(),
		(long long)(virtual_line_longest_us() / MS));
	assert_true(d->good > (uint64_t)hours * 10000);
	assert_in_range(virtual_line_longest_us(), 0, TIMEOUT + 50 * MS);
	d->well = true;
	/* What was refused is asked again after an hour at the latest (split.h). */
	virtual_line_run(HOUR + 2 * MINUTE);
	assert_int_equal(count_good(d), UNITS * POINTS);
	virtual_line_end();
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void a_day_of_a_bad_wire_tells_nothing_that_was_never_true(void **state)
{
	static const struct bus buses[] = {
		{ .id = "gw", .type = BUS_TCP, .timeout_us = TIMEOUT },
		{ .id = "line",
		  .type = BUS_RTU,
		  .baud = 19200,
		  .data_bits = 8,
		  .stop_bits = 1,
		  .parity = 'E',
		  .timeout_us = TIMEOUT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		struct day d = { .bus = buses[i], .seed = 2463534242u + from_environment("VIRTUAL_DAY_SEED", 0) };

		live(&d, from_environment("VIRTUAL_DAY_H", 8));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_of_a_bad_wire_tells_nothing_that_was_never_true),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
