/* watch_inside.h: what watch.c (what is up and down now) and watch_keep.c (what of it goes on after a reload or a restart) share.
 * Main thread; private to the two. */
#pragma once

#include "app/subject.h"

/* A unit of a bus; its first device speaks for it. */
struct watch_unit_subject {
	struct subject subject;
	const struct device *device;
};

struct watch_bus_subject {
	struct subject bus;
	struct watch_unit_subject *units;
	size_t unit_count;
	bool cycled, stuck;
	bool paused;
	bool pause_told; /* its alarm is about the pause */
	bool silenced;   /* it is down because its thread is stuck: its own word says otherwise */
	uint64_t turns;
	int64_t turned_us;
};

struct watch {
	struct live *live;
	const struct conf *conf; /* that its rows belong to */
	struct watch_bus_subject *buses;
	struct subject *plugins;
	struct subject *uplinks; /* by plugin: whether its receiver acknowledges alarms in time */
	struct subject store, clock, config, history, damage, people;
	uint64_t set_aside; /* files, that were told of */
	uint64_t store_turns;
	int64_t started_us;
};

struct watch_unit_subject *watch_find_unit(struct watch_bus_subject *b, uint8_t unit); /* or NULL */
