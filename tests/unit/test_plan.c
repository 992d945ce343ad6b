/* The planner against tests/case/plan, what --check asks of it, and the search for illegal registers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "field/plan.h"
#include "field/plan_describe.h"
#include "field/plan_measure.h"
#include "field/split.h"
#include "unit.h"

#define POINTS_MAX  4000
#define DEVICES_MAX 16

/* A bus with devices, one per unit that was named; each has a profile of its own. */
struct world {
	struct bus bus;
	struct device devices[DEVICES_MAX];
	struct profile profiles[DEVICES_MAX];
	struct profile_point *points[DEVICES_MAX];
	size_t device_count;
	uint32_t point_count;
	uint16_t max_registers, max_bits;
	struct profile_range forbidden[8]; /* of unit 1 */
	size_t forbidden_count;
};

static struct world *world_new(void)
{
	struct world *w = MEM_NEW(struct world);

	w->bus = (struct bus){ .id = "b", .type = BUS_TCP, .host = "127.0.0.1", .timeout_us = 500 * MS };
	return w;
}

static void world_free(struct world *w)
{
	for (size_t i = 0; i < w->device_count; i++)
		free(w->points[i]);
	free(w);
}
UTIL_DEFINE_CLEANUP(struct world *, world_free);

static size_t world_device(struct world *w, uint8_t unit)
{
	size_t i = 0;

	while (i < w->device_count && w->devices[i].unit != unit)
		i++;
	if (i < w->device_count)
		return i;
	assert_true(i < DEVICES_MAX);
	w->points[i] = mem_array(POINTS_MAX, sizeof(*w->points[i]));
	w->profiles[i] = (struct profile){ .id = "p", .points = w->points[i] };
	w->devices[i] = (struct device){ .id = "d", .profile = &w->profiles[i], .bus = &w->bus, .unit = unit };
	w->device_count++;
	return i;
}

static void world_add(struct world *w, uint8_t unit, const struct codec_wire *wire, int64_t period_us)
{
	size_t d = world_device(w, unit);

	assert_true(w->profiles[d].point_count < POINTS_MAX);
	w->points[d][w->profiles[d].point_count++] =
		(struct profile_point){ .name = "p", .type = VALUE_NUMBER, .wire = *wire, .period_us = period_us };
}

static struct plan *world_plan(struct world *w)
{
	w->point_count = 0;
	for (size_t i = 0; i < w->device_count; i++) {
		w->devices[i].first_point = w->point_count;
		if (w->devices[i].unit == 1) {
			w->profiles[i].forbidden = w->forbidden;
			w->profiles[i].forbidden_count = w->forbidden_count;
		}
		w->devices[i].max_registers = w->max_registers;
		w->devices[i].max_bits = w->max_bits;
		w->point_count += (uint32_t)w->profiles[i].point_count;
	}
	return plan_build(&w->bus, (struct device_list){ w->devices, w->device_count });
}

static void add_holding(struct world *w, uint16_t address)
{
	world_add(w, 1,
		  &(struct codec_wire){ .table = CODEC_HOLDING, .address = address, .type = CODEC_U16, .registers = 1 },
		  S);
}

/* -------- case files -------- */

struct state {
	const char *file;
	unsigned line, checks;
	struct world *world;
};

static void set_line(struct state *s, char *rest)
{
	struct bus *b = &s->world->bus;
	char parity;
	int timeout_ms;

	if (strcmp(rest, "tcp") == 0) {
		b->type = BUS_TCP;
		return;
	}
	b->type = BUS_RTU;
	assert_int_equal(sscanf(rest, "%d %1d%c%1d %d", &b->baud, &b->data_bits, &parity, &b->stop_bits, &timeout_ms),
			 5);
	b->parity = parity;
	b->timeout_us = timeout_ms * MS;
}

/* [unit/]table:first[..last[:step]][/type][@period] */
static void add_point(struct state *s, char *token)
{
	struct codec_wire wire = { .scale = 1 };
	const char *expected = "";
	char *at, *period = strchr(token, '@'), *type, *range;
	unsigned unit = 1, last, step = 1;
	int64_t period_us = S;

	if (period) {
		*period++ = '\0';
		assert_int_equal(str_to_duration(period, &period_us), 0);
	}
	at = sscanf(token, "%u/", &unit) == 1 ? strchr(token, '/') + 1 : token;
	type = strchr(at, '/');
	if (type)
		*type++ = '\0';
	wire.type = CODEC_U16;
	assert_true(!type || codec_parse_type(type, &wire.type) == 0);
	wire.registers = (uint8_t)codec_type_registers(wire.type);
	range = strstr(at, "..");
	if (range) {
		*range = '\0';
		assert_true(sscanf(range + 2, "%u:%u", &last, &step) >= 1);
	}
	if (codec_parse_at(at, 0, &wire, &expected) < 0)
		fail_msg("%s:%u: %s: %s", s->file, s->line, at, expected);
	for (unsigned a = wire.address; a <= (range ? last : wire.address); a += step) {
		wire.address = (uint16_t)a;
		world_add(s->world, (uint8_t)unit, &wire, period_us);
	}
}

