/* The state machine of an alarm: every state with every input, and what the copies own. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/alarm.h"
#include "alarm/alarm_text.h"
#include "base/mem.h"

/* What must come of it, for the four kinds of alarm: condition holds or not, latches or not. "refused" is -EINVAL. */
struct wanted {
	enum alarm_state from;
	enum alarm_input input;
	const char *holds, *holds_latch, *over, *over_latch;
};

#define REFUSED "refused", "refused", "refused", "refused"
#define STAYS   "stays", "stays", "stays", "stays"

/* clang-format off */
static const struct wanted table[] = {
	{ ALARM_NORMAL,      ALARM_IN_RAISED,   "unacked", "unacked", "unacked", "unacked" },
	{ ALARM_NORMAL,      ALARM_IN_RETURNED, REFUSED },
	{ ALARM_NORMAL,      ALARM_IN_ACK,      REFUSED },
	{ ALARM_NORMAL,      ALARM_IN_RESET,    REFUSED },
	{ ALARM_UNACKED,     ALARM_IN_RAISED,   STAYS },
	{ ALARM_UNACKED,     ALARM_IN_RETURNED, "refused", "refused", "rtn_unacked", "rtn_unacked" },
	{ ALARM_UNACKED,     ALARM_IN_ACK,      "acked", "acked", "normal", "latched" },
	{ ALARM_UNACKED,     ALARM_IN_RESET,    "busy", "busy", "refused", "refused" },
	{ ALARM_ACKED,       ALARM_IN_RAISED,   "unacked", "unacked", "unacked", "unacked" },
	{ ALARM_ACKED,       ALARM_IN_RETURNED, "refused", "refused", "normal", "latched" },
	{ ALARM_ACKED,       ALARM_IN_ACK,      "already", "already", "already", "already" },
	{ ALARM_ACKED,       ALARM_IN_RESET,    "busy", "busy", "normal", "normal" },
	{ ALARM_RTN_UNACKED, ALARM_IN_RAISED,   "unacked", "unacked", "unacked", "unacked" },
	{ ALARM_RTN_UNACKED, ALARM_IN_RETURNED, REFUSED },
	{ ALARM_RTN_UNACKED, ALARM_IN_ACK,      "normal", "latched", "normal", "latched" },
	{ ALARM_RTN_UNACKED, ALARM_IN_RESET,    REFUSED },
	{ ALARM_LATCHED,     ALARM_IN_RAISED,   "unacked", "unacked", "unacked", "unacked" },
	{ ALARM_LATCHED,     ALARM_IN_RETURNED, REFUSED },
	{ ALARM_LATCHED,     ALARM_IN_ACK,      "already", "already", "already", "already" },
	{ ALARM_LATCHED,     ALARM_IN_RESET,    "normal", "normal", "normal", "normal" },
	{ ALARM_SHELVED, ALARM_IN_RAISED,   STAYS },
	{ ALARM_SHELVED, ALARM_IN_RETURNED, "refused", "refused", "stays", "stays" },
	{ ALARM_SHELVED,     ALARM_IN_ACK,      REFUSED },
	{ ALARM_SHELVED,     ALARM_IN_RESET,    REFUSED },
	{ ALARM_SUPPRESSED, ALARM_IN_RAISED,   STAYS },
	{ ALARM_SUPPRESSED, ALARM_IN_RETURNED, "refused", "refused", "normal", "stays" },
	{ ALARM_SUPPRESSED,  ALARM_IN_ACK,      REFUSED },
	{ ALARM_SUPPRESSED,  ALARM_IN_RESET,    REFUSED },
	{ ALARM_OUT_OF_SERVICE, ALARM_IN_RAISED,   STAYS },
	{ ALARM_OUT_OF_SERVICE, ALARM_IN_RETURNED, "refused", "refused", "stays", "stays" },
	{ ALARM_OUT_OF_SERVICE, ALARM_IN_ACK,      REFUSED },
	{ ALARM_OUT_OF_SERVICE, ALARM_IN_RESET,    REFUSED },
};
/* clang-format on */

