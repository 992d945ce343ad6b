/* receiver.h: whether the receiver behind an uplink acknowledges alarms in time; if not, that is the alarm
 * supervision/uplink:ID. Main thread; for watch.c, which owns the subjects. */
#pragma once

#include "alarm/alarm.h"
#include "app/subject.h"

struct receiver {
	const char *instance;
	struct subject *subject;
	struct subject *plugin; /* that of the same instance */
};

/* Once a second. */
void receiver_tick(struct live *l, const struct receiver *r, int64_t now_us);
void receiver_recover(struct live *l, struct subject *s, const char *instance);
/* The instance that the asset of such an alarm names; "" for another asset. */
const char *receiver_instance(const char *asset);
/* Such an alarm: what is sent of it waits as well, and would accuse the receiver again. */
bool receiver_is_about(const struct alarm *a);
