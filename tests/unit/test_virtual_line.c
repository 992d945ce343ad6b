/* What a bus promises over minutes and hours, in virtual time (virtual_line.h): how many polls the healthy units keep from the
 * moment on when another goes mute, how soon it is found again, and what is on the wire against what was forecast. Figures
 * are exact and the same on every machine. */
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "field/plan_measure.h"
#include "holding.h"
#include "virtual_line.h"

#define UNITS     12 /* at most; three if nothing else is said */
#define REGISTERS 10 /* of a unit, in one request */

static const struct kind_of_line {
	const char *name;
	enum bus_type type;
	int baud;
	int64_t period_us;
	double first_ten_s; /* at least so many of the polls; the first miss of a serial line costs a whole timeout */
} kinds[] = {
	{ "TCP", BUS_TCP, 0, 100 * MS, 0.98 },
	{ "RTU 115200 Bd", BUS_RTU, 115200, 100 * MS, 0.95 },
	{ "RTU 9600 Bd", BUS_RTU, 9600, 250 * MS, 0.97 },
	{ "RTU 9600 Bd", BUS_RTU, 9600, S, 0.98 },
};

struct world {
	struct bus bus;
	struct device devices[UNITS];
	struct profile profile;
	struct profile_point points[REGISTERS];
	int64_t think_us;                 /* a unit's, before it answers */
	int64_t mute_from_us, mute_to_us; /* unit 2, and those behind 3, say nothing */
	unsigned mute_polls;              /* ... until it was asked so often */
	uint8_t refusal;                  /* ... or its gateway says this for it */
	int64_t blocks_us;                /* ... or tries for so long, and does nothing else meanwhile */
	struct virtual_line_ask
		behind; /* the gateway answers for ever what was asked before, until it is called anew */
	unsigned behind_link, behind_links; /* on which connection that is; how many of its first connections are so */
	int64_t free_us;                    /* when the gateway has done with what came before */
	unsigned units, polls[UNITS + 1], good[UNITS + 1];
	int64_t lost_us, found_us; /* unit 2: told down; told up again */
};

static void answer(const struct world *w, const struct virtual_line_ask *ask, uint8_t exception)
{
	uint8_t frame[FRAME_MAX], *pdu = frame;
	size_t len = 0;
	bool tcp = w->bus.type == BUS_TCP;
	int64_t at_us = MAX(ask->heard_us, w->free_us) + w->think_us;

	if (tcp)
		pdu += 6;
	pdu[len++] = ask->request.unit;
	pdu[len++] = (uint8_t)(ask->request.function | (exception ? 0x80 : 0));
	if (exception) {
		pdu[len++] = exception;
	} else {
		pdu[len++] = (uint8_t)(2 * ask->request.count);
		for (unsigned i = 0; i < ask->request.count; i++) {
			pdu[len++] = ask->request.unit;
			pdu[len++] = (uint8_t)(ask->request.address + i);
		}
	}
	if (tcp) {
		uint8_t head[6] = {
			(uint8_t)(ask->transaction >> 8), (uint8_t)ask->transaction, 0, 0, 0, (uint8_t)len
		};

		memcpy(frame, head, sizeof(head));
		virtual_line_say(at_us, frame, len + sizeof(head));
	} else {
		uint16_t crc = frame_crc(pdu, len);

		pdu[len++] = (uint8_t)crc;
		pdu[len++] = (uint8_t)(crc >> 8);
		virtual_line_say(at_us, frame, len);
	}
}

static void on_ask(void *context, const struct virtual_line_ask *ask)
{
	struct world *w = context;
	unsigned unit = ask->request.unit;
	bool mute = unit != 1 && unit != 3 && ask->at_us >= w->mute_from_us && ask->at_us < w->mute_to_us;

	assert_in_range(unit, 1, UNITS);
	w->polls[unit]++;
	if (w->polls[unit] > w->mute_polls)
		mute = false;
	if (virtual_line_links() <= w->behind_links) {
		if (w->behind_link == virtual_line_links())
			answer(w, &w->behind, 0);
		w->behind = *ask;
		w->behind.heard_us = 0;
		w->behind_link = virtual_line_links();
	} else if (!mute)
		answer(w, ask, 0);
	else if (w->refusal)
		answer(w, ask, w->refusal);
	else if (w->blocks_us > 0)
		w->free_us = MAX(ask->heard_us, w->free_us) + w->blocks_us;
}

static void on_told(void *context, const struct worker_message *m)
{
	struct world *w = context;

	if (m->kind == WORKER_READING && m->reading.quality == QUALITY_GOOD && m->reading.point % REGISTERS == 0)
		w->good[m->reading.point / REGISTERS + 1]++;
	if (m->kind != WORKER_UNIT || m->state.unit != 2)
		return;
	if (m->state.up)
		w->found_us = virtual_line_now_us();
	else
		w->lost_us = virtual_line_now_us();
}