static const char *outcome(const struct alarm *a, enum alarm_state from, int r)
{
	if (r == -EINVAL || r == -EBUSY || r == -EALREADY || r == -EPERM) {
		assert_int_equal(a->state, from);
		return r == -EPERM ? "never" : r == -EINVAL ? "refused" : r == -EBUSY ? "busy" : "already";
	}
	if (r == 1) {
		assert_int_equal(a->state, from);
		return "stays";
	}
	assert_int_equal(r, 0);
	assert_int_not_equal(a->state, from);
	return alarm_state_name(a->state);
}

static void every_state_and_input_gives_what_the_table_says(void **state)
{
	bool seen[ALARM_OUT_OF_SERVICE + 1][ALARM_IN_RESET + 1] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct wanted *w = &table[i];
		const char *const wanted[] = { w->over, w->over_latch, w->holds, w->holds_latch };

		seen[w->from][w->input] = true;
		for (int kind = 0; kind < 4; kind++) {
			struct alarm a = { .state = w->from, .active = kind & 2, .latch = kind & 1 };
			const char *got = outcome(&a, w->from, alarm_move(&a, w->input));

			if (strcmp(got, wanted[kind]) != 0)
				fail_msg("%s --%s--> expected %s, got %s (active %d, latch %d)",
					 alarm_state_name(w->from), alarm_input_name(w->input), wanted[kind], got,
					 a.active, a.latch);
		}
	}
	for (int s = ALARM_NORMAL; s <= ALARM_OUT_OF_SERVICE; s++)
		for (int in = ALARM_IN_RAISED; in <= ALARM_IN_RESET; in++)
			assert_true(seen[s][in]);
}

/* ---- out of the way ---- */

/* Every kind of alarm that there can be. */
enum { ACTIVE = 1, LATCHES = 2, LIFE = 4, OUT = 8, SHELF = 16, QUIET = 32, ACKED = 64, COUNTED = 128, KINDS = 256 };

static struct alarm alarm_of_kind(enum alarm_state s, int kind)
{
	return (struct alarm){
		.state = s,
		.active = kind & ACTIVE,
		.latch = kind & LATCHES,
		.life_safety = kind & LIFE,
		.service.on = kind & OUT,
		.shelf.on = kind & SHELF,
		.inhibited = kind & QUIET,
		.acked_us = kind & ACKED ? 1 : 0,
		.count = kind & COUNTED ? 3 : 0,
	};
}

static bool is_hidden(enum alarm_state s)
{
	return s == ALARM_SHELVED || s == ALARM_SUPPRESSED || s == ALARM_OUT_OF_SERVICE;
}

/* What the contract says of an alarm whose condition is over, in which nobody hides it any more. */
static const char *rest_of(int kind)
{
	if (!(kind & LATCHES))
		return "normal";
	return kind & ACKED ? "latched" : kind & COUNTED ? "rtn_unacked" : "normal";
}

static const char *after_leaving(enum alarm_state from, int kind)
{
	if (!(kind & LIFE) && from != ALARM_OUT_OF_SERVICE && kind & OUT)
		return "out_of_service";
	if (!(kind & LIFE) && from != ALARM_SHELVED && kind & SHELF)
		return "shelved";
	if (!(kind & LIFE) && from != ALARM_SUPPRESSED && kind & QUIET && kind & ACTIVE)
		return "suppressed";
	return kind & ACTIVE ? "unacked" : rest_of(kind);
}

static const char *after_raised(enum alarm_state from, int kind)
{
	const char *to = "unacked";

	if (is_hidden(from))
		return kind & LIFE ? "unacked" : "stays";
	if (!(kind & LIFE))
		to = kind & OUT ? "out_of_service" : kind & QUIET ? "suppressed" : "unacked";
	return strcmp(to, alarm_state_name(from)) == 0 ? "stays" : to;
}

static const char *after_shelve(enum alarm_state from, int kind)
{
	if (kind & LIFE)
		return "never";
	return from == ALARM_OUT_OF_SERVICE ? "busy" : from == ALARM_SHELVED ? "stays" : "shelved";
}

