/* unit.h: what every unit test includes: cmocka and its headers in the order it wants. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define UNIT_RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)
