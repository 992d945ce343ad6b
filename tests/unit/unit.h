/* unit.h: what every unit test includes: cmocka and its headers in the order it wants. UNIT_CASE=NAME runs only the cases of
 * this name, which may hold * and ?. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void __attribute__((constructor)) unit_choose(void)
{
	const char *name = getenv("UNIT_CASE");

	if (name)
		cmocka_set_test_filter(name);
}

#define UNIT_RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)
