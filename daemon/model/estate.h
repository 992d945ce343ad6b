/* estate.h: the estate itself: a row of the configuration. */
#pragma once

#include <stdint.h>

struct estate {
	const char *id, *name;
	const char *timezone; /* "Asia/Shanghai" */
	int64_t self_test_us; /* how long a way of help may go untried */
};
