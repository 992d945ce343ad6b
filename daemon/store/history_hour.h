/* history_hour.h: the chunks of some points of one hour, packed in memory while they are read sample by sample. The caller owns it,
 * and gives the statements; any one thread. */
#pragma once

#include <sqlite3.h>

#include "base/str.h"
#include "model/value.h"
#include "store/chunk.h"

/* A number that a wanted name has in the database. */
struct history_hour_series {
	uint32_t id;
	int64_t class;
	size_t point; /* of the caller's: comes back with each sample */
};

struct history_hour {
	sqlite3_stmt *chunks, *stamps; /* lent */
	int64_t hour;
	struct history_hour_source *sources;
	size_t source_count, source_at;
	bool lent;        /* the next sample of source_at is with the caller */
	size_t bytes;     /* that they take */
	uint64_t damaged; /* pieces that were left out so far */
};

struct history_hour_sample {
	struct chunk_sample sample; /* a text is lent until the next call */
	enum value_type type;
	size_t point;
};

/* Adds the chunks of that series of the hour. 0 or -errno of reading. */
int history_hour_add(struct history_hour *h, const struct history_hour_series *w);
/* The next sample before that time, series after series; false: there is none. */
bool history_hour_next(struct history_hour *h, int64_t until_ms, struct history_hour_sample *ret_sample);
/* All of them go; h can be used for another hour. */
void history_hour_clear(struct history_hour *h);
