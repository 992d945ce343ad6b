#include "store/damaged.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define HEADER_LEN 100
#define PAGE_MIN   512
#define PAGE_MAX   65536
#define PAGES_AT   28 /* in the header: length in pages, first free page, how many, and for which change that holds */
#define FREE_AT    32
#define CHANGE_AT  24
#define VALID_AT   92
#define SIZE_AT    16

struct damaged {
	sqlite3_vfs vfs, *base;
	char name[32]; /* of the layer: one for each */
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real;
	unsigned char *page; /* shown instead of the first len bytes of the file */
	size_t len;
	sqlite3 *handle;
};

/* ---- the layer ---- */

/* Whose file it is: its methods stand in it. */
static struct damaged *of_file(sqlite3_file *f)
{
	return CONTAINER_OF(f->pMethods, struct damaged, methods);
}

static int read_over(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	struct damaged *d = of_file(f);
	int rc = d->real->xRead(f, to, len, at);

	if (at >= 0 && (size_t)at < d->len && (rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ))
		memcpy(to, d->page + at, MIN((size_t)len, d->len - (size_t)at));
	return rc;
}

static int refuse_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
	(void)f;
	(void)from;
	(void)len;
	(void)at;
	return SQLITE_READONLY;
}

static int refuse_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	(void)f;
	(void)size;
	return SQLITE_READONLY;
}

/* SQLite takes the WAL of an empty file away. */
static int refuse_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	(void)name;
	(void)sync;
	return SQLITE_OK;
}

/* The file and its WAL as SQLite opens them, but that the methods are ours. Its journal does not matter: ours have none. */
static int open_over(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct damaged *d = vfs->pAppData;
	int rc = d->base->xOpen(d->base, name, f, flags, ret_flags);

	if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB))
		return rc;
	d->real = f->pMethods;
	d->methods = *d->real;
	d->methods.iVersion = MIN(d->real->iVersion, 2); /* no mapping past the layer */
	d->methods.xRead = read_over;
	d->methods.xWrite = refuse_write;
	d->methods.xTruncate = refuse_truncate;
	f->pMethods = &d->methods;
	return SQLITE_OK;
}

static bool open_handle(struct damaged *d, const char *path)
{
	int rc;

	d->base = sqlite3_vfs_find(NULL);
	d->vfs = *d->base;
	d->vfs.pNext = NULL;
	snprintf(d->name, sizeof(d->name), "damaged-%p", (void *)d);
	d->vfs.zName = d->name;
	d->vfs.pAppData = d;
	d->vfs.xOpen = open_over;
	d->vfs.xDelete = refuse_delete;
	sqlite3_vfs_register(&d->vfs, 0);
	/* For writing, or its WAL would not be read where nobody has it open: at the end it is left as it is. */
	rc = sqlite3_open_v2(path, &d->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, d->name);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* A table that cannot be understood takes no other with it. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(d->handle, "PRAGMA writable_schema = ON", NULL, NULL, NULL);
	return rc == SQLITE_OK;
}

static void close_handle(struct damaged *d)
{
	sqlite3_close(steal(&d->handle));
	sqlite3_vfs_unregister(&d->vfs);
}

/* ---- the header ---- */

static void put_u32(unsigned char *at, uint32_t number)
{
	at[0] = (unsigned char)(number >> 24);
	at[1] = (unsigned char)(number >> 16);
	at[2] = (unsigned char)(number >> 8);
	at[3] = (unsigned char)number;
}

static bool read_first(const char *path, unsigned char *page, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool whole = fd >= 0 && pread(fd, page, len, 0) == (ssize_t)len;

	if (fd >= 0)
		close(fd);
	return whole;
}

static size_t page_size_of(const unsigned char *header)
{
	size_t size = (size_t)header[SIZE_AT] << 8 | header[SIZE_AT + 1];

	return size == 1 ? PAGE_MAX : size;
}

/* A page of a tree begins so: of an index, of a table; inner ones and leaves. */
static bool is_tree(unsigned char first)
{
	return first == 0x02 || first == 0x05 || first == 0x0a || first == 0x0d;
}

/* With pages of that size: the roots of how many tables are no pages of a tree? */
static size_t count_misses(struct damaged *d, const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	sqlite3_stmt *s = NULL;
	size_t misses = 0, roots = 0;

	sqlite3_prepare_v2(d->handle, "SELECT rootpage FROM sqlite_schema WHERE rootpage > 1", -1, &s, NULL);
	while (s && fd >= 0 && sqlite3_step(s) == SQLITE_ROW) {
		unsigned char first = 0;
		off_t at = (off_t)(sqlite3_column_int64(s, 0) - 1) * (off_t)size;

		roots++;
		misses += pread(fd, &first, 1, at) != 1 || !is_tree(first);
	}
	sqlite3_finalize(s);
	if (fd >= 0)
		close(fd);
	return roots ? misses : SIZE_MAX;
}

/* The first page of the new file, for a file of pages of that size. Where the tree on it is there still, only the header. */
static void shape_page(struct damaged *d, const char *path, size_t size)
{
	struct stat st = { 0 };

	stat(path, &st);
	d->page[SIZE_AT] = (unsigned char)(size == PAGE_MAX ? 0 : size >> 8);
	d->page[SIZE_AT + 1] = (unsigned char)(size == PAGE_MAX ? 1 : size);
	put_u32(d->page + PAGES_AT, (uint32_t)((uint64_t)st.st_size / size));
	put_u32(d->page + FREE_AT, 0);
	put_u32(d->page + FREE_AT + 4, 0);
	memcpy(d->page + VALID_AT, d->page + CHANGE_AT, 4);
}

/* An older file may have pages of another size than one that is made today. */
static void choose_size(struct damaged *d, const char *path, size_t made_size)
{
	const size_t sizes[] = { made_size, 4096, 1024, 16384 };
	size_t best = 0, least = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && least > 0; i++) {
		size_t misses = SIZE_MAX;

		shape_page(d, path, sizes[i]);
		if (open_handle(d, path))
			misses = count_misses(d, path, sizes[i]);
		close_handle(d);
		if (misses < least) {
			least = misses;
			best = i;
		}
	}
	shape_page(d, path, sizes[best]);
}

/* Where its header is none: that of the new file, with the old one's length. */
static void mend_header(struct damaged *d, const char *path, const char *made)
{
	unsigned char old[HEADER_LEN + 1];
	size_t size;

	d->page = mem_zalloc(PAGE_MAX);
	if (!read_first(path, old, sizeof(old)) || memcmp(old, "SQLite format 3", 16) == 0 ||
	    !read_first(made, d->page, HEADER_LEN))
		return;
	size = page_size_of(d->page);
	if (size < PAGE_MIN || size > PAGE_MAX || !read_first(made, d->page, size))
		return;
	if (is_tree(old[HEADER_LEN])) {
		d->len = HEADER_LEN;
		choose_size(d, path, size);
	} else {
		d->len = size;
		shape_page(d, path, size);
	}
}

/* ---- public ---- */

struct damaged *damaged_open(const char *path, const char *made)
{
	struct damaged *d = MEM_NEW(struct damaged);

	if (made)
		mend_header(d, path, made);
	if (open_handle(d, path))
		return d;
	damaged_close(d);
	return NULL;
}

void damaged_close(struct damaged *d)
{
	if (!d)
		return;
	close_handle(d);
	free(d->page);
	free(d);
}

sqlite3 *damaged_handle(const struct damaged *d)
{
	return d->handle;
}
