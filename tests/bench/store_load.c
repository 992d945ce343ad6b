/* store_load.c: the same samples of a thousand points at 1 Hz into the history, or into one row a sample, as fast as the disk
 * takes them. What reached the block device is measured by whoever runs it: tests/bench/store.py.
 *
 *   store_load DIR ours|rows|batches HOURS [POINTS]    prints samples, seconds, bytes of the files
 *   store_load DIR rrd HOURS [POINTS]                  prints what "rrdtool -" is to be told, for files in DIR
 *
 * ours is the daemon's own recorder in virtual time, a turn a second; rows is a row and an index entry a sample, committed every
 * second; batches is one B-tree in order of time, committed every ten seconds. */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/history_mend.h"
#include "store/recorder.h"

#define START_US ((int64_t)1795287600 * S) /* an hour begins */

/* ---- samples like those of an estate: the same ones in every run ---- */

struct load {
	size_t points;
	double *now;
	uint64_t seed;
};

static double some(struct load *l)
{
	l->seed = l->seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(l->seed >> 33) / 2147483648.0;
}

/* What a point shows in that second, ten kinds of them: temperatures, pressures, counters, currents, switches, floats. */
static double value_of(struct load *l, size_t point, int64_t second)
{
	double *now = &l->now[point];

	switch (point % 10) {
	case 0:
	case 1: *now += some(l) < 0.1 ? (some(l) < 0.5 ? -1 : 1) : 0; return (200 + *now) / 10;
	case 2:
	case 3: return round(400 + 8 * (some(l) + some(l) + some(l) - 1.5)) / 1000;
	case 4: *now += some(l) < 0.3; return 100000 + *now;
	case 5: return round((5 + 3 * sin((double)(second + (int64_t)point * 60) / 300) + some(l) * 0.2) * 100) / 100;
	case 6: return (double)((second + (int64_t)point * 37) / 240 % 2);
	case 7: *now += some(l) < 0.02 ? 1 : 0; return fmod(*now, 33);
	case 8: return (double)(float)(230 + 0.25 * round(8 * (some(l) - 0.5)));
	default: return 2200 + round(20 * (some(l) - 0.5));
	}
}

/* ---- ours ---- */

static struct history_names *names_of(size_t points)
{
	struct history_names *n = MEM_NEW(struct history_names);
	struct str_buf text = { 0 };
	char *at;

	for (size_t i = 0; i < points; i++) {
		str_buf_printf(&text, "device-%zu.point-%zu", i / 20, i % 20);
		str_buf_add_len(&text, "", 1);
	}
	n->count = points;
	n->names = mem_array(points, sizeof(*n->names));
	at = n->text = str_buf_take(&text);
	for (size_t i = 0; i < points; i++, at += strlen(at) + 1)
		n->names[i] = at;
	return n;
}

static int run_ours(struct load *l, const char *dir, int64_t seconds)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, what = { 0 };
	struct store_counters counters = { 0 };
	struct queue *samples = queue_new(sizeof(struct recorder_item), 2 * l->points + 16);
	struct recorder_setup setup = { .samples = samples, .counters = &counters };
	struct recorder_item item = { .names = names_of(l->points) };
	struct clock_now now = { HOUR, START_US };
	struct recorder *r;

	str_buf_printf(&path, "%s/history.db", dir);
	setup.path = path.text;
	if (history_mend_open(path.text, HISTORY_MEND_NEEDED, &setup.history, &what) < 0) {
		fprintf(stderr, "store_load: %s\n", str_buf_text(&what));
		return 1;
	}
	r = recorder_new(&setup);
	queue_push(samples, &item);
	for (int64_t second = 0; second < seconds; second++) {
		for (size_t i = 0; i < l->points; i++) {
			/* Twenty points are read in one request and have its time. */
			int64_t at_us = now.wall_us + (int64_t)(i / 20 * 7 + (uint64_t)second * (i / 20) % 5) * MS;

			item = (struct recorder_item){ .sample = { .ts_ms = at_us / MS,
								   .point = (uint32_t)i,
								   .type = i % 10 == 6 ? VALUE_BOOL : VALUE_NUMBER,
								   .number = value_of(l, i, second) } };
			queue_push(samples, &item);
		}
		now.mono_us += S;
		now.wall_us += S;
		do
			recorder_work(r, now);
		while (recorder_due(r) == 0);
	}
	recorder_free(r);
	queue_free(samples);
	printf("kept %" PRIu64 "\n", (uint64_t)counters.history_rows);
	return counters.history_dropped ? 1 : 0;
}

