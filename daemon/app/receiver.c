#include "app/receiver.h"

#include <stdio.h>
#include <string.h>

#include "app/live.h"

#define PREFIX         "uplink:"
#define NAME_MAX_BYTES 96 /* an instance has at most 63 */

const char *receiver_instance(const char *asset)
{
	return str_starts(asset, PREFIX) ? asset + strlen(PREFIX) : "";
}

bool receiver_is_about(const struct alarm *a)
{
	return str_equal(a->rule, "supervision") && a->asset && receiver_instance(a->asset)[0];
}

void receiver_recover(struct live *l, struct subject *s, const char *instance)
{
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), PREFIX "%s", instance);
	subject_recover(l, s, name);
}

/* A plugin that cannot do its work explains it: then that is told, at once, and this is not a second alarm. */
static bool explain(struct live *l, const struct receiver *r)
{
	if (r->plugin->state != WATCH_DOWN || r->subject->alarmed)
		return false;
	r->plugin->delay_us = 0;
	subject_judge(l, r->plugin, r->instance, NULL);
	return true;
}

void receiver_tick(struct live *l, const struct receiver *r, int64_t now_us)
{
	enum watch_state state = delivery_acknowledges(l->delivery, r->instance, now_us);
	struct subject *s = r->subject;
	char name[NAME_MAX_BYTES];

	if (state == WATCH_UNKNOWN) {
		if (s->alarmed) /* it is no uplink any more */
			receiver_recover(l, s, r->instance);
		return;
	}
	if (state == WATCH_DOWN && explain(l, r))
		return;
	s->text_zh = "接收方未按时确认告警，可能无人看到；告警保留并继续发送：请检查接收方和网络，并用其他方式通知";
	if (subject_set(s, state,
			"its receiver has not acknowledged an alarm in time, perhaps nobody sees it there; alarms are "
			"kept and "
			"sent on: check the receiver and the way to it, and tell people another way") &&
	    state == WATCH_UP)
		receiver_recover(l, s, r->instance);
	snprintf(name, sizeof(name), PREFIX "%s", r->instance);
	subject_judge(l, s, name, NULL);
}