/* table:first-last, of unit 1 */
static void add_forbidden(struct state *s, char *token)
{
	struct world *w = s->world;
	char *dash = strchr(token, '-');
	struct codec_wire wire;
	const char *expected;

	assert_non_null(dash);
	*dash = '\0';
	assert_true(w->forbidden_count < ARRAY_SIZE(w->forbidden));
	assert_int_equal(codec_parse_at(token, 0, &wire, &expected), 0);
	w->forbidden[w->forbidden_count++] =
		(struct profile_range){ wire.table, wire.address, (uint16_t)atoi(dash + 1) };
}

/* "[unit/]holding:0+13[@period]" of all requests, joined by blanks. */
static void describe(const struct plan *p, struct str_buf *to)
{
	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		char period[STR_DURATION_MAX];

		for (uint32_t k = 0; k < g->request_count; k++) {
			str_buf_add(to, to->len ? " " : "");
			if (p->units[g->unit].unit != 1)
				str_buf_printf(to, "%u/", p->units[g->unit].unit);
			plan_describe_request(p, plan_first_request(p, g) + k, to);
			if (g->period_us != S)
				str_buf_printf(to, "@%s", str_from_duration(g->period_us, period));
		}
	}
}

/* Every value lies whole in exactly one request. */
static void check_no_value_is_split(const struct plan *p)
{
	size_t seen = 0;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_request *r = plan_first_request(p, &p->groups[i]);
		uint32_t next = p->groups[i].first_cell;

		for (uint32_t k = 0; k < p->groups[i].request_count; k++) {
			struct frame_request f = plan_frame(p, &r[k]);

			assert_int_equal(r[k].first, next);
			assert_true(r[k].end > r[k].first);
			next = r[k].end;
			for (uint32_t c = r[k].first; c < r[k].end; c++)
				for (uint32_t n = 0; n < p->cells[c].item_count; n++, seen++) {
					const struct codec_wire *w = p->items[p->cells[c].first_item + n].wire;

					assert_true(w->address >= f.address);
					assert_true(w->address + w->registers <= f.address + f.count);
				}
		}
		assert_int_equal(next, p->groups[i].first_cell + p->groups[i].cell_count);
	}
	assert_int_equal(seen, p->item_count);
}

static void check_plan(struct state *s, const char *expected)
{
	_cleanup_(plan_freep) struct plan *p = world_plan(s->world);
	_cleanup_str_buf_ struct str_buf got = { 0 };

	describe(p, &got);
	if (strcmp(str_buf_text(&got), expected) != 0)
		fail_msg("%s:%u: expected '%s', got '%s'", s->file, s->line, expected, str_buf_text(&got));
	check_no_value_is_split(p);
	s->checks++;
}

static void run_line(struct state *s, char *line)
{
	char *rest = line, *word = strsep(&rest, " "), *token;
	unsigned n;

	while (rest && *rest == ' ')
		rest++;
	assert_non_null(rest);
	if (strcmp(word, "line") == 0) {
		world_free(s->world);
		s->world = world_new();
		set_line(s, rest);
	} else if (strcmp(word, "limit") == 0 && sscanf(rest, "registers %u", &n) == 1) {
		s->world->max_registers = (uint16_t)n;
	} else if (strcmp(word, "limit") == 0 && sscanf(rest, "bits %u", &n) == 1) {
		s->world->max_bits = (uint16_t)n;
	} else if (strcmp(word, "forbidden") == 0) {
		while ((token = strsep(&rest, " ")))
			add_forbidden(s, token);
	} else if (strcmp(word, "points") == 0) {
		while ((token = strsep(&rest, " ")))
			add_point(s, token);
	} else if (strcmp(word, "plan") == 0) {
		check_plan(s, rest);
	} else {
		fail_msg("%s:%u: unknown word %s", s->file, s->line, word);
	}
}

static unsigned run_cases(const char *name)
{
	const char *dir = getenv("CASE_DIR");
	char path[512], line[512];
	struct state s = { .file = path, .world = world_new() };
	FILE *f;

	snprintf(path, sizeof(path), "%s/plan/%s.case", dir ? dir : "tests/case", name);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		s.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			run_line(&s, line);
	}
	fclose(f);
	world_free(s.world);
	return s.checks;
}

