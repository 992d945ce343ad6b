/* class.h: a class of devices fixes the point names that rules and pages rely on. Rows of the configuration. */
#pragma once

#include <stddef.h>

#include "base/diag.h"
#include "model/value.h"

struct class_point {
	const char *name;
	enum value_type type;
	const char *unit; /* "" where none */
};

struct class
{
	const char *id;
	const struct class_point *points; /* those of every class (battery battery_low tamper link) included */
	size_t point_count;
	struct diag_at at;
};

/* The class's point of that name, or NULL. */
const struct class_point *class_find_point(const struct class *c, const char *name);
