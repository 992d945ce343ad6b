/* fuzz_expr.c: alarm/expr*.c: any expression over a small estate with any values and qualities. What parses, evaluates; and:
 *
 * - knowing less never turns true into false: with a point lost the result is the same or unknown;
 * - a margin (hysteresis) only ever favours the condition;
 * - "!(e)" is the opposite of e, "(e) || true" is true, "(e) && e" is e;
 * - a point that is not among its inputs does not matter;
 * - nothing turns before expr_binding_due says so.
 *
 * Input: the expression up to a newline, then two bytes a point: what it is, how good it is. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "alarm/expr.h"
#include "base/mem.h"
#include "base/str.h"

/* clang-format off */
static const struct class_point tank_points[] = { { "level", VALUE_NUMBER, "%" }, { "high", VALUE_BOOL, "" }, { "medium", VALUE_TEXT, "" } };
static const struct class_point lift_points[] = { { "floor", VALUE_NUMBER, "" }, { "trapped", VALUE_BOOL, "" }, { "card", VALUE_EVENT, "" } };
/* clang-format on */
static const struct class tank = { .id = "tank", .points = tank_points, .point_count = 3 };
static const struct class lift = { .id = "lift", .points = lift_points, .point_count = 3 };
static const struct profile_point tank_profile_points[] = {
	{ .name = "level", .type = VALUE_NUMBER, .unit = "%" },
	{ .name = "high", .type = VALUE_BOOL, .unit = "" },
	{ .name = "medium", .type = VALUE_TEXT, .unit = "" },
	{ .name = "extra", .type = VALUE_NUMBER, .unit = "" },
};
static const struct profile_point lift_profile_points[] = {
	{ .name = "floor", .type = VALUE_NUMBER, .unit = "" },
	{ .name = "trapped", .type = VALUE_BOOL, .unit = "" },
	{ .name = "card", .type = VALUE_EVENT, .unit = "", .event = true },
};
/* A make that lacks one point of its class and reads another as a text. */
static const struct profile_point odd_profile_points[] = {
	{ .name = "level", .type = VALUE_TEXT, .unit = "" },
	{ .name = "high", .type = VALUE_BOOL, .unit = "" },
};
static const struct profile profiles[] = {
	{ .id = "tank", .class = &tank, .points = tank_profile_points, .point_count = 4 },
	{ .id = "lift", .class = &lift, .points = lift_profile_points, .point_count = 3 },
	{ .id = "odd", .class = &tank, .points = odd_profile_points, .point_count = 2 },
};
static const struct device devices[] = {
	{ .id = "tank-1", .place = "b1", .class = &tank, .profile = &profiles[0], .first_point = 0 },
	{ .id = "lift-1", .place = "b1", .class = &lift, .profile = &profiles[1], .first_point = 4 },
	{ .id = "2-tank", .place = "b1", .class = &tank, .profile = &profiles[2], .first_point = 7 },
};
static const struct device_list estate = { devices, ARRAY_SIZE(devices) };

struct state {
	struct point_table *table;
	struct expr_moment moment;
};

static struct value value_of(const struct profile_point *spec, uint8_t how)
{
	static const double numbers[] = { 0, 1, 90, 90.5, -1, 1e308, 5e-324, 100 };
	static const char *const texts[] = { "", "water", "open", "水" };

	switch (spec->type) {
	case VALUE_NUMBER: return value_number(how & 128 ? (double)(how & 127) : numbers[how % ARRAY_SIZE(numbers)]);
	case VALUE_BOOL: return value_bool(how & 1);
	case VALUE_TEXT: return value_text(texts[how % ARRAY_SIZE(texts)]);
	default: return value_event("");
	}
}

static void fill(struct state *s, struct fuzz_bytes in)
{
	for (size_t i = 0; i < s->table->count; i++) {
		struct point *p = &s->table->points[i];
		uint8_t how = fuzz_u8(&in), quality = fuzz_u8(&in);

		p->quality = quality % 8 < 4 ? QUALITY_GOOD : quality % 5;
		p->value = quality & 64 ? (struct value){ .type = VALUE_NONE } : value_of(p->spec, how);
	}
	s->moment.event_point = fuzz_u8(&in) & 1 ? 6 : UINT32_MAX; /* lift-1.card */
	s->moment.now_us = 500 * HOUR + fuzz_u8(&in) * 111 * MS;
}

static int parse(const char *text, const struct class *class, struct expr **ret_expr)
{
	struct expr_scope scope = { .class = class, .devices = estate, .subject = "rule 'x': when" };
	struct diag d = { 0 };
	int r = expr_parse(text, &scope, &d, ret_expr);

	FUZZ_CLAIM((r == 0 && d.errors == 0) || (r == -EINVAL && d.errors > 0));
	for (size_t i = 0; i < d.count && str_is_utf8(text, strlen(text)); i++)
		FUZZ_CLAIM(str_is_utf8(d.entries[i].text, strlen(d.entries[i].text)));
	diag_fini(&d);
	return r;
}

#define STEPS 8

