/* Who is asked next, and how a unit that does not answer is spared and found again. Virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "field/health.h"
#include "field/schedule.h"
#include "unit.h"

#define UNITS 3

/* Three units of one bus, one request each, plus a slow one of the first. */
struct world {
	struct bus bus;
	struct device devices[UNITS];
	struct profile profiles[UNITS];
	struct profile_point points[2];
	struct plan *plan;
};

static struct world *world_new(int64_t fast_us, int64_t slow_us)
{
	struct world *w = MEM_NEW(struct world);

	w->bus = (struct bus){ .id = "b", .type = BUS_TCP, .host = "127.0.0.1", .timeout_us = 500 * MS };
	w->points[0] = (struct profile_point){ .name = "fast", .period_us = fast_us };
	w->points[0].wire = (struct codec_wire){ .table = CODEC_HOLDING, .type = CODEC_U16, .registers = 1 };
	w->points[1] = w->points[0];
	w->points[1].wire.address = 100;
	w->points[1].period_us = slow_us;
	for (unsigned i = 0; i < UNITS; i++) {
		w->profiles[i] = (struct profile){ .points = w->points, .point_count = i == 0 ? 2 : 1 };
		w->devices[i] = (struct device){ .id = "d",
						 .profile = &w->profiles[i],
						 .bus = &w->bus,
						 .unit = (uint8_t)(i + 1),
						 .first_point = 2 * i };
	}
	w->plan = plan_build(&w->bus, (struct device_list){ w->devices, UNITS });
	return w;
}

static void world_free(struct world *w)
{
	plan_free(w->plan);
	free(w);
}
UTIL_DEFINE_CLEANUP(struct world *, world_free);

static unsigned unit_of(const struct world *w, const struct plan_request *r)
{
	return w->plan->groups[r->group].unit;
}

/* -------- schedule -------- */

static void all_are_asked_once_then_on_their_grid(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	unsigned asked[4] = { 0 };
	int64_t now_us = 100 * S;

	(void)state;
	for (unsigned turns = 0; now_us < 120 * S; turns++) {
		struct schedule_turn t = schedule_next(w->plan, now_us);

		assert_true(turns < 1000);
		if (!t.request) {
			now_us = t.wake_us;
			continue;
		}
		asked[t.request - w->plan->requests]++;
		assert_int_equal(schedule_advance(w->plan, t.request, now_us), 0);
		now_us += 10 * MS;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(asked[i], w->plan->groups[w->plan->requests[i].group].period_us == S ? 20 : 2);
}

static void buses_ask_at_different_moments_of_a_period(void **state)
{
	(void)state;
	for (uint16_t phase = 0; phase < 1024; phase += 128) {
		_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
		struct plan_request *r = schedule_next(w->plan, 100 * S).request;

		w->plan->phase = phase;
		assert_int_equal(schedule_advance(w->plan, r, 100 * S), 0);
		assert_in_range(r->due_us, 100 * S + 500 * MS, 100 * S + 1500 * MS);
		assert_int_equal((r->due_us - 100 * S) * 1024 / S % 1024, phase);
	}
}

static void fast_goes_before_slow(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct schedule_turn t = schedule_next(w->plan, 100 * S);

		assert_int_equal(w->plan->groups[t.request->group].period_us, S);
		schedule_advance(w->plan, t.request, 100 * S);
	}
	assert_int_equal(w->plan->groups[schedule_next(w->plan, 100 * S).request->group].period_us, 10 * S);
}

static void a_slow_one_is_not_starved_by_a_full_bus(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	int64_t now_us = 100 * S, last_us = now_us, longest_us = 0;

	(void)state;
	/* Each takes 0.6 s: three fast ones need 1.8 s of each second. */
	while (now_us < 400 * S) {
		struct schedule_turn t = schedule_next(w->plan, now_us);

		assert_non_null(t.request);
		if (w->plan->groups[t.request->group].period_us == 10 * S) {
			longest_us = MAX(longest_us, now_us - last_us);
			last_us = now_us;
		}
		schedule_advance(w->plan, t.request, now_us);
		now_us += 600 * MS;
	}
	assert_true(longest_us > 0 && longest_us < 25 * S);
}

