/* keeping.h: how long samples are kept, and how many bytes of them. Rows of the configuration; immutable. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* In the history the devices of homes are classes of their own: "home/motion" beside "motion". */
#define KEEPING_HOME "home/"

/* Of one class of devices; 0: as for all. */
struct keeping_class {
	const char *class; /* its id */
	int64_t keep_us, keep_days_us, max_bytes;
};

struct keeping {
	int64_t keep_us;       /* samples; their hours' least, greatest and average outlive them */
	int64_t keep_homes_us; /* no sample of a home for longer; 0: as all others */
	int64_t keep_days_us;  /* those hours */
	int64_t max_bytes;     /* of all together: the oldest samples go first; hours take at most half of it */
	const struct keeping_class *classes;
	size_t class_count;
};