/* ---- a row a sample ---- */

static const char rows_schema[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				  "CREATE TABLE sample (id INTEGER PRIMARY KEY, ts INTEGER, point INTEGER, value REAL);"
				  "CREATE INDEX by_point ON sample (point, ts);";
static const char batches_schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	"CREATE TABLE sample (ts INTEGER, point INTEGER, value REAL, PRIMARY KEY (ts, point))"
	" WITHOUT ROWID;";

static int run_rows(struct load *l, const char *dir, int64_t seconds, int64_t batch)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;

	str_buf_printf(&path, "%s/rows.db", dir);
	if (sqlite3_open(path.text, &db) != SQLITE_OK ||
	    sqlite3_exec(db, batch > 1 ? batches_schema : rows_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "INSERT INTO sample (ts, point, value) VALUES (?,?,?)", -1, &s, NULL) != SQLITE_OK)
		return 1;
	for (int64_t second = 0; second < seconds; second++) {
		if (second % batch == 0)
			sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		for (size_t i = 0; i < l->points; i++) {
			sqlite3_bind_int64(s, 1, START_US / MS + second * 1000 + (int64_t)(i / 20 * 7));
			sqlite3_bind_int64(s, 2, (int64_t)i);
			sqlite3_bind_double(s, 3, value_of(l, i, second));
			if (sqlite3_step(s) != SQLITE_DONE)
				return 1;
			sqlite3_reset(s);
		}
		if (second % batch == batch - 1 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			return 1;
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	return 0;
}

/* ---- rrdtool ---- */

static double *minute_of(struct load *l, int64_t second)
{
	double *values = mem_array(l->points * 60, sizeof(*values));

	for (int64_t s = 0; s < 60; s++)
		for (size_t i = 0; i < l->points; i++)
			values[i * 60 + (size_t)s] = value_of(l, i, second + s);
	return values;
}

/* A file a point, told once a minute what came (as collectd does it); "sync" between two minutes is for whoever passes it on. */
static int run_rrd(struct load *l, const char *dir, int64_t seconds)
{
	int64_t start = START_US / S;

	for (size_t i = 0; i < l->points; i++)
		printf("create %s/p%zu.rrd --start %" PRId64 " --step 1 DS:v:GAUGE:2:U:U RRA:LAST:0.5:1:%" PRId64 "\n",
		       dir, i, start - 1, seconds);
	printf("sync\n");
	for (int64_t second = 0; second + 60 <= seconds; second += 60) {
		double *values = minute_of(l, second);

		for (size_t i = 0; i < l->points; i++) {
			printf("update %s/p%zu.rrd", dir, i);
			for (int64_t s = 0; s < 60; s++)
				printf(" %" PRId64 ":%.10g", start + second + s, values[i * 60 + (size_t)s]);
			printf("\n");
		}
		printf("sync\n");
		free(values);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct load l = { .points = 1000, .seed = 42 };
	int64_t seconds = 0, points = 1000, began_us = clock_mono_us();
	double hours = 0;
	int r = 1;

	if (argc < 4 || str_to_double(argv[3], &hours) < 0 || (argc > 4 && str_to_i64(argv[4], &points) < 0))
		return 2;
	clock_begin();
	seconds = (int64_t)(hours * 3600);
	l.points = (size_t)points;
	l.now = mem_array(l.points, sizeof(*l.now));
	if (str_equal(argv[2], "rrd"))
		r = run_rrd(&l, argv[1], seconds);
	else if (str_equal(argv[2], "ours"))
		r = run_ours(&l, argv[1], seconds);
	else
		r = run_rows(&l, argv[1], seconds, str_equal(argv[2], "rows") ? 1 : 10);
	if (!str_equal(argv[2], "rrd"))
		printf("samples %" PRId64 "\nseconds %.2f\n", seconds * points,
		       (double)(clock_mono_us() - began_us) / (double)S);
	free(l.now);
	return r;
}
