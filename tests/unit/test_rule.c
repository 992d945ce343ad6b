/* Life safety: how long each rule may wait. */
#include "unit.h"

#include "alarm/rule.h"
#include "base/util.h"

static void life_safety_rules_have_the_limits_of_the_design(void **state)
{
	static const struct rule_limit wanted[] = {
		{ "sos", 0 },           { "fire", 0 },     { "door-duress", 0 }, { "smoke", 10 * S },
		{ "co", 10 * S },       { "gas", 10 * S }, { "fall", 30 * S },   { "lift-trapped", 90 * S },
		{ "building-fire", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct rule_limit *limit = rule_limit_find(wanted[i].id);

		assert_non_null(limit);
		assert_int_equal(limit->longest_for_us, wanted[i].longest_for_us);
	}
}

static void other_rules_have_none(void **state)
{
	(void)state;
	assert_null(rule_limit_find("tank-high"));
	assert_null(rule_limit_find("fire-fault"));
	assert_null(rule_limit_find("so"));
	assert_null(rule_limit_find(""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_safety_rules_have_the_limits_of_the_design),
		cmocka_unit_test(other_rules_have_none),
	};

	return UNIT_RUN(tests);
}
