#include "field/health.h"

#include "base/util.h"

#define LATENCY_FACTOR 4  /* how much later than ever an answer may come before a shortened wait ends */
#define LATENCY_DECAY  64 /* the longest latency fades by a 64th an answer */
#define WHOLE_EVERY    8  /* every eighth probe waits the whole timeout */

void health_init(struct health *h, uint32_t seed)
{
	*h = (struct health){ 0 };
	backoff_init(&h->backoff, HEALTH_BACKOFF_MIN, HEALTH_BACKOFF_MAX, seed);
}

void health_renew(struct health *h)
{
	h->state = HEALTH_NEW;
	h->misses = h->probes = 0;
	h->slow = false;
	h->probe_us = 0;
	backoff_reset(&h->backoff);
}

bool health_answered(struct health *h, int64_t latency_us)
{
	bool was_down = h->state == HEALTH_DOWN;

	latency_us = MAX(latency_us, (int64_t)1);
	h->latency_us = MAX(latency_us, h->latency_us - h->latency_us / LATENCY_DECAY);
	if (h->state != HEALTH_OK)
		backoff_reset(&h->backoff);
	h->state = HEALTH_OK;
	h->misses = h->probes = 0;
	h->slow = false;
	h->probe_us = 0;
	return was_down;
}

bool health_missed(struct health *h, enum health_miss miss, int64_t now_us)
{
	static const unsigned enough[] = { [HEALTH_MISS_SILENT] = 3, [HEALTH_MISS_VOUCHED] = 2 };
	bool goes_down = h->state != HEALTH_DOWN && h->misses + 1 >= enough[miss];
	/* One read that is lost now and then is no reason to be asked less often. */
	bool first = h->state == HEALTH_OK;

	if (h->state == HEALTH_OK || h->state == HEALTH_NEW)
		h->state = HEALTH_SUSPECT;
	if (goes_down)
		h->state = HEALTH_DOWN;
	h->misses++;
	h->probes++;
	h->slow = false;
	h->probe_us = first ? now_us : now_us + backoff_next_us(&h->backoff);
	return goes_down;
}

void health_heard(struct health *h, int64_t now_us)
{
	h->probe_us = MIN(h->probe_us, now_us);
	if (h->state != HEALTH_DOWN)
		h->misses = 0;
}

int64_t health_wait_us(const struct health *h, const struct health_wait *w)
{
	bool doubted = h->state == HEALTH_SUSPECT || h->state == HEALTH_DOWN;
	int64_t latency_us = h->latency_us > 0 ? h->latency_us : w->latency_us;
	int64_t least_us = doubted ? HEALTH_SHORT_MIN : HEALTH_ASIDE_MIN;

	if (latency_us == 0)
		return w->timeout_us;
	if (!w->aside && (!doubted || h->slow || h->probes % WHOLE_EVERY == 0))
		return w->timeout_us;
	return MIN(w->wire_us + MAX(latency_us * LATENCY_FACTOR, least_us), w->timeout_us);
}

int64_t health_gate_us(const struct health *h, const struct health_budget *budget)
{
	int64_t gate_us = h->probe_us;

	if (h->state == HEALTH_DOWN)
		gate_us = MAX(gate_us, budget->free_us);
	if (h->owes)
		gate_us = MAX(gate_us, h->owes_until_us);
	return gate_us;
}

void health_spend(struct health_budget *budget, int64_t spent_us, int64_t now_us)
{
	budget->free_us = now_us + spent_us * (HEALTH_DOWN_SHARE - 1);
}

void health_owe(struct health *h, const struct frame_request *request, int64_t until_us)
{
	h->owes = true;
	h->owes_function = request->function;
	h->owes_bytes = frame_answer_bytes(request->function, request->count);
	h->owes_until_us = until_us;
}

bool health_settle(struct health *h, uint8_t function, uint16_t len, bool exception)
{
	if (!h->owes || function != h->owes_function || (!exception && len != h->owes_bytes))
		return false;
	h->owes = false;
	h->slow = true;
	return true;
}
