/* writer.h: the store thread: one loop over operations, samples and upkeep.
 *
 * It owns both connections from writer_start to its end, which comes after the queue of operations was closed: it works
 * off what is there (5 s at most when the disk fails), closes the files and then the queue of answers. */
#pragma once

#include "store/committer.h"
#include "store/recorder.h"

struct writer;

struct writer_setup {
	struct committer_setup committer;
	struct recorder_setup recorder;
	struct queue *ops; /* of struct store_op * */
};

int writer_start(const struct writer_setup *setup, struct writer **ret_writer);
void writer_join(struct writer *w); /* waits for its end, frees */