static void what_was_missed_is_counted_and_not_made_up_for(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct plan_request *r = &w->plan->requests[0];
	int64_t period_us = w->plan->groups[r->group].period_us, last_us = 0;

	(void)state;
	r->due_us = 100 * S;
	assert_int_equal(schedule_advance(w->plan, r, 100 * S + period_us * 10 + 1), 10);
	assert_int_equal(r->due_us, 100 * S + period_us * 11);
	/* Late again and again: never two askings closer than half a period. */
	for (unsigned i = 0; i < 100; i++) {
		int64_t started_us = r->due_us + (i * 379) % 2000 * MS;

		if (last_us)
			assert_true(started_us - last_us >= period_us / 2);
		schedule_advance(w->plan, r, started_us);
		last_us = started_us;
	}
}

/* Asks what is due until end_us, each asking takes took_us; returns for how long nothing was due. */
static int64_t idle_of(struct world *w, int64_t took_us, int64_t now_us, int64_t end_us)
{
	int64_t idle_us = 0;

	while (now_us < end_us) {
		struct schedule_turn t = schedule_next(w->plan, now_us);

		if (t.request) {
			schedule_advance(w->plan, t.request, now_us);
			now_us += took_us;
		} else {
			idle_us += t.wake_us - now_us;
			now_us = t.wake_us;
		}
	}
	return idle_us;
}

static void a_full_line_is_never_idle(void **state)
{
	(void)state;
	/* Three fast ones take 1.05 to 3 s of each second, the slow one waits for its turns. */
	for (int64_t took_us = 350 * MS; took_us <= S; took_us += 50 * MS) {
		_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);

		assert_int_equal(idle_of(w, took_us, 100 * S, 200 * S), 0);
	}
}

static void a_turn_that_was_held_back_does_not_move_the_grid(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct plan_request *r = &w->plan->requests[0];

	(void)state;
	r->due_us = 100 * S;
	/* Six tenths of a second late: the next turn half a second later, and not on the grid at 101 s or only at 102 s. */
	assert_int_equal(schedule_advance(w->plan, r, 100 * S + 600 * MS), 0);
	assert_in_range(r->due_us, 101 * S + 100 * MS, 101 * S + 101 * MS);
	assert_int_equal(schedule_advance(w->plan, r, r->due_us), 0);
	assert_int_equal(r->due_us, 102 * S);
}

static void how_late_the_bus_is_is_told(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct schedule_turn t;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 100 * S;
	t = schedule_next(w->plan, 100 * S + 300 * MS);
	assert_int_equal(t.lag_us, 300 * MS);
	/* A unit that may not be asked is not late. */
	for (unsigned i = 0; i < UNITS; i++)
		w->plan->units[i].gate_us = 200 * S;
	t = schedule_next(w->plan, 100 * S + 300 * MS);
	assert_null(t.request);
	assert_int_equal(t.lag_us, 0);
	assert_int_equal(t.wake_us, 200 * S);
}

static void a_unit_in_doubt_is_asked_what_it_answered_before(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct plan_request *fast = &w->plan->requests[0], *slow = &w->plan->requests[1];
	struct schedule_turn t;

	(void)state;
	assert_int_equal(unit_of(w, fast), unit_of(w, slow));
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 200 * S;
	fast->due_us = 100 * S;
	slow->due_us = 109 * S;
	assert_ptr_equal(schedule_next(w->plan, 101 * S).request, fast);
	fast->misses = 1;
	schedule_probe(w->plan, unit_of(w, slow), 102 * S);
	t = schedule_next(w->plan, 101 * S);
	assert_null(t.request);
	assert_int_equal(t.wake_us, 102 * S);
	assert_ptr_equal(schedule_next(w->plan, 102 * S).request, slow);
	/* Both went unanswered as often: whichever is due. */
	slow->misses = 1;
	schedule_advance(w->plan, slow, 102 * S);
	schedule_probe(w->plan, unit_of(w, slow), 103 * S);
	assert_ptr_equal(schedule_next(w->plan, 103 * S).request, fast);
}

/* -------- classes -------- */

static const bool first_point[] = { true, false };

/* The third unit's point protects life. */
static struct world *urgent_world(void)
{
	struct world *w = world_new(S, 10 * S);

	w->devices[2].urgent = first_point;
	plan_free(w->plan);
	w->plan = plan_build(&w->bus, (struct device_list){ w->devices, UNITS });
	return w;
}

