/* bench.h: what the tests of the recorder share: its queue, its file, and a clock that only they move. One thread. */
#pragma once

#include "store/recorder.h"
#include "store_unit.h"

struct bench {
	char *path;
	struct queue *samples;
	struct store_counters counters;
	struct recorder *recorder; /* made by the test */
	struct clock_now now;
};

/* All but the recorder; the file is history.db in dir. */
void bench_prepare(struct bench *b, const char *dir, struct clock_now now);
/* Says its names and samples; they are the recorder's then. */
void bench_push(struct bench *b, const struct recorder_item *item);
/* How long samples are kept from then on. */
void bench_keep(struct bench *b, const struct keeping *k);
/* So long later. */
void bench_pass(struct bench *b, int64_t later_us);
/* The recorder ends in an orderly way. */
void bench_close(struct bench *b);
/* As kill -9 ends it: what is in memory is gone. */
void bench_kill(struct bench *b);