/* The same past for every binding: each point had other values before those that it has now. */
static void live_through(struct expr_binding *b, const struct state *s)
{
	static const int64_t pauses_us[] = { 0, S, 999999, 4 * S, 30 * S, MINUTE, 5 * MINUTE, HOUR };
	struct point *points = s->table->points;
	int64_t now_us = s->moment.now_us;

	for (size_t k = 0; k < STEPS; k++)
		now_us -= pauses_us[k];
	for (size_t k = 0; k <= STEPS; k++) {
		struct point kept[16];

		memcpy(kept, points, s->table->count * sizeof(*points));
		for (size_t i = 0; i < s->table->count; i++) {
			points[i].mono_us = kept[i].mono_us = now_us;
			if (k == STEPS)
				continue;
			points[i].quality = (k + i) % 7 ? QUALITY_GOOD : QUALITY_LOST;
			points[i].value = value_of(points[i].spec, (uint8_t)(k * k + i));
		}
		expr_binding_feed(b, k == STEPS ? s->moment.event_point : k & 1 ? 6 : UINT32_MAX, now_us);
		memcpy(points, kept, s->table->count * sizeof(*points));
		now_us += k < STEPS ? pauses_us[k] : 0;
	}
}

/* The expression put into another one; -1 where that is beyond the limits, or the device has nothing of it. */
static int evaluate_within(const char *before, const char *text, const char *after, const struct state *s)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };
	struct expr_binding *b;
	struct expr *e;
	int result;

	str_buf_printf(&whole, "%s(%s)%s", before, text, after);
	if (parse(str_buf_text(&whole), &tank, &e) < 0)
		return -1;
	result = expr_binding_new(e, s->table, &devices[0], &b);
	FUZZ_CLAIM(result == 0 || result == -ENODATA);
	if (result == 0) {
		live_through(b, s);
		result = expr_evaluate(b, &s->moment);
		expr_binding_free(b);
	}
	expr_free(e);
	return result < 0 ? -1 : result;
}

static void check_algebra(const char *text, const struct state *s, enum expr_result result)
{
	_cleanup_str_buf_ struct str_buf twice = { 0 };
	int not = evaluate_within("!", text, "", s), certain = evaluate_within("", text, " || true", s);
	int same;

	str_buf_printf(&twice, " && (%s)", text);
	same = evaluate_within("", text, str_buf_text(&twice), s);
	FUZZ_CLAIM(not == -1 || not == (result == EXPR_UNKNOWN ? EXPR_UNKNOWN : result == EXPR_FALSE));
	FUZZ_CLAIM(certain == -1 || certain == EXPR_TRUE);
	FUZZ_CLAIM(same == -1 || same == (int)result);
}

static bool reads(const uint32_t *inputs, size_t count, size_t point)
{
	for (size_t i = 0; i < count; i++)
		if (inputs[i] == point)
			return true;
	return false;
}

/* Loses each point once; the ones that are not read must not matter. */
static void check_losses(const struct expr_binding *b, struct state *s, enum expr_result result)
{
	size_t count;
	const uint32_t *inputs = expr_binding_points(b, &count);

	for (size_t i = 0; i < count; i++)
		FUZZ_CLAIM(inputs[i] < s->table->count && !reads(inputs, i, inputs[i]));
	for (size_t i = 0; i < s->table->count; i++) {
		struct point *p = &s->table->points[i], kept = *p;
		enum expr_result without;

		p->quality = QUALITY_LOST;
		without = expr_evaluate(b, &s->moment);
		FUZZ_CLAIM(without == result ||
			   (reads(inputs, count, i) && (without == EXPR_UNKNOWN || expr_binding_asks(b))));
		*p = kept;
	}
}

static void check_margins(const struct expr_binding *b, struct expr_moment m, enum expr_result result)
{
	static const double margins[] = { 0.5, 2, 1e308 };

	for (size_t i = 0; i < ARRAY_SIZE(margins); i++) {
		enum expr_result held;

		m.margin = margins[i];
		held = expr_evaluate(b, &m);
		FUZZ_CLAIM(result != EXPR_TRUE || held == EXPR_TRUE);
		FUZZ_CLAIM(held != EXPR_FALSE || result == EXPR_FALSE);
	}
}

static void check_due(struct expr_binding *b, struct expr_moment m, enum expr_result result)
{
	int64_t due_us = expr_binding_due(b, m.now_us);

	for (int i = 0; i < 4; i++) {
		FUZZ_CLAIM(due_us > m.now_us);
		m.now_us = due_us == INT64_MAX ? m.now_us + 1000 * DAY : due_us - 1;
		FUZZ_CLAIM(expr_evaluate(b, &m) == result);
		if (due_us == INT64_MAX)
			return;
		m.now_us = due_us;
		result = expr_evaluate(b, &m);
		due_us = expr_binding_due(b, m.now_us);
	}
}

static void check(const struct expr *e, const struct device *d, struct state *s)
{
	struct expr_binding *b;
	enum expr_result result;
	int r = expr_binding_new(e, s->table, d, &b);

	FUZZ_CLAIM(r == 0 || r == -ENODATA);
	if (r < 0)
		return; /* the device has nothing of what is read */
	live_through(b, s);
	result = expr_evaluate(b, &s->moment);
	FUZZ_CLAIM(result == EXPR_FALSE || result == EXPR_TRUE || result == EXPR_UNKNOWN);
	check_losses(b, s, result);
	check_margins(b, s->moment, result);
	check_due(b, s->moment, result);
	expr_binding_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *text = fuzz_text(fuzz_line(&in));
	struct state s = { .table = point_table_new(estate) };
	struct expr *e;

	fill(&s, in);
	if (parse(text, NULL, &e) == 0) {
		check(e, NULL, &s);
		expr_free(e);
	}
	if (parse(text, &tank, &e) == 0) {
		int result = evaluate_within("", text, "", &s);

		check(e, &devices[0], &s);
		check(e, &devices[2], &s);
		if (result >= 0)
			check_algebra(text, &s, (enum expr_result)result);
		expr_free(e);
	}
	point_table_free(s.table);
	free(text);
	return 0;
}