static struct plan_request *request_of(struct world *w, uint8_t unit)
{
	for (size_t i = 0; i < w->plan->group_count; i++)
		if (w->plan->units[w->plan->groups[i].unit].unit == unit)
			return plan_first_request(w->plan, &w->plan->groups[i]);
	fail_msg("no request of unit %u", unit);
	return NULL;
}

static void life_safety_goes_first_however_late_the_others_are(void **state)
{
	_cleanup_(world_freep) struct world *w = urgent_world();

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 50 * S;
	request_of(w, 3)->due_us = 100 * S;
	assert_ptr_equal(schedule_next(w->plan, 100 * S).request, request_of(w, 3));
	assert_ptr_not_equal(schedule_next(w->plan, 99 * S).request, request_of(w, 3));
}

static void a_second_reading_goes_before_all(void **state)
{
	_cleanup_(world_freep) struct world *w = urgent_world();

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 50 * S;
	request_of(w, 2)->again = true;
	assert_ptr_equal(schedule_next(w->plan, 100 * S).request, request_of(w, 2));
}

static void life_safety_alone_cannot_starve_the_others(void **state)
{
	_cleanup_(world_freep) struct world *w = urgent_world();
	unsigned asked[4] = { 0 };
	int64_t now_us = 100 * S;

	(void)state;
	/* It needs the whole line: each reading takes as long as its period. */
	request_of(w, 3)->due_us = now_us;
	for (unsigned i = 0; i < 400; i++) {
		struct schedule_turn t = schedule_next(w->plan, now_us);

		assert_non_null(t.request);
		asked[t.request - w->plan->requests]++;
		schedule_advance(w->plan, t.request, now_us);
		if (t.request == request_of(w, 3))
			t.request->due_us = now_us;
		now_us += S;
	}
	assert_int_equal(asked[request_of(w, 3) - w->plan->requests], 300);
	for (unsigned i = 0; i < 4; i++)
		assert_true(asked[i] >= 3);
}

static void who_answers_is_served_before_who_does_not(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct plan_request *doubted = request_of(w, 2);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 100 * S;
	doubted->due_us = 99 * S; /* it would be next */
	doubted->misses = 1;
	assert_ptr_equal(schedule_next(w->plan, 100 * S).request, doubted);
	schedule_probe(w->plan, unit_of(w, doubted), 99 * S);
	for (unsigned i = 0; i < 3; i++) {
		struct schedule_turn t = schedule_next(w->plan, 100 * S);

		assert_ptr_not_equal(t.request, doubted);
		schedule_advance(w->plan, t.request, 100 * S);
	}
	assert_ptr_equal(schedule_next(w->plan, 100 * S).request, doubted);
}

static void a_unit_in_doubt_is_asked_in_the_end_though_the_bus_is_full(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new(S, 10 * S);
	struct plan_request *doubted = request_of(w, 2);
	int64_t now_us = 100 * S;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		w->plan->requests[i].due_us = 100 * S;
	schedule_probe(w->plan, unit_of(w, doubted), 100 * S);
	while (now_us < 110 * S) {
		struct schedule_turn t = schedule_next(w->plan, now_us);

		if (t.request == doubted)
			return;
		schedule_advance(w->plan, t.request, now_us);
		now_us += 600 * MS; /* each takes so long: more than there is time for */
	}
	fail_msg("never asked");
}

/* -------- health -------- */

static struct health fresh(void)
{
	struct health h;

	health_init(&h, 1);
	return h;
}

static void three_misses_in_a_row_are_down_and_one_answer_is_up(void **state)
{
	struct health h = fresh();

	(void)state;
	assert_false(health_answered(&h, 5 * MS));
	assert_false(health_missed(&h, HEALTH_MISS_SILENT, S));
	assert_false(health_missed(&h, HEALTH_MISS_SILENT, 2 * S));
	assert_int_equal(h.state, HEALTH_SUSPECT);
	assert_false(health_answered(&h, 5 * MS));
	assert_false(health_missed(&h, HEALTH_MISS_SILENT, 3 * S));
	assert_false(health_missed(&h, HEALTH_MISS_SILENT, 4 * S));
	assert_true(health_missed(&h, HEALTH_MISS_SILENT, 5 * S));
	assert_int_equal(h.state, HEALTH_DOWN);
	assert_false(health_missed(&h, HEALTH_MISS_SILENT, 6 * S));
	assert_true(health_answered(&h, 5 * MS));
	assert_int_equal(h.state, HEALTH_OK);
}

