/* keeping.h: how long samples are kept, and how many bytes of them. Rows of the configuration; immutable. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of one class of devices; 0: as for all. */
struct keeping_class {
	const char *class; /* its id */
	int64_t keep_us, max_bytes;
};

struct keeping {
	int64_t keep_us;      /* samples; their hours' least, greatest and average outlive them */
	int64_t keep_days_us; /* those */
	int64_t max_bytes;    /* of all samples together: the oldest go first */
	const struct keeping_class *classes;
	size_t class_count;
};
