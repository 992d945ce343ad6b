/* alarm_case.h: what the cases of the evaluator begin and end with: the one world of the program, w. Only a test program
 * includes it. */
#pragma once

#include "unit.h"

#include "alarm_world.h"

static struct alarm_world w;

/* A world of these lines with this rule, running. */
static inline void begin(const char *lines, const struct rule *rule)
{
	alarm_world_init(&w, lines);
	alarm_world_rule(&w, rule);
	alarm_world_start(&w);
}

/* The teardown. */
static inline int end(void **state)
{
	(void)state;
	alarm_world_fini(&w);
	return 0;
}

static inline const struct alarm *alarm_get(const char *id)
{
	const struct alarm *a = evaluator_find(w.evaluator, id);

	assert_non_null(a);
	return a;
}

#define HAPPENED(wanted)  assert_string_equal(alarm_world_happened(&w), wanted)
#define STATE(id, wanted) assert_string_equal(alarm_world_state(&w, id), wanted)