static void a_gateway_vouches_for_a_dead_unit_and_twice_is_enough(void **state)
{
	struct health h = fresh();

	(void)state;
	health_answered(&h, 5 * MS);
	assert_false(health_missed(&h, HEALTH_MISS_VOUCHED,
				   S)); /* perhaps noise on the line behind it: asked again at once */
	assert_int_equal(h.probe_us, S);
	assert_true(health_missed(&h, HEALTH_MISS_VOUCHED, S));
	assert_int_equal(h.state, HEALTH_DOWN);
	health_answered(&h, 5 * MS);
	assert_false(health_missed(&h, HEALTH_MISS_VOUCHED, S));
	health_answered(&h, 5 * MS);
	assert_false(health_missed(&h, HEALTH_MISS_VOUCHED, S)); /* not in a row */
	assert_int_equal(h.state, HEALTH_SUSPECT);
}

static void a_silent_unit_is_asked_from_half_a_second_to_a_minute_apart(void **state)
{
	struct health h = fresh();
	struct health_budget budget = { 0 };
	int64_t now_us = S, last_us = 0;

	(void)state;
	/* One that answered until now is asked again at once. */
	health_answered(&h, 5 * MS);
	health_missed(&h, HEALTH_MISS_SILENT, now_us);
	assert_int_equal(health_gate_us(&h, &budget), now_us);
	for (unsigned i = 0; i < 20; i++) {
		int64_t wait_us;

		health_missed(&h, HEALTH_MISS_SILENT, now_us);
		wait_us = health_gate_us(&h, &budget) - now_us;
		assert_true(wait_us >= 375 * MS && wait_us <= 60 * S);
		assert_true(i > 10 || wait_us >= last_us);
		last_us = MIN(wait_us, 40 * S);
		now_us += wait_us;
	}
	assert_true(last_us >= 40 * S);
}

static void dead_units_together_get_less_than_two_hundredths_of_the_time(void **state)
{
	struct health dead[10];
	struct health_budget budget = { 0 };
	int64_t now_us = S, spent_us = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		dead[i] = fresh();
		while (!health_missed(&dead[i], HEALTH_MISS_SILENT, 0))
			;
	}
	while (now_us < HOUR) {
		for (unsigned i = 0; i < 10; i++) {
			if (health_gate_us(&dead[i], &budget) > now_us)
				continue;
			now_us += 500 * MS;
			spent_us += 500 * MS;
			health_missed(&dead[i], HEALTH_MISS_SILENT, now_us);
			health_spend(&budget, 500 * MS, now_us);
		}
		now_us += 10 * MS;
	}
	assert_true(spent_us < HOUR / 50 && spent_us > HOUR / 70);
}

static void a_unit_in_doubt_is_not_waited_for_to_the_end(void **state)
{
	struct health h = fresh();
	struct health_wait w = { .timeout_us = 500 * MS, .wire_us = 20 * MS, .latency_us = 5 * MS };

	(void)state;
	assert_int_equal(health_wait_us(&h, &w), 500 * MS); /* new: the whole timeout */
	health_missed(&h, HEALTH_MISS_SILENT, S);
	assert_int_equal(health_wait_us(&h, &w), 70 * MS);
	h.slow = true; /* it answered late */
	assert_int_equal(health_wait_us(&h, &w), 500 * MS);
	health_answered(&h, 100 * MS); /* so that is how it is */
	assert_int_equal(health_wait_us(&h, &w), 500 * MS);
	health_missed(&h, HEALTH_MISS_SILENT, S);
	assert_int_equal(health_wait_us(&h, &w), 420 * MS);
	/* Where nobody ever answered, nothing is known: the whole timeout. */
	h = fresh();
	health_missed(&h, HEALTH_MISS_SILENT, S);
	w.latency_us = 0;
	assert_int_equal(health_wait_us(&h, &w), 500 * MS);
}

