/* exchange.h: one request and its answer over a link, with one absolute deadline. Bus's thread.
 *
 * Owns the answer receiver and the transaction ids. While it waits, and whenever the line is idle, frames that nobody
 * waits for are told to the owner and dropped. Invariant: exchange_run returns at most a system call after the deadline,
 * whatever the slave sends. */
#pragma once

#include <stdint.h>

#include "field/answer.h"
#include "field/link.h"
#include "field/tape.h"
#include "field/waiter.h"

#define EXCHANGE_REMEMBERED 64

enum exchange_end {
	EXCHANGE_ANSWERED,
	EXCHANGE_REFUSED, /* exception: frame.exception */
	EXCHANGE_SILENT,  /* the deadline passed; fault: what came instead, if anything */
	EXCHANGE_CORRUPT, /* the answer came with a wrong CRC */
	EXCHANGE_BROKEN,  /* the link failed or its bytes make no sense: error; it has to be reopened */
	EXCHANGE_ENDED    /* the thread is to end */
};

struct exchange_result {
	enum exchange_end end;
	struct answer_frame frame; /* data is lent until the next call */
	enum answer_fault fault;
	bool shorter;         /* SILENT: what came was right, but of less than was asked */
	uint16_t transaction; /* TCP */
	int error; /* -errno of BROKEN; -EPROTO: no sense in the bytes; -EOVERFLOW: a flood; -ETIMEDOUT: half a frame */
	int64_t started_us; /* when it was sent; 0: it was not */
	int64_t took_us;
};

/* Who wants to know of frames that nobody waits for. */
struct exchange_listener {
	void (*other)(void *context, const struct answer_frame *frame);
	void *context;
};

struct exchange {
	struct link *link;     /* lent */
	struct waiter *waiter; /* lent */
	struct exchange_listener listener;
	struct tape *tape; /* lent */
	struct answer answer;
	uint16_t transaction;
	int64_t whole_us; /* an answer that has begun may take so long, from its request on; 0: as long as the wait */
	int64_t sent_us[EXCHANGE_REMEMBERED]; /* by transaction: the last ones */
	int64_t min_interval_us;              /* between two requests */
	int64_t last_us;                      /* when the line last carried something */
};

struct exchange_setup {
	struct link *link;
	struct waiter *waiter;
	struct exchange_listener listener;
	struct tape *tape;
	int64_t min_interval_us;
	uint16_t first_transaction; /* any number; a restarted daemon should not begin with the same */
};

void exchange_init(struct exchange *x, const struct exchange_setup *setup);
/* The link was opened anew. */
void exchange_reset(struct exchange *x);
/* Asks and waits for at most wait_us from the sending on. */
struct exchange_result exchange_run(struct exchange *x, const struct frame_request *request, int64_t wait_us);
/* Takes in what the link sends unasked. 0, or -errno when it has to be reopened. */
int exchange_drain(struct exchange *x);
/* Is this the id of one of the last requests? Then an answer that nobody waits for is late, not wrong. */
bool exchange_was_ours(const struct exchange *x, uint16_t transaction);
/* How long ago it was sent; 0: that is not known any more. */
int64_t exchange_age_us(const struct exchange *x, uint16_t transaction);
