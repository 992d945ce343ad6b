#include "store/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/database.h"
#include "store/history.h"
#include "store/state.h"

#define HEADER_LEN     100
#define PAGE_SIZE_AT   16
#define VERSION_AT     60  /* four bytes, the highest first */
#define PROGRESS_STEPS 500 /* of SQLite's machine, between two looks at the clock */

const char *const inspect_files[] = { "state.db", "history.db", NULL };

size_t inspect_schema(size_t file)
{
	return file == 0 ? state_schema() : history_migrations.count;
}

/* 0 with the header in bytes; INSPECT_… other than good goes to the report. */
static int read_header(const char *path, struct inspect_report *report, struct str_buf *why)
{
	static const char magic[] = "SQLite format 3";
	unsigned char header[HEADER_LEN];
	unsigned page_size;
	struct stat st;
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = errno;

	if (fd < 0)
		return -error;
	len = pread(fd, header, sizeof(header), 0);
	error = errno;
	if (fstat(fd, &st) == 0)
		report->bytes = st.st_size;
	close(fd);
	if (len < 0)
		return -error;
	if (len == 0)
		return 0; /* begun and never written: SQLite takes it as new */
	page_size = len < HEADER_LEN ? 0 : (unsigned)header[PAGE_SIZE_AT] << 8 | header[PAGE_SIZE_AT + 1];
	page_size = page_size == 1 ? 65536 : page_size;
	if (len < HEADER_LEN || memcmp(header, magic, sizeof(magic)) != 0) {
		report->verdict = INSPECT_FOREIGN;
		str_buf_add(why, "its first bytes are not those of a database");
	} else if (page_size < 512 || page_size & (page_size - 1) || report->bytes % page_size) {
		report->verdict = INSPECT_DAMAGED;
		str_buf_printf(why, "its length of %lld bytes is no multiple of its page size %u",
			       (long long)report->bytes, page_size);
	} else {
		for (size_t i = 0; i < 4; i++)
			report->version = report->version << 8 | header[VERSION_AT + i];
	}
	return 0;
}

static bool has_wal(const char *path)
{
	_cleanup_str_buf_ struct str_buf wal = { 0 };
	struct stat st;

	str_buf_printf(&wal, "%s-wal", path);
	return stat(wal.text, &st) == 0 && st.st_size > 0;
}

static int is_late(void *context)
{
	return clock_mono_us() >= *(const int64_t *)context;
}

/* "file:PATH?immutable=1": no lock, no WAL, no shared memory. */
static sqlite3 *open_immutable(const char *path)
{
	_cleanup_str_buf_ struct str_buf uri = { 0 };
	sqlite3 *handle = NULL;

	str_buf_add(&uri, "file:");
	for (const char *c = path; *c; c++)
		if (strchr("?#%", *c))
			str_buf_printf(&uri, "%%%02x", (unsigned char)*c);
		else
			str_buf_add_len(&uri, c, 1);
	str_buf_add(&uri, "?immutable=1");
	if (sqlite3_open_v2(uri.text, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK)
		return handle;
	sqlite3_close(handle);
	return NULL;
}

static void check_pages(const char *path, int64_t deadline_us, struct inspect_report *report, struct str_buf *why)
{
	sqlite3 *handle = open_immutable(path);
	sqlite3_stmt *statement = NULL;
	const char *text;
	int rc;

	if (!handle) {
		report->verdict = INSPECT_DAMAGED;
		str_buf_add(why, "SQLite cannot open it");
		return;
	}
	sqlite3_progress_handler(handle, PROGRESS_STEPS, is_late, &deadline_us);
	rc = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (rc == SQLITE_INTERRUPT) {
		report->verdict = INSPECT_UNFINISHED;
	} else if (!text || strcmp(text, "ok") != 0) {
		report->verdict = INSPECT_DAMAGED;
		str_buf_add(why, text ? text : sqlite3_errmsg(handle));
	}
	sqlite3_finalize(statement);
	sqlite3_close(handle);
}

int inspect_database(const char *path, int64_t limit_us, struct inspect_report *ret_report, struct str_buf *why)
{
	struct inspect_report report = { .verdict = INSPECT_GOOD };
	int64_t deadline_us = clock_mono_us() + limit_us;
	int r = read_header(path, &report, why);

	if (r < 0)
		return r;
	/* Without its WAL a file in the middle of a checkpoint looks damaged; the next start puts the two together. */
	if (report.verdict == INSPECT_GOOD && has_wal(path))
		report.verdict = INSPECT_HEADER;
	else if (report.verdict == INSPECT_GOOD && report.bytes > 0)
		check_pages(path, deadline_us, &report, why);
	*ret_report = report;
	return 0;
}