static void a_slow_answer_is_waited_for_aside(void **state)
{
	struct health h = fresh();
	struct health_wait w = { .timeout_us = 500 * MS, .wire_us = 20 * MS, .aside = true };

	(void)state;
	assert_int_equal(health_wait_us(&h, &w), 500 * MS); /* nobody ever answered: nothing is known */
	w.latency_us = 5 * MS;
	assert_int_equal(health_wait_us(&h, &w), 120 * MS); /* as its neighbours do */
	health_answered(&h, 5 * MS);
	assert_int_equal(health_wait_us(&h, &w), 120 * MS);
	health_answered(&h, 60 * MS); /* it takes its time: so it gets it */
	assert_int_equal(health_wait_us(&h, &w), 260 * MS);
	health_answered(&h, 300 * MS);
	assert_int_equal(health_wait_us(&h, &w), 500 * MS);
	w.aside = false; /* a serial line: a unit that answers well is waited for */
	h = fresh();
	health_answered(&h, 5 * MS);
	assert_int_equal(health_wait_us(&h, &w), 500 * MS);
}

static void a_dead_unit_gets_the_whole_timeout_now_and_then(void **state)
{
	struct health h = fresh();
	struct health_wait w = { .timeout_us = 500 * MS, .latency_us = 5 * MS };
	unsigned whole = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		health_missed(&h, HEALTH_MISS_SILENT, i * S);
		whole += health_wait_us(&h, &w) == w.timeout_us;
	}
	assert_int_equal(whole, 5);
}

static void a_unit_that_owes_an_answer_is_asked_nothing_until_it_came_or_cannot_come(void **state)
{
	struct health h = fresh();
	struct health_budget budget = { 0 };
	struct frame_request r = { .unit = 1, .function = 3, .address = 5, .count = 4 };

	(void)state;
	health_owe(&h, &r, 10 * S);
	assert_int_equal(health_gate_us(&h, &budget), 10 * S);
	assert_false(health_settle(&h, 4, 8, false)); /* another function */
	assert_false(health_settle(&h, 3, 6, false)); /* another length */
	assert_int_equal(health_gate_us(&h, &budget), 10 * S);
	assert_true(health_settle(&h, 3, 8, false));
	assert_int_equal(health_gate_us(&h, &budget), 0);
	assert_false(health_settle(&h, 3, 8, false));
	health_owe(&h, &r, 10 * S);
	assert_true(health_settle(&h, 3, 0, true)); /* a refusal is an answer too */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_asked_once_then_on_their_grid),
		cmocka_unit_test(buses_ask_at_different_moments_of_a_period),
		cmocka_unit_test(fast_goes_before_slow),
		cmocka_unit_test(a_slow_one_is_not_starved_by_a_full_bus),
		cmocka_unit_test(what_was_missed_is_counted_and_not_made_up_for),
		cmocka_unit_test(a_full_line_is_never_idle),
		cmocka_unit_test(a_turn_that_was_held_back_does_not_move_the_grid),
		cmocka_unit_test(how_late_the_bus_is_is_told),
		cmocka_unit_test(a_unit_in_doubt_is_asked_what_it_answered_before),
		cmocka_unit_test(life_safety_goes_first_however_late_the_others_are),
		cmocka_unit_test(a_second_reading_goes_before_all),
		cmocka_unit_test(life_safety_alone_cannot_starve_the_others),
		cmocka_unit_test(who_answers_is_served_before_who_does_not),
		cmocka_unit_test(a_unit_in_doubt_is_asked_in_the_end_though_the_bus_is_full),
		cmocka_unit_test(a_slow_answer_is_waited_for_aside),
		cmocka_unit_test(three_misses_in_a_row_are_down_and_one_answer_is_up),
		cmocka_unit_test(a_gateway_vouches_for_a_dead_unit_and_twice_is_enough),
		cmocka_unit_test(a_silent_unit_is_asked_from_half_a_second_to_a_minute_apart),
		cmocka_unit_test(dead_units_together_get_less_than_two_hundredths_of_the_time),
		cmocka_unit_test(a_unit_in_doubt_is_not_waited_for_to_the_end),
		cmocka_unit_test(a_dead_unit_gets_the_whole_timeout_now_and_then),
		cmocka_unit_test(a_unit_that_owes_an_answer_is_asked_nothing_until_it_came_or_cannot_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