/* By input, as the contract speaks; NULL: the table above says it. */
static const char *wanted_of(enum alarm_state from, enum alarm_input input, int kind)
{
	switch (input) {
	case ALARM_IN_RESTORED:
	case ALARM_IN_REPEAT:
	case ALARM_IN_COMMENT: return "stays";
	case ALARM_IN_ARRIVE: return from == ALARM_NORMAL ? "refused" : "stays";
	case ALARM_IN_RAISED: return after_raised(from, kind);
	case ALARM_IN_SHELVE: return after_shelve(from, kind);
	case ALARM_IN_UNSHELVE: return from == ALARM_SHELVED ? after_leaving(from, kind) : "already";
	case ALARM_IN_RELEASE: return from == ALARM_SUPPRESSED ? after_leaving(from, kind) : "refused";
	case ALARM_IN_SERVICE: return from == ALARM_OUT_OF_SERVICE ? after_leaving(from, kind) : "refused";
	case ALARM_IN_SUPPRESS:
		if (from != ALARM_UNACKED && from != ALARM_ACKED)
			return "refused";
		return kind & LIFE ? "never" : kind & ACTIVE ? "suppressed" : "refused";
	case ALARM_IN_RISE:
		if (from == ALARM_ACKED)
			return kind & ACTIVE ? "unacked" : "refused";
		if (is_hidden(from) && kind & LIFE)
			return "unacked"; /* it protects life from now on */
		return from == ALARM_UNACKED || is_hidden(from) ? "stays" : "refused";
	case ALARM_IN_WITHDRAW:
		if (kind & (ACTIVE | LATCHES) || (from != ALARM_UNACKED && from != ALARM_ACKED))
			return "refused";
		return "normal";
	case ALARM_IN_REMOVE:
		if (from == ALARM_NORMAL || from == ALARM_OUT_OF_SERVICE)
			return "refused";
		return kind & LIFE ? "never" : "out_of_service";
	default: return NULL;
	}
}

static const char *wanted_by_table(enum alarm_state from, enum alarm_input input, int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct wanted *w = &table[i];
		const char *const wanted[] = { w->over, w->over_latch, w->holds, w->holds_latch };

		if (w->from == from && w->input == input)
			return wanted[(kind & ACTIVE ? 2 : 0) + (kind & LATCHES ? 1 : 0)];
	}
	fail_msg("no row for %s, %s", alarm_state_name(from), alarm_input_name(input));
	return "";
}

static void every_state_input_and_kind_gives_what_the_contract_says(void **state)
{
	size_t tried = 0;

	(void)state;
	for (int s = ALARM_NORMAL; s <= ALARM_OUT_OF_SERVICE; s++)
		for (int in = 0; in < (int)ALARM_INPUTS; in++)
			for (int kind = 0; kind < KINDS; kind++, tried++) {
				enum alarm_state from = (enum alarm_state)s;
				enum alarm_input input = (enum alarm_input)in;
				struct alarm a = alarm_of_kind(from, kind);
				const char *wanted = wanted_of(from, input, kind);
				const char *got = outcome(&a, from, alarm_move(&a, input));

				wanted = wanted ? wanted : wanted_by_table(from, input, kind);
				if (strcmp(got, wanted) != 0)
					fail_msg("%s --%s--> expected %s, got %s (kind %#x)", alarm_state_name(from),
						 alarm_input_name(input), wanted, got, (unsigned)kind);
			}
	assert_int_equal(tried, 8 * ALARM_INPUTS * KINDS);
}

/* Whatever is tried on it, in whatever order: life safety is never out of the way. */
static void no_input_hides_life_safety(void **state)
{
	(void)state;
	for (int s = ALARM_NORMAL; s <= ALARM_LATCHED; s++)
		for (int in = 0; in < (int)ALARM_INPUTS; in++)
			for (int kind = 0; kind < KINDS; kind++) {
				struct alarm a = alarm_of_kind((enum alarm_state)s, kind | LIFE);

				alarm_move(&a, (enum alarm_input)in);
				assert_false(alarm_hidden(&a));
			}
}

