#include "alarm/hold.h"

bool hold_feed(struct hold *h, bool condition, int64_t for_us, int64_t now_us)
{
	if (!condition) {
		*h = (struct hold){ .state = HOLD_IDLE };
		return false;
	}
	if (h->state == HOLD_IDLE)
		*h = (struct hold){ .state = HOLD_WAITING, .since_us = now_us };
	h->since_us = hold_since(h, now_us);
	h->stopped = false;
	if (h->state != HOLD_WAITING || now_us - h->since_us < for_us)
		return false;
	h->state = HOLD_FIRED;
	return true;
}

void hold_stop(struct hold *h, int64_t now_us)
{
	if (h->state != HOLD_WAITING || h->stopped)
		return;
	h->stopped = true;
	h->stopped_us = now_us;
}

int64_t hold_due(const struct hold *h, int64_t for_us)
{
	return h->state == HOLD_WAITING && !h->stopped ? h->since_us + for_us : INT64_MAX;
}

int64_t hold_since(const struct hold *h, int64_t now_us)
{
	return h->stopped && now_us > h->stopped_us ? h->since_us + (now_us - h->stopped_us) : h->since_us;
}