static void a_serial_line_is_planned_by_its_speed(void **state)
{
	(void)state;
	assert_int_equal(run_cases("serial"), 15);
}

static void tcp_is_planned_by_its_limits(void **state)
{
	(void)state;
	assert_int_equal(run_cases("tcp"), 9);
}

/* -------- what --check asks -------- */

static void a_hundred_values_on_every_third_register_are_three_requests(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;

	(void)state;
	for (uint16_t i = 0; i < 100; i++)
		add_holding(w, (uint16_t)(3 * i));
	p = world_plan(w);
	assert_int_equal(plan_request_count(p), 3);
	assert_int_equal(plan_measure(p).points, 100);
}

static void the_share_of_a_line_is_known_before_it_runs(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;
	struct plan_load load;

	(void)state;
	w->bus = (struct bus){ .id = "b",
			       .type = BUS_RTU,
			       .baud = 9600,
			       .data_bits = 8,
			       .stop_bits = 1,
			       .parity = 'N',
			       .timeout_us = 500 * MS };
	for (uint16_t i = 0; i < 50; i++)
		add_holding(w, i);
	p = world_plan(w);
	load = plan_measure(p);
	assert_int_equal(load.requests, 1);
	/* 113 characters of 1.0417 ms are 117.7 ms; 5 ms of turnaround and 3.5 characters of silence are 8.6 ms. */
	assert_true(load.cycle_us > 126300 && load.cycle_us < 126400);
	assert_true(load.share > 0.1263 && load.share < 0.1264);
	assert_true(load.silence > 0.0086 && load.silence < 0.0087);
	assert_true(load.requests_per_s > 0.99 && load.requests_per_s < 1.01);
}

static void the_plan_is_told_in_words(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_str_buf_ struct str_buf text = { 0 };

	(void)state;
	add_holding(w, 0);
	add_holding(w, 12);
	p = world_plan(w);
	plan_describe(p, &text);
	assert_string_equal(str_buf_text(&text), "unit 1: holding:0+13 every 1s, 2 values\n");
}

static void a_value_too_wide_for_any_request_is_left_out(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;

	(void)state;
	add_holding(w, 0);
	world_add(w, 1, &(struct codec_wire){ .table = CODEC_HOLDING, .type = CODEC_STRING, .registers = 126 }, S);
	world_add(w, 1,
		  &(struct codec_wire){ .table = CODEC_HOLDING, .address = 65535, .type = CODEC_U32, .registers = 2 },
		  S);
	p = world_plan(w);
	assert_int_equal(p->item_count, 1);
	assert_int_equal(p->refused_items, 2);
}

static void a_plan_outlives_the_configuration_it_was_made_from(void **state)
{
	struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;
	char word[] = "fire";
	struct codec_text texts[] = { { 1, word } };
	int64_t invalid[] = { 0x8000 };

	(void)state;
	world_add(w, 1,
		  &(struct codec_wire){ .table = CODEC_HOLDING,
					.registers = 1,
					.type = CODEC_U16,
					.texts = texts,
					.text_count = 1,
					.invalid = invalid,
					.invalid_count = 1 },
		  S);
	p = world_plan(w);
	world_free(w);
	memset(word, 'x', 4);
	invalid[0] = 0;
	assert_string_equal(p->items[0].wire->texts[0].text, "fire");
	assert_int_equal(p->items[0].wire->invalid[0], 0x8000);
}

static void a_bus_without_devices_has_an_empty_plan(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = world_plan(w);

	(void)state;
	assert_int_equal(plan_request_count(p), 0);
	assert_int_equal(p->unit_count, 0);
}

/* -------- the search for illegal registers -------- */

struct device_model {
	bool illegal[200];
	unsigned most; /* registers it takes in one request; 0: any */
	unsigned asked;
};

static bool accepts(struct device_model *m, struct frame_request f)
{
	m->asked++;
	for (unsigned i = 0; i < f.count; i++)
		if (m->illegal[f.address + i])
			return false;
	return m->most == 0 || f.count <= m->most;
}

/* Asks every request until nothing is left to be asked at once; returns how many values were refused. */
static unsigned settle(struct plan *p, struct device_model *m)
{
	struct plan_group *g = &p->groups[0];
	unsigned refused = 0;

	for (uint32_t k = 0; k < g->request_count;) {
		struct plan_request *r = plan_first_request(p, g) + k;
		bool more = false;

		assert_true(m->asked < 1000);
		if (accepts(m, plan_frame(p, r))) {
			more = split_answered(p, r, 0);
		} else {
			refused += split_refused(p, r, 0) && !r->searching;
			more = r->searching;
		}
		k += !more && !(r->searching);
	}
	check_no_value_is_split(p);
	return refused;
}

