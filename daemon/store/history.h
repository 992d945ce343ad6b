/* history.h: samples of all points in history.db, apart from state.db so that a commit never waits behind them.
 *
 * Owner: the store thread. A row a sample, WITHOUT ROWID by (ts, point): it grows at one end and is pruned at the other.
 * Samples collect in one open transaction that the caller commits every few seconds; synchronous=NORMAL: a power cut takes
 * the last of them, never the file. */
#pragma once

#include "model/value.h"
#include "store/database.h"

#define HISTORY_PRUNE_ROWS 100 /* a transaction */
#define HISTORY_STATEMENTS 5

/* The names of the point table, in its order. Owned; freed with history_names_free. */
struct history_names {
	size_t count;
	const char **names; /* each in text */
	char *text;         /* all of them in one piece: a hundred thousand small ones would be three times as large */
};
void history_names_free(struct history_names *n);
UTIL_DEFINE_CLEANUP(struct history_names *, history_names_free);

struct history_sample {
	int64_t ts_ms;  /* wall */
	uint32_t point; /* index into the names */
	uint8_t type;   /* enum value_type */
	uint8_t quality;
	bool test;
	union {
		double number; /* and bools */
		char *text;    /* owned by the sample */
	};
};
void history_sample_fini(struct history_sample *s);

struct history {
	struct database *db;
	sqlite3_stmt *statements[HISTORY_STATEMENTS];
	int64_t *ids; /* of each name */
	size_t id_count;
	bool open;     /* a transaction is */
	uint64_t rows; /* in it */
};

int history_open(const char *path, struct history **ret_history, struct str_buf *what);
void history_close(struct history *h); /* what was not committed is gone */
UTIL_DEFINE_CLEANUP(struct history *, history_close);

int history_name_points(struct history *h, const struct history_names *names);
int history_add(struct history *h, const struct history_sample *s);
int history_commit(struct history *h, uint64_t *ret_rows);
/* One step outside a transaction, of the samples in from..before: 1 when it deleted as many rows as it may, 0 when nothing
 * that old is left. */
int history_prune(struct history *h, int64_t from_ms, int64_t before_ms);
/* Time of the first sample at or after from; INT64_MAX when there is none. */
int history_oldest(struct history *h, int64_t from_ms, int64_t *ret_ms);