static void leaving_never_takes_a_condition_that_holds_for_normal(void **state)
{
	static const enum alarm_state hidden[] = { ALARM_SHELVED, ALARM_SUPPRESSED, ALARM_OUT_OF_SERVICE };
	static const enum alarm_input ways[] = { ALARM_IN_UNSHELVE, ALARM_IN_RELEASE, ALARM_IN_SERVICE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		for (int kind = 0; kind < KINDS; kind++) {
			struct alarm a = alarm_of_kind(hidden[i], kind | ACTIVE);

			alarm_move(&a, ways[i]);
			assert_int_not_equal(a.state, ALARM_NORMAL);
		}
}

static void being_restored_moves_nothing(void **state)
{
	(void)state;
	for (int s = ALARM_NORMAL; s <= ALARM_OUT_OF_SERVICE; s++) {
		struct alarm a = { .state = (enum alarm_state)s };

		assert_int_equal(alarm_move(&a, ALARM_IN_RESTORED), 1);
		assert_int_equal(a.state, s);
	}
}

/* Whatever happens, in any order: a latched alarm is never normal again without a person's reset. */
static void no_sequence_without_a_reset_ends_a_latched_alarm(void **state)
{
	static const enum alarm_input inputs[] = { ALARM_IN_RAISED, ALARM_IN_RETURNED, ALARM_IN_ACK };

	(void)state;
	for (int sequence = 0; sequence < 3 * 3 * 3 * 3 * 3 * 3 * 3; sequence++) {
		struct alarm a = { .state = ALARM_UNACKED, .active = true, .latch = true };

		for (int i = 0, rest = sequence; i < 7; i++, rest /= 3) {
			if (inputs[rest % 3] != ALARM_IN_ACK)
				a.active = inputs[rest % 3] == ALARM_IN_RAISED;
			alarm_move(&a, inputs[rest % 3]);
			assert_int_not_equal(a.state, ALARM_NORMAL);
		}
	}
}

static void names_are_read_back(void **state)
{
	enum alarm_state s;

	(void)state;
	for (int i = ALARM_NORMAL; i <= ALARM_OUT_OF_SERVICE; i++) {
		assert_int_equal(alarm_state_parse(alarm_state_name((enum alarm_state)i), &s), 0);
		assert_int_equal(s, i);
	}
	assert_int_equal(alarm_state_parse("Unacked", &s), -EINVAL);
	assert_string_equal(alarm_state_name(ALARM_RTN_UNACKED), "rtn_unacked");
	assert_string_equal(alarm_state_name(ALARM_OUT_OF_SERVICE), "out_of_service");
	assert_string_equal(alarm_input_name(ALARM_IN_RETURNED), "returned");
}

static void effects_own_what_they_hold(void **state)
{
	struct alarm a = { .id = mem_strdup("r/a"), .rule = mem_strdup("r"), .text_zh = mem_strdup("水箱") };
	char who[] = "desk";
	struct alarm_transition t = { .from = ALARM_UNACKED, .input = ALARM_IN_ACK, .who = who };
	struct alarm_effects e = { 0 };

	(void)state;
	t.alarm = a;
	for (int i = 0; i < 20; i++)
		alarm_effects_add(&e, &t);
	alarm_fini(&a);
	memset(who, 'x', 4);
	assert_int_equal(e.count, 20);
	assert_string_equal(e.transitions[19].alarm.id, "r/a");
	assert_string_equal(e.transitions[19].alarm.text_zh, "水箱");
	assert_string_equal(e.transitions[0].who, "desk");
	assert_null(e.transitions[0].note);
	alarm_effects_clear(&e);
	assert_int_equal(e.count, 0);
	assert_true(e.room >= 20);
	alarm_effects_fini(&e);
}

/* ---- texts ---- */

static void assert_text(const char *template, enum alarm_text_language l, const char *wanted)
{
	struct value level = value_number(0.1 * 933);
	struct alarm_text_facts f = {
		.device = "水箱1", .place = "b3/pump-room", .value = &level, .unit = "%", .age_us = 95 * S
	};
	char *got = alarm_text_render(template, l, &f);

	assert_string_equal(got, wanted);
	free(got);
}

static void templates_are_filled_in(void **state)
{
	(void)state;
	assert_text("{device} 水位 {value}（{place}），已 {age}", ALARM_TEXT_ZH,
		    "水箱1 水位 93.3 %（b3/pump-room），已 1 分钟");
	assert_text("{device}: level {value}", ALARM_TEXT_EN, "水箱1: level 93.3 %");
	assert_text("", ALARM_TEXT_EN, "");
	assert_text("{ {x} {device", ALARM_TEXT_EN, "{ {x} {device");
	assert_text("{device}{device}", ALARM_TEXT_EN, "水箱1水箱1");
	assert_null(alarm_text_render(NULL, ALARM_TEXT_EN, NULL));
}

static void assert_value(struct value v, const char *unit, enum alarm_text_language l, const char *wanted)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	alarm_text_value(&v, unit, l, &text);
	assert_string_equal(str_buf_text(&text), wanted);
}

