/* history.h: history.db: the samples of all points by the hour, and what is left of them by the day. Apart from state.db, so
 * that an alarm's commit never waits behind them.
 *
 *   buffer (60 s, memory) --> ring.h (a record a minute) --pass.h, once an hour--> chunk: one row a point and hour
 *                                                                   --days.h, once a day--> day: 24 hours a row
 *
 * Rows are in order of (class, hour, point): they are appended, read and deleted in runs. Each has a CRC. Times that many
 * points of an hour share stand once, in stamps. Owner: the store thread; readers have read-only connections of their own
 * (history_reader.h). Every commit is on the disk (FULL): there are few. */
#pragma once

#include "model/value.h"
#include "store/chunk.h"
#include "store/database.h"
#include "store/sums.h"

#define HISTORY_HOUR_MS (HOUR / MS)
/* A chunk of some thousand bytes shares a page with others; smaller pages would be half empty. */
#define HISTORY_PAGE_BYTES 16384
#define HISTORY_DAY_MS     (DAY / MS)

enum {
	HISTORY_FIND_CLASS,
	HISTORY_ADD_CLASS,
	HISTORY_FIND_SERIES,
	HISTORY_ADD_SERIES,
	HISTORY_GET_META,
	HISTORY_PUT_META,
	HISTORY_RAISE_META,
	HISTORY_FIND_STAMPS,
	HISTORY_PUT_STAMPS,
	HISTORY_PUT_CHUNK,
	HISTORY_CLASSES,
	HISTORY_ADD_BYTES,
	HISTORY_STATEMENTS
};

/* The names of the point table, in its order. Owned; freed with history_names_free. */
struct history_names {
	size_t count;
	const char **names;   /* each in text */
	const char **classes; /* likewise; NULL: all of no class */
	char *text; /* all of them in one piece: a hundred thousand small ones would be three times as large */
};
void history_names_free(struct history_names *n);
UTIL_DEFINE_CLEANUP(struct history_names *, history_names_free);

struct history_sample {
	int64_t ts_ms;  /* wall */
	uint32_t point; /* index into the names */
	uint8_t type;   /* enum value_type; NONE: of a point without a value */
	uint8_t quality;
	bool test;
	union {
		double number; /* and bools */
		char *text;    /* owned by the sample */
	};
};
void history_sample_fini(struct history_sample *s);

/* How far the records of the ring have become chunks: those up to released, and of released+1 … passing all slices before
 * slice. Changes in the transaction that writes the chunks. */
struct history_progress {
	uint64_t released, passing; /* passing 0: no pass is under way */
	uint32_t slice;
	int64_t day; /* the first one that is not in the table day yet; days since 1970 */
};

struct history {
	struct database *db;
	sqlite3_stmt *statements[HISTORY_STATEMENTS];
	uint64_t key;                             /* of this file, for the ring */
	struct history_progress progress, before; /* before: to roll back to */
};

/* 0; -EUCLEAN damaged, -EPROTO newer, other -errno with what. */
int history_open(const char *path, struct history **ret_history, struct str_buf *what);
void history_close(struct history *h);
UTIL_DEFINE_CLEANUP(struct history *, history_close);

int history_begin(struct history *h);
int history_commit(struct history *h);
void history_rollback(struct history *h);
/* A step's end: commits where r is not negative, else (or when that fails) rolls back. r, or why the commit has failed. */
int history_end(struct history *h, int r);

/* Within a transaction. Numbers are given once and never to another. */
int history_series(struct history *h, const char *name, const char *class, uint32_t *ret_point);
struct history_chunk {
	uint32_t point;
	int64_t hour, part;         /* hours since 1970; part: unlike any other of that point and hour */
	struct chunk_series series; /* all in that hour; at least one */
	struct sums sums;           /* of numbers and bools; else count 0 */
	bool shares;                /* others of its class and hour have the same times: they are kept once */
};
/* -ENOENT: nobody has that number. */
int history_put_chunk(struct history *h, const struct history_chunk *c);
int history_set_progress(struct history *h, const struct history_progress *p);
/* Samples of the class that are of before that hour have been deleted. */
#define HISTORY_TRIMMED_MAX 32
void history_trimmed_name(int64_t class, char name[HISTORY_TRIMMED_MAX]); /* the row of meta that says so */
int history_note_trimmed(struct history *h, int64_t class, int64_t before_hour);

extern const struct migration_list history_migrations;