static struct world world_of(const struct kind_of_line *kind)
{
	struct world w = {
		.bus = { .id = "line",
			 .type = kind->type,
			 .baud = kind->baud,
			 .data_bits = 8,
			 .stop_bits = 1,
			 .parity = 'N',
			 .timeout_us = 500 * MS },
		.think_us = 5 * MS,
		.mute_from_us = INT64_MAX,
		.mute_to_us = INT64_MAX,
		.mute_polls = UINT_MAX,
		.units = 3,
	};

	for (unsigned i = 0; i < REGISTERS; i++)
		w.points[i] = holding_point(CODEC_U16, i, kind->period_us);
	return w;
}

static void begin(struct world *w)
{
	w->profile = (struct profile){ .id = "p", .points = w->points, .point_count = REGISTERS };
	for (unsigned u = 0; u < w->units; u++)
		w->devices[u] = (struct device){ .id = "d",
						 .bus = &w->bus,
						 .profile = &w->profile,
						 .unit = (uint8_t)(u + 1),
						 .first_point = u * REGISTERS };
	virtual_line_begin(&(struct virtual_line_setup){
		.bus = &w->bus, .devices = { w->devices, w->units }, .asked = on_ask, .told = on_told, .context = w });
}

/* Good values of the two healthy units in so long, against what their period asks for. */
static double kept(struct world *w, int64_t for_us)
{
	unsigned before = w->good[1] + w->good[3];

	virtual_line_run(for_us);
	return (double)(w->good[1] + w->good[3] - before) / 2 / ((double)for_us / (double)w->points[0].period_us);
}

static void a_point_is_read_at_its_period(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world w = world_of(&kinds[i]);

		begin(&w);
		virtual_line_run(10 * S);
		assert_true(kept(&w, MINUTE) == 1);
		virtual_line_end();
	}
}

static void the_healthy_keep_their_polls_when_one_goes_mute(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world w = world_of(&kinds[i]);
		double ten, minute, later;

		begin(&w);
		virtual_line_run(20 * S);
		w.mute_from_us = virtual_line_now_us();
		ten = kept(&w, 10 * S);
		minute = (ten * 10 + kept(&w, 50 * S) * 50) / 60;
		later = kept(&w, 9 * MINUTE);
		print_message("# %s every %lld ms: kept %.4f of the polls in the first 10 s, %.4f in the first minute, "
			      "then %.4f\n",
			      kinds[i].name, (long long)(kinds[i].period_us / MS), ten, minute, later);
		assert_true(ten >= kinds[i].first_ten_s);
		assert_true(minute >= 0.98);
		assert_true(later >= 0.98);
		/* Serial: between two of the three misses its answer may still come, for late_bound. */
		assert_true(w.lost_us - w.mute_from_us < (kinds[i].type == BUS_TCP ? 3 * S : 7 * S));
		virtual_line_end();
	}
}

/* The others are asked on, and the one that comes back is found soon: the sooner the shorter it was away. */
static void a_unit_that_comes_back_is_found(void **state)
{
	static const int64_t away_us[] = { 3 * S, 10 * S, MINUTE, HOUR };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t k = 0; k < ARRAY_SIZE(away_us); k++) {
			struct world w = world_of(&kinds[i]);
			int64_t took_us;

			begin(&w);
			virtual_line_run(20 * S);
			w.mute_from_us = virtual_line_now_us();
			w.mute_to_us = w.mute_from_us + away_us[k];
			virtual_line_run(away_us[k] + 2 * MINUTE);
			if (w.lost_us == 0) {
				assert_true(away_us[k] < 5 * S); /* nobody noticed */
				virtual_line_end();
				continue;
			}
			took_us = w.found_us - w.mute_to_us;
			print_message("# %s: away for %lld s, found after %.1f s\n", kinds[i].name,
				      (long long)(away_us[k] / S), (double)took_us / S);
			assert_in_range(took_us, 0, MIN(2 * away_us[k], 76 * S));
			virtual_line_end();
		}
}

/* Exception 0x0B: the gateway has waited for it. One may be noise behind the gateway, two are not. */
static void a_gateway_that_gets_no_answer_twice_is_believed(void **state)
{
	struct world w = world_of(&kinds[0]);
	unsigned polls;

	(void)state;
	begin(&w);
	w.refusal = 0x0b;
	virtual_line_run(20 * S);
	for (unsigned i = 0; i < 10; i++) {
		w.mute_from_us = 0;
		w.mute_polls = w.polls[2] + 1;
		virtual_line_run(S);
	}
	assert_int_equal(w.lost_us, 0);
	w.mute_from_us = virtual_line_now_us();
	w.mute_polls = UINT_MAX;
	polls = w.polls[2];
	virtual_line_run(300 * MS);
	assert_int_equal(w.polls[2] - polls, 2);
	assert_in_range(w.lost_us - w.mute_from_us, 0, 150 * MS);
	assert_true(kept(&w, MINUTE) == 1);
	assert_int_equal(virtual_line_links(), 1);
	virtual_line_end();
}

