/* summary_times.h: a bounded list of times, and how they lie. Pure; zero-initialised is empty; the caller owns it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_TIMES_MAX 100000 /* further ones are left out */

struct summary_times {
	int64_t *us;
	size_t count, room;
	bool sorted;
};

void summary_times_fini(struct summary_times *t);
void summary_times_add(struct summary_times *t, int64_t us);
const int64_t *summary_times_sorted(struct summary_times *t); /* lent until the next add */
/* The least of them that so many of a hundred do not pass (nearest rank); percent 1..100. False: there is none. */
bool summary_times_percentile(struct summary_times *t, unsigned percent, int64_t *ret_us);
