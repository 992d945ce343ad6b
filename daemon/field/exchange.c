#include "field/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"

#define LATE_IDS    1024      /* so many ids back an answer counts as late */
#define PATIENCE_US (20 * MS) /* with a line that is not silent */

void exchange_init(struct exchange *x, const struct exchange_setup *setup)
{
	*x = (struct exchange){ .link = setup->link,
				.waiter = setup->waiter,
				.listener = setup->listener,
				.min_interval_us = setup->min_interval_us,
				.transaction = setup->first_transaction };
	answer_init(&x->answer, link_framing(setup->link));
}

void exchange_reset(struct exchange *x)
{
	answer_reset(&x->answer);
	x->last_us = clock_mono_us();
}

bool exchange_was_ours(const struct exchange *x, uint16_t transaction)
{
	uint16_t back = (uint16_t)(x->transaction - transaction);

	return back <= LATE_IDS;
}

static int error_of(enum answer_event event)
{
	return event == ANSWER_FLOOD ? -EOVERFLOW : -EPROTO;
}

/* One read. Bytes taken, 0 when none are there, -errno. */
static int take_bytes(struct exchange *x)
{
	uint8_t bytes[FRAME_MAX];
	int n = link_receive(x->link, bytes, answer_room(&x->answer));

	if (n > 0) {
		answer_feed(&x->answer, bytes, (size_t)n);
		x->last_us = clock_mono_us();
	}
	return n;
}

/* The next event that is not another's frame; those are told and passed over. */
static enum answer_event next_event(struct exchange *x, struct exchange_result *result)
{
	for (;;) {
		enum answer_event event = answer_next(&x->answer, &result->frame);

		if (event != ANSWER_OTHER)
			return event;
		if (result->frame.fault != ANSWER_FAULT_UNASKED)
			result->fault = result->frame.fault;
		x->listener.other(x->listener.context, &result->frame);
	}
}

int exchange_drain(struct exchange *x)
{
	struct exchange_result ignored = { 0 };
	int n;

	while ((n = take_bytes(x)) > 0) {
		enum answer_event event = next_event(x, &ignored);

		if (event == ANSWER_FLOOD || event == ANSWER_BROKEN)
			return error_of(event);
	}
	return n;
}

/* Waits until the line was silent for as long as it needs, and takes in what still comes. A line that never is silent
 * is not waited for: its noise will not pass for an answer. 0 or -errno. */
static int wait_for_silence(struct exchange *x)
{
	int64_t gap_us = MAX(link_silence_us(x->link), x->min_interval_us);
	int64_t latest_us = clock_mono_us() + gap_us + PATIENCE_US;
	int r = exchange_drain(x);

	while (r == 0 && clock_mono_us() < MIN(x->last_us + gap_us, latest_us)) {
		r = waiter_wait(x->waiter, link_fd(x->link), POLLIN, MIN(x->last_us + gap_us, latest_us));
		if (r > 0)
			r = exchange_drain(x);
	}
	return r;
}

static bool conclude(struct exchange_result *result, enum answer_event event)
{
	switch (event) {
	case ANSWER_GOOD: result->end = EXCHANGE_ANSWERED; return true;
	case ANSWER_EXCEPTION: result->end = EXCHANGE_REFUSED; return true;
	case ANSWER_CORRUPT: result->end = EXCHANGE_CORRUPT; return true;
	case ANSWER_BROKEN:
	case ANSWER_FLOOD:
		result->end = EXCHANGE_BROKEN;
		result->error = error_of(event);
		return true;
	case ANSWER_MORE:
	case ANSWER_OTHER: return false;
	}
	return false;
}

/* The deadline passed. Half a frame on TCP would swallow the beginning of the next one, and so on: only a new connection
 * is in step again. */
static void give_up(struct exchange *x, struct exchange_result *result)
{
	result->end = EXCHANGE_SILENT;
	if (!answer_half(&x->answer))
		return;
	if (result->fault == ANSWER_FAULT_NONE)
		result->fault = ANSWER_FAULT_HALF;
	if (x->answer.kind == FRAME_TCP) {
		result->end = EXCHANGE_BROKEN;
		result->error = -ETIMEDOUT;
	}
}

/* Receives until the answer is there or the deadline passes. An answer that was here in time counts, however late the
 * thread gets to read it; but no byte is read after the deadline. */
static void receive(struct exchange *x, struct exchange_result *result, int64_t deadline_us)
{
	for (;;) {
		int r = waiter_wait(x->waiter, link_fd(x->link), POLLIN, deadline_us);

		if (r == 0) {
			give_up(x, result);
			return;
		}
		if (r > 0)
			r = take_bytes(x);
		if (r < 0) {
			result->end = r == -ECANCELED ? EXCHANGE_ENDED : EXCHANGE_BROKEN;
			result->error = r;
			return;
		}
		if (conclude(result, next_event(x, result)))
			return;
		if (clock_mono_us() >= deadline_us) {
			give_up(x, result);
			return;
		}
	}
}

struct exchange_result exchange_run(struct exchange *x, const struct frame_request *request, int64_t wait_us)
{
	struct exchange_result result = { .end = EXCHANGE_BROKEN };

	result.error = wait_for_silence(x);
	if (result.error == 0)
		result.error = link_send(x->link, request, ++x->transaction);
	if (result.error == -ECANCELED)
		result.end = EXCHANGE_ENDED;
	if (result.error < 0)
		return result;
	result.started_us = clock_mono_us();
	answer_expect(&x->answer, request, x->transaction);
	receive(x, &result, result.started_us + wait_us);
	answer_forget(&x->answer);
	x->last_us = clock_mono_us();
	result.took_us = x->last_us - result.started_us;
	return result;
}