/* One that lost count of its answers: each is late for ever, however long one waits. It is called anew. */
static void a_gateway_that_is_one_answer_behind_is_called_anew(void **state)
{
	struct world w = world_of(&kinds[0]);

	(void)state;
	w.units = 1;
	for (unsigned i = 0; i < REGISTERS; i++)
		w.points[i].period_us = S; /* longer than the timeout */
	w.behind_links = 2;
	begin(&w);
	virtual_line_run(MINUTE);
	assert_int_equal(virtual_line_links(), 3);
	assert_true(w.good[1] > 20);
	virtual_line_end();
}

/* It tries a dead unit for longer than the timeout, and does nothing else meanwhile: that is reckoned. */
static void a_gateway_that_blocks_for_a_dead_unit_costs_the_others_little(void **state)
{
	struct world w = world_of(&kinds[0]);
	double minute;

	(void)state;
	begin(&w);
	virtual_line_run(20 * S);
	w.mute_from_us = virtual_line_now_us();
	w.blocks_us = 800 * MS;
	minute = kept(&w, MINUTE);
	print_message("# a gateway that blocks for 800 ms: kept %.4f of the polls in the first minute\n", minute);
	assert_true(minute >= 0.95); /* it takes three to be sure */
	assert_true(kept(&w, 9 * MINUTE) >= 0.98);
	assert_int_equal(virtual_line_links(), 1);
	virtual_line_end();
}

/* Ten of twelve, at the same moment: it takes three of each to be sure, and that is over soon. */
static void ten_dead_units_of_twelve_cost_the_others_little(void **state)
{
	static const double first_minute[] = { 0.90, 0.85, 0.88, 0.90 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world w = world_of(&kinds[i]);
		double minute, later;

		w.units = UNITS;
		begin(&w);
		virtual_line_run(20 * S);
		w.mute_from_us = virtual_line_now_us();
		minute = kept(&w, MINUTE);
		later = kept(&w, 9 * MINUTE);
		print_message("# %s every %lld ms, ten of twelve mute: kept %.4f of the polls in the first minute, "
			      "then %.4f\n",
			      kinds[i].name, (long long)(kinds[i].period_us / MS), minute, later);
		assert_true(minute >= first_minute[i]);
		assert_true(later >= 0.98);
		virtual_line_end();
	}
}

/* More is due than fits: nothing of the line's time is left over but what the standard asks for. The limit of a transaction is
 * its characters, 3.5 of thinking and 3.5 of silence. */
static void a_full_line_is_never_idle(void **state)
{
	static const int bauds[] = { 1200, 9600, 19200 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bauds); i++) {
		struct kind_of_line kind = { "RTU", BUS_RTU, bauds[i], 50 * MS, 0 };
		struct world w = world_of(&kind);
		int64_t character_us, limit_us, from_us;
		double used;
		unsigned polls;

		begin(&w);
		character_us = virtual_line_wire_us(1);
		w.think_us = character_us * 7 / 2;
		virtual_line_run(MINUTE);
		polls = w.polls[1] + w.polls[2] + w.polls[3];
		from_us = virtual_line_now_us();
		virtual_line_run(10 * MINUTE);
		polls = w.polls[1] + w.polls[2] + w.polls[3] - polls;
		limit_us = (8 + 5 + 2 * REGISTERS) * character_us + 7 * character_us;
		used = (double)(polls * limit_us) / (double)(virtual_line_now_us() - from_us);
		print_message("# %d Bd: %.4f of what is possible\n", bauds[i], used);
		assert_true(used >= 0.98 && used <= 1.001);
		assert_int_equal(virtual_line_clashes(), 0);
		virtual_line_end();
	}
}

/* What --check says of a line, against what is on it. */
static void the_forecast_of_a_line_is_what_is_on_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct world w = world_of(&kinds[i]);
		struct plan_load load;
		double forecast, wire;
		int64_t busy_us;

		if (kinds[i].type != BUS_RTU)
			continue;
		begin(&w);
		virtual_line_run(20 * S);
		load = plan_measure(virtual_line_poller()->plan);
		forecast = load.share - load.silence;
		busy_us = virtual_line_busy_us();
		virtual_line_run(10 * MINUTE);
		wire = (double)(virtual_line_busy_us() - busy_us) / (10 * MINUTE);
		print_message("# %s every %lld ms: forecast %.4f of the time on the wire, was %.4f\n", kinds[i].name,
			      (long long)(kinds[i].period_us / MS), forecast, wire);
		assert_true(forecast > wire * 0.98 && forecast < wire * 1.02);
		virtual_line_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_point_is_read_at_its_period),
		cmocka_unit_test(the_healthy_keep_their_polls_when_one_goes_mute),
		cmocka_unit_test(a_unit_that_comes_back_is_found),
		cmocka_unit_test(a_gateway_that_gets_no_answer_twice_is_believed),
		cmocka_unit_test(a_gateway_that_is_one_answer_behind_is_called_anew),
		cmocka_unit_test(a_gateway_that_blocks_for_a_dead_unit_costs_the_others_little),
		cmocka_unit_test(ten_dead_units_of_twelve_cost_the_others_little),
		cmocka_unit_test(a_full_line_is_never_idle),
		cmocka_unit_test(the_forecast_of_a_line_is_what_is_on_it),
	};

	return UNIT_RUN(tests);
}
