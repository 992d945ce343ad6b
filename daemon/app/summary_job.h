/* summary_job.h: one summary computed from the two databases: what becomes of it, for whoever asked. The main thread makes it (with
 * a copy of what it needs of the configuration), the reader thread runs it in steps, the main thread takes what came of it.
 *
 * What has left is computed again of the devices that it was made of then; else of those of now.
 *
 * A plain one is for people: rows as summary_rows makes them, of all or of some places; nothing is to leave of it. */
#pragma once

#include "base/str.h"
#include "store/summary_reader.h"
#include "upstream/summary.h"

struct live;
struct history_reader;

enum summary_job_pass_kind { SUMMARY_JOB_STATES, SUMMARY_JOB_COUNTERS, SUMMARY_JOB_PASSES };

struct summary_job {
	struct summary_span span;
	bool plain, part; /* part: of a plain one: of what lies in scope alone */
	struct scope scope;
	json_t *rows;    /* as summary_left_show makes them; NULL: it failed, or was not run to its end */
	char **payloads; /* what is to leave now, were it to */
	size_t payload_count;
	char *departed; /* what has left then (summary_left.h) */
	char *made_of;  /* the devices that it is of (summary_devices.h) */
	bool partial;   /* the history could not be read: lifts are unknown */
	int error;
	struct str_buf why;

	char *state_path, *history_path;

	/* As far as it is. */
	struct summary_reader *reader;   /* of state.db */
	struct summary_reader_left left; /* what has left before */
	char *texts;                     /* of the devices, in one piece */
	struct summary_device *devices;
	struct summary_job_lift *lifts; /* the devices that are lifts */
	size_t device_count, lift_count;
	struct summary *summary;
	struct summary_job_pass {
		const char **names; /* "lift-1.in_service"; owned */
		struct summary_job_point *points;
		size_t count;
		struct history_reader *reader; /* of the points first … end - 1 */
		size_t first, end;
	} passes[SUMMARY_JOB_PASSES];
};

struct summary_job *summary_job_new(const struct live *l, const struct summary_span *span);
struct summary_job *summary_job_plain(const struct live *l, const struct summary_span *span, const struct scope *scope);
/* Any thread: a plain one of another span, of the configuration that the first one saw. */
struct summary_job *summary_job_next(const struct summary_job *j, const struct summary_span *span);
void summary_job_free(struct summary_job *j); /* before store_close, where it was run */
UTIL_DEFINE_CLEANUP(struct summary_job *, summary_job_free);
/* Reader thread: a part of it; true: there is more to do. */
bool summary_job_step(struct summary_job *j);