static void values_are_written_for_people(void **state)
{
	(void)state;
	assert_value(value_number(0.1 + 0.2), "m", ALARM_TEXT_EN, "0.3 m");
	assert_value(value_number(1.0 / 3), "", ALARM_TEXT_EN, "0.333333");
	assert_value(value_number(4321), "h", ALARM_TEXT_EN, "4321 h");
	assert_value(value_number(-21.449999999999999), "°C", ALARM_TEXT_ZH, "-21.45 °C");
	assert_value(value_number(123456789), NULL, ALARM_TEXT_EN, "123456789");
	assert_value(value_number(0), "", ALARM_TEXT_EN, "0");
	assert_value(value_bool(true), "", ALARM_TEXT_ZH, "是");
	assert_value(value_bool(false), "", ALARM_TEXT_EN, "false");
	assert_value(value_event("4711"), "", ALARM_TEXT_ZH, "4711");
	assert_value((struct value){ 0 }, "m", ALARM_TEXT_ZH, "未知");
	assert_value((struct value){ 0 }, "m", ALARM_TEXT_EN, "unknown");
	assert_value(value_bool(false), "", ALARM_TEXT_ZH, "否");
	assert_value(value_event(""), "", ALARM_TEXT_ZH, "是");
	assert_value(value_number(1e300), "", ALARM_TEXT_EN, "1e+300");
	assert_value(value_number(1.5e-7), "", ALARM_TEXT_EN, "1.5e-07");
}

static void assert_age(int64_t us, const char *wanted)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	alarm_text_age(us, ALARM_TEXT_ZH, &text);
	assert_string_equal(str_buf_text(&text), wanted);
}

static void ages_are_written_in_chinese_too(void **state)
{
	(void)state;
	assert_age(-5, "0 秒");
	assert_age(45 * S, "45 秒");
	assert_age(26 * MINUTE + 10 * S, "26 分钟");
	assert_age(3 * HOUR, "3 小时");
	assert_age(3 * HOUR + 5 * MINUTE, "3 小时 5 分");
	assert_age(2 * DAY + 4 * HOUR, "2 天 4 小时");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_input_gives_what_the_table_says),
		cmocka_unit_test(every_state_input_and_kind_gives_what_the_contract_says),
		cmocka_unit_test(no_input_hides_life_safety),
		cmocka_unit_test(leaving_never_takes_a_condition_that_holds_for_normal),
		cmocka_unit_test(being_restored_moves_nothing),
		cmocka_unit_test(no_sequence_without_a_reset_ends_a_latched_alarm),
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(effects_own_what_they_hold),
		cmocka_unit_test(templates_are_filled_in),
		cmocka_unit_test(values_are_written_for_people),
		cmocka_unit_test(ages_are_written_in_chinese_too),
	};

	return UNIT_RUN(tests);
}
