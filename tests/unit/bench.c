#include "bench.h"

#include "store/retention.h"

#define ITEMS 8192

void bench_prepare(struct bench *b, const char *dir, struct clock_now now)
{
	*b = (struct bench){ .path = store_unit_path(dir, "history.db"), .now = now };
	b->samples = queue_new(sizeof(struct recorder_item), ITEMS);
}

void bench_push(struct bench *b, const struct recorder_item *item)
{
	assert_int_equal(queue_push(b->samples, item), 0);
}

void bench_keep(struct bench *b, const struct keeping *k)
{
	bench_push(b, &(struct recorder_item){ .plan = retention_plan_new(k) });
}

void bench_pass(struct bench *b, int64_t later_us)
{
	b->now.mono_us += later_us;
	b->now.wall_us += later_us;
}

static void drop(struct bench *b)
{
	queue_free(b->samples);
	free(b->path);
}

void bench_close(struct bench *b)
{
	recorder_free(b->recorder);
	drop(b);
}

void bench_kill(struct bench *b)
{
	struct recorder_item item;

	while (queue_pop(b->samples, &item))
		history_sample_fini(&item.sample);
	recorder_abandon(b->recorder);
	drop(b);
}
