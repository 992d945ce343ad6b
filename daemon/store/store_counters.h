/* store_counters.h: what the store thread counts and the main thread shows. Written by one thread, read by any. */
#pragma once

#include <stdatomic.h>

struct store_counters {
	atomic_ullong turns, commits, failures, history_rows, history_dropped;
	atomic_llong last_commit_us;
	atomic_llong free_bytes;    /* of the disk; negative: not known */
	atomic_ullong set_aside;    /* files that were damaged */
	atomic_bool history_faulty; /* samples are dropped */
	atomic_uint faults_out;     /* STORE_OP_FAULT on their way: the store thread adds, the main thread takes off */
};
