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
				.tape = setup->tape,
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

int64_t exchange_age_us(const struct exchange *x, uint16_t transaction)
{
	if ((uint16_t)(x->transaction - transaction) >= EXCHANGE_REMEMBERED)
		return 0;
	return clock_mono_us() - x->sent_us[transaction % EXCHANGE_REMEMBERED];
}

static void note(struct exchange *x, enum tape_kind kind, const uint8_t *bytes, size_t len)
{
	struct tape_frame frame;

	frame.at_us = clock_mono_us();
	frame.kind = kind;
	frame.len = MIN(len, sizeof(frame.bytes));
	memcpy(frame.bytes, bytes, frame.len);
	tape_note(x->tape, &frame);
}

static int send_request(struct exchange *x, const struct frame_request *request)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = x->answer.kind == FRAME_TCP ? frame_compose_tcp(request, x->transaction, bytes)
						 : frame_compose_rtu(request, bytes);

	note(x, TAPE_SENT, bytes, len);
	return link_send(x->link, request, x->transaction);
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
		note(x, TAPE_RECEIVED, bytes, (size_t)n);
		x->last_us = clock_mono_us();
	}
	return n;
}

/* Of the unit and function that were asked, with fewer values than were asked: that is how some devices say that a
 * request was too long. */
static bool is_shorter(const struct exchange *x, const struct answer_frame *f)
{
	return f->fault == ANSWER_FAULT_LENGTH && f->data && f->len > 0 && f->len < x->answer.want_len;
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
		if (is_shorter(x, &result->frame))
			result->shorter = true;
		x->listener.other(x->listener.context, &result->frame);
	}
}

int exchange_drain(struct exchange *x)
{
	struct exchange_result ignored = { 0 };
	int n;

	/* What came behind the last answer is still here: it must not be taken for the next one. */
	do {
		enum answer_event event = next_event(x, &ignored);

		if (event == ANSWER_FLOOD || event == ANSWER_BROKEN)
			return error_of(event);
		n = take_bytes(x);
	} while (n > 0);
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
	int64_t whole_us = result->started_us + x->whole_us;

	for (;;) {
		int r = waiter_wait(x->waiter, link_fd(x->link), POLLIN, deadline_us);

		if (r == 0 && answer_half(&x->answer) && deadline_us < whole_us) {
			deadline_us = whole_us;
			continue;
		}
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
		if (clock_mono_us() >= deadline_us && !(answer_half(&x->answer) && deadline_us < whole_us)) {
			give_up(x, result);
			return;
		}
	}
}

struct exchange_result exchange_run(struct exchange *x, const struct frame_request *request, int64_t wait_us)
{
	struct exchange_result result = { .end = EXCHANGE_BROKEN };
	int64_t from_us;

	result.error = wait_for_silence(x);
	result.transaction = ++x->transaction;
	from_us = clock_mono_us();
	if (result.error == 0)
		result.error = send_request(x, request);
	if (result.error == -ECANCELED)
		result.end = EXCHANGE_ENDED;
	if (result.error < 0)
		return result;
	result.started_us = clock_mono_us();
	x->sent_us[x->transaction % EXCHANGE_REMEMBERED] = result.started_us;
	answer_expect(&x->answer, request, x->transaction);
	receive(x, &result, result.started_us + wait_us);
	answer_forget(&x->answer);
	x->last_us = clock_mono_us();
	result.took_us = x->last_us - from_us; /* the answer may be there before the sending is over */
	return result;
}