static struct plan *block_of(struct world *w, unsigned count)
{
	for (uint16_t i = 0; i < count; i++)
		add_holding(w, i);
	return world_plan(w);
}

static void one_illegal_register_in_twenty_leaves_nineteen_in_two_requests(void **state)
{
	(void)state;
	for (unsigned bad = 0; bad < 20; bad++) {
		_cleanup_(world_freep) struct world *w = world_new();
		_cleanup_(plan_freep) struct plan *p = block_of(w, 20);
		struct device_model m = { 0 };
		unsigned edge = bad == 0 || bad == 19;

		m.illegal[bad] = true;
		assert_int_equal(settle(p, &m), 1);
		assert_int_equal(plan_request_count(p), edge ? 2 : 3);
		assert_true(m.asked <= 14);
		m.asked = 0;
		settle(p, &m);
		/* The refused value and the good ones around it. */
		assert_int_equal(m.asked, edge ? 2 : 3);
	}
}

static void a_gap_that_the_device_does_not_have_is_bridged_no_longer(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = NULL;
	struct device_model m = { 0 };
	_cleanup_str_buf_ struct str_buf text = { 0 };

	(void)state;
	for (uint16_t i = 0; i < 10; i++)
		add_holding(w, (uint16_t)(i < 5 ? i : i + 3));
	m.illegal[6] = true;
	p = world_plan(w);
	assert_int_equal(plan_request_count(p), 1);
	assert_int_equal(settle(p, &m), 0);
	describe(p, &text);
	assert_string_equal(str_buf_text(&text), "holding:0+5 holding:8+5");
}

static void a_device_that_takes_only_short_requests_gets_the_longest_it_takes(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = block_of(w, 100);
	struct device_model m = { .most = 30 };
	_cleanup_str_buf_ struct str_buf text = { 0 };

	(void)state;
	assert_int_equal(settle(p, &m), 0);
	describe(p, &text);
	assert_string_equal(str_buf_text(&text), "holding:0+30 holding:30+30 holding:60+30 holding:90+10");
}

static void a_device_that_refuses_everything_costs_a_bounded_search(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = block_of(w, 50);
	struct device_model m = { .illegal = { [0 ... 199] = true } };

	(void)state;
	assert_int_equal(settle(p, &m), 50);
	assert_int_equal(plan_request_count(p), 50);
	assert_true(m.asked <= 160);
}

static void what_was_learned_is_forgotten_after_an_hour(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = block_of(w, 20);
	struct device_model m = { 0 };

	(void)state;
	m.illegal[7] = true;
	settle(p, &m);
	assert_int_equal(split_renew(p, HOUR - 1), HOUR);
	assert_int_equal(plan_request_count(p), 3);
	assert_int_equal(split_renew(p, HOUR), INT64_MAX);
	assert_int_equal(plan_request_count(p), 1);
}

static void a_refused_value_that_is_answered_again_joins_its_neighbours_soon(void **state)
{
	_cleanup_(world_freep) struct world *w = world_new();
	_cleanup_(plan_freep) struct plan *p = block_of(w, 20);
	struct device_model m = { 0 };

	(void)state;
	m.illegal[7] = true;
	settle(p, &m);
	m.illegal[7] = false;
	settle(p, &m);
	assert_int_equal(split_renew(p, SPLIT_AGAIN_US), INT64_MAX);
	assert_int_equal(plan_request_count(p), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_serial_line_is_planned_by_its_speed),
		cmocka_unit_test(tcp_is_planned_by_its_limits),
		cmocka_unit_test(a_hundred_values_on_every_third_register_are_three_requests),
		cmocka_unit_test(the_share_of_a_line_is_known_before_it_runs),
		cmocka_unit_test(the_plan_is_told_in_words),
		cmocka_unit_test(a_value_too_wide_for_any_request_is_left_out),
		cmocka_unit_test(a_plan_outlives_the_configuration_it_was_made_from),
		cmocka_unit_test(a_bus_without_devices_has_an_empty_plan),
		cmocka_unit_test(one_illegal_register_in_twenty_leaves_nineteen_in_two_requests),
		cmocka_unit_test(a_gap_that_the_device_does_not_have_is_bridged_no_longer),
		cmocka_unit_test(a_device_that_takes_only_short_requests_gets_the_longest_it_takes),
		cmocka_unit_test(a_device_that_refuses_everything_costs_a_bounded_search),
		cmocka_unit_test(what_was_learned_is_forgotten_after_an_hour),
		cmocka_unit_test(a_refused_value_that_is_answered_again_joins_its_neighbours_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
