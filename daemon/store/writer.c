#include "store/writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "store/ballast.h"
#include "store/store_register.h"

#define UPKEEP_EVERY 16      /* turns, when it is never idle */
#define LOOK_EVERY   MINUTE  /* at the disk */
#define TURN_EVERY   S       /* the watchdog looks at the turns */
#define LAST_TRIES   (5 * S) /* for what waits at the end while the disk fails */

struct writer {
	struct thread *thread;
	struct queue *ops, *done;
	struct store_counters *counters;
	struct committer *committer;
	struct recorder *recorder;
	const char *path;                           /* of a file on the disk; the setup's */
	int64_t looked_us;                          /* at the disk; mono */
	struct store_op *erasures, **erasures_tail; /* what the recorder is to erase */
	bool erasing;                               /* the first of them is at work */
};

static int64_t next_turn(const struct writer *w)
{
	int64_t deadline = MIN(committer_due(w->committer), recorder_due(w->recorder));

	return MIN(deadline, clock_mono_us() + TURN_EVERY);
}

static void add_erasure(struct writer *w, struct store_op *op)
{
	op->next = NULL;
	*w->erasures_tail = op;
	w->erasures_tail = &op->next;
}

/* What is erased is no longer to be; the next one. */
static void turn_erasures(struct writer *w)
{
	struct store_op *op = w->erasures;

	if (op && w->erasing && !recorder_erase_busy(w->recorder)) {
		w->erasures = op->next;
		if (!w->erasures)
			w->erasures_tail = &w->erasures;
		w->erasing = false;
		committer_accept(w->committer, op);
	}
	if (w->erasures && !w->erasing) {
		recorder_erase(w->recorder, w->erasures->reg->points, w->erasures->reg->point_count);
		w->erasing = true;
	}
}

/* The rest goes at the next start. */
static void drop_erasures(struct writer *w)
{
	while (w->erasures) {
		struct store_op *next = w->erasures->next;

		store_op_free(w->erasures);
		w->erasures = next;
	}
}

/* Waits until something is to be done, takes all that is there. */
static void take_ops(struct writer *w, bool closing)
{
	struct store_op *op;
	bool found;

	/* A closed queue no longer waits: between the last tries on a disk that fails. */
	if (closing && queue_len(w->ops) == 0 && !committer_idle(w->committer))
		clock_poll(-1, 0, next_turn(w));
	found = queue_pop_wait(w->ops, &op, next_turn(w));
	while (found) {
		if (op->kind == STORE_OP_STAGE)
			recorder_stage(w->recorder);
		if (op->kind == STORE_OP_ERASE)
			add_erasure(w, op);
		else
			committer_accept(w->committer, op);
		found = queue_pop(w->ops, &op);
	}
}

/* All answered, or given up. */
static bool at_end(const struct writer *w, int64_t *give_up_us)
{
	int64_t now_us = clock_mono_us();

	if (*give_up_us == INT64_MAX) {
		*give_up_us = now_us + LAST_TRIES;
		committer_hurry(w->committer);
	}
	return (queue_len(w->ops) == 0 && committer_idle(w->committer)) || now_us >= *give_up_us;
}

/* How much is free is asked here: a disk that does not answer holds up nobody else. */
static void look_at_disk(struct writer *w)
{
	int64_t now_us = clock_mono_us();

	if (w->looked_us && now_us - w->looked_us < LOOK_EVERY)
		return;
	w->looked_us = now_us;
	w->counters->free_bytes = ballast_free(w->path);
}

static void writer_main(void *arg)
{
	struct writer *w = arg;
	int64_t give_up_us = INT64_MAX;
	uint64_t turn;
	bool closing;

	do {
		closing = queue_closed(w->ops);
		take_ops(w, closing);
		turn = ++w->counters->turns;
		look_at_disk(w);
		committer_work(w->committer, clock_mono_us());
		recorder_work(w->recorder, clock_now());
		turn_erasures(w);
		if (queue_len(w->ops) == 0 || turn % UPKEEP_EVERY == 0)
			committer_upkeep(w->committer, clock_mono_us());
	} while (!closing || !at_end(w, &give_up_us));

	recorder_free(steal(&w->recorder));
	drop_erasures(w);
	committer_free(steal(&w->committer));
	queue_close(w->done);
}

int writer_start(const struct writer_setup *setup, struct writer **ret_writer)
{
	struct writer *w = MEM_NEW(struct writer);
	int r;

	w->ops = setup->ops;
	w->done = setup->committer.done;
	w->counters = setup->committer.counters;
	w->counters->free_bytes = -1;
	w->path = setup->recorder.path;
	w->erasures_tail = &w->erasures;
	w->committer = committer_new(&setup->committer);
	w->recorder = recorder_new(&setup->recorder);
	r = thread_start("store", writer_main, w, &w->thread);
	if (r < 0) {
		recorder_free(w->recorder);
		committer_free(w->committer);
		free(w);
		return r;
	}
	*ret_writer = w;
	return 0;
}

void writer_join(struct writer *w)
{
	if (!w)
		return;
	thread_join(w->thread);
	free(w);
}
