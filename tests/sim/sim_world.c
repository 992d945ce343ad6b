/* sim_world.c: see sim_world.h. */
#include "sim_world.h"

#include <errno.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/str.h"
#include "sim_slave.h"

int64_t sim_world_now_us(const struct sim_world *w)
{
	(void)w;
	return clock_mono_us();
}

int64_t sim_world_elapsed_us(const struct sim_world *w)
{
	return (int64_t)((double)(clock_mono_us() - w->start_us) * w->speed);
}

int64_t sim_world_day_us(const struct sim_world *w)
{
	return (w->day_us + sim_world_elapsed_us(w)) % DAY;
}

void sim_world_arm(const struct sim_world *w, struct event *timer, int64_t simulated_us)
{
	sim_world_arm_real(timer, (int64_t)((double)simulated_us / w->speed));
}

void sim_world_arm_real(struct event *timer, int64_t real_us)
{
	struct timeval wait = { .tv_sec = real_us / S, .tv_usec = real_us % S };

	event_add(timer, &wait);
}

struct sim_slave *sim_world_find_slave(const struct sim_world *w, const char *id)
{
	for (size_t i = 0; i < w->slave_count; i++)
		if (str_equal(w->slaves[i]->id, id))
			return w->slaves[i];
	return NULL;
}

int sim_world_name(struct sim_world *w, struct sim_asset *a)
{
	if (map_find(w->assets, a->name))
		return -EEXIST;
	map_put(w->assets, a->name, a);
	return 0;
}
