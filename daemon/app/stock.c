#include "app/stock.h"

#include "app/live.h"
#include "base/mem.h"
#include "upstream/inventory.h"

#define PATIENCE   (20 * S) /* every plugin that works has said by then what it is */
#define TICK_PARTS 5

struct stock {
	struct live *live;
	bool due;
	int64_t due_us; /* monotonic: since then */
	size_t part;    /* the next one */
	uint32_t sum;   /* of the inventory that leaves, or has left last */
};

static void begin(struct stock *s)
{
	const struct device_list devices = conf_devices(s->live->conf);

	s->due = true;
	s->due_us = clock_mono_us();
	s->part = 0;
	s->sum = inventory_sum(&devices);
}

struct stock *stock_new(struct live *l)
{
	struct stock *s = MEM_NEW(struct stock);

	s->live = l;
	begin(s);
	return s;
}

void stock_free(struct stock *s)
{
	free(s);
}

void stock_reloaded(struct stock *s)
{
	const struct device_list devices = conf_devices(s->live->conf);

	if (inventory_sum(&devices) != s->sum)
		begin(s);
}

void stock_asked(struct stock *s)
{
	if (s)
		begin(s);
}

void stock_tick(struct stock *s, int64_t now_us)
{
	const struct device_list devices = conf_devices(s->live->conf);

	if (!s->due || (outflow_waits(s->live->outflow) && now_us < s->due_us + PATIENCE))
		return;
	for (size_t i = 0; i < TICK_PARTS && s->due; i++) {
		_cleanup_(freep) char *payload = inventory_part(&devices, s->part, s->sum);

		outflow_message(s->live->outflow, "inventory", payload);
		s->due = ++s->part < inventory_parts(&devices);
	}
}
