#include "store/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32.h"
#include "base/mem.h"

static const char magic[8] = "ESTRING1";

/* As they stand in the file. */
struct head {
	char magic[8];
	uint64_t key, seq, released;
	int64_t min_ms, max_ms;
	uint32_t len; /* of the whole record */
	uint32_t slices, samples;
	uint32_t crc; /* of this with 0 here, and of the rows behind it */
};
struct row {
	uint32_t slice, offset, len, crc;
};
#define SLICES_MAX 65536
#define LENGTH_MAX ((size_t)1 << 28) /* what is behind that is not looked at */

/* ---- bytes ---- */

/* Of the last call on the file. Some file systems say EUCLEAN where they are damaged: to those above that would be the database. */
static int disk_errno(void)
{
	return errno == EUCLEAN ? -EIO : -errno;
}

static int read_all(int fd, void *to, size_t len, size_t offset)
{
	char *at = to;

	while (len > 0) {
		ssize_t got = pread(fd, at, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? disk_errno() : -EBADMSG;
		at += got;
		offset += (size_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const char *from, size_t len, size_t offset)
{
	while (len > 0) {
		ssize_t put = pwrite(fd, from, len, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? disk_errno() : -EIO;
		from += put;
		offset += (size_t)put;
		len -= (size_t)put;
	}
	return 0;
}

static uint32_t crc_of(struct head head, const struct row *rows)
{
	head.crc = 0;
	return crc32_add(crc32_add(0, &head, sizeof(head)), rows, head.slices * sizeof(*rows));
}

/* The record that stands there with its rows (the caller frees); -EBADMSG: none, or not whole. */
static int read_head(const struct ring *g, size_t offset, struct head *ret_head, struct row **ret_rows)
{
	_cleanup_(freep) struct row *rows = NULL;
	struct head head;
	int r = read_all(g->fd, &head, sizeof(head), offset);

	if (r < 0)
		return r;
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.key != g->key || head.len < sizeof(head) ||
	    head.len > g->size - offset || head.slices > SLICES_MAX ||
	    head.slices * sizeof(*rows) > head.len - sizeof(head))
		return -EBADMSG;
	rows = mem_array(head.slices + 1, sizeof(*rows));
	r = read_all(g->fd, rows, head.slices * sizeof(*rows), offset + sizeof(head));
	if (r < 0)
		return r;
	if (crc_of(head, rows) != head.crc)
		return -EBADMSG;
	*ret_head = head;
	*ret_rows = steal(&rows);
	return 0;
}

/* ---- open ---- */

static void add_record(struct ring *g, const struct head *head, size_t offset)
{
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		g->records = mem_realloc(g->records, g->room, sizeof(*g->records));
	}
	g->records[g->count++] = (struct ring_record){ .seq = head->seq,
						       .min_ms = head->min_ms,
						       .max_ms = head->max_ms,
						       .offset = (uint32_t)offset,
						       .len = head->len,
						       .slices = head->slices,
						       .samples = head->samples };
}

static size_t blocks(size_t bytes)
{
	return (bytes + RING_BLOCK - 1) / RING_BLOCK * RING_BLOCK;
}

static int compare_records(const void *a, const void *b)
{
	const struct ring_record *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

#define UNREADABLE_MAX 16 /* a disk that fails may take seconds to say so */

/* What stands there; a block that cannot be read has nothing. */
static int look_at(struct ring *g, size_t offset, struct head *ret_head, struct row **ret_rows)
{
	int r = read_head(g, offset, ret_head, ret_rows);

	return r == -EIO && ++g->unreadable <= UNREADABLE_MAX ? -EBADMSG : r;
}

/* A record whose release was not noted where the caller looks: the ones after it say so. */
static int find_released(struct ring *g)
{
	for (size_t offset = 0; offset + sizeof(struct head) <= g->size; offset += RING_BLOCK) {
		_cleanup_(freep) struct row *rows = NULL;
		struct head head;
		int r = look_at(g, offset, &head, &rows);

		if (r < 0 && r != -EBADMSG)
			return r;
		if (r == 0)
			g->released = MAX(g->released, head.released);
	}
	return 0;
}

/* What was never released is whole from its first byte to its last and can be stepped over; what is released may have
 * others written into it. */
static int scan(struct ring *g)
{
	size_t offset = 0;

	while (offset + sizeof(struct head) <= g->size) {
		_cleanup_(freep) struct row *rows = NULL;
		struct head head;
		int r = look_at(g, offset, &head, &rows);

		if (r < 0 && r != -EBADMSG)
			return r;
		if (r < 0 || head.seq <= g->released) {
			offset += RING_BLOCK;
			continue;
		}
		add_record(g, &head, offset);
		offset += blocks(head.len);
	}
	g->last_seq = MAX(g->released, g->last_seq);
	g->missing = g->last_seq - g->released;
	if (g->count == 0)
		return 0;
	qsort(g->records, g->count, sizeof(*g->records), compare_records);
	g->last_seq = MAX(g->last_seq, g->records[g->count - 1].seq);
	g->missing = g->last_seq - g->released - g->count;
	g->head = g->records[g->count - 1].offset + blocks(g->records[g->count - 1].len);
	return 0;
}

/* Zeros and not a hole: a hole is filled when it is written, on a disk that may be full by then. */
static int fill(int fd, size_t at, size_t size)
{
	static const char zeros[64 * 1024];
	int r = 0;

	while (r == 0 && at < size) {
		r = write_all(fd, zeros, MIN(sizeof(zeros), size - at), at);
		at += sizeof(zeros);
	}
	if (r == 0 && fsync(fd) < 0)
		r = disk_errno();
	return r;
}

static int open_file(const struct ring_setup *setup, struct ring *g)
{
	bool writes = setup->way == RING_WRITER;
	struct stat st;
	size_t had;
	int r;

	g->fd = open(setup->path, (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
	if (g->fd < 0 || fstat(g->fd, &st) < 0)
		return disk_errno();
	had = (size_t)MIN(st.st_size, (off_t)LENGTH_MAX) / RING_BLOCK * RING_BLOCK;
	g->size = writes ? MAX(had, setup->size ? setup->size : RING_SIZE) : had;
	if (had == g->size)
		return 0;
	/* New, or cut short: the power went while it was made, or somebody was at it. */
	r = fill(g->fd, had, g->size);
	if (r < 0 && had == 0)
		unlink(setup->path); /* what it takes is wanted elsewhere */
	return r;
}

int ring_open(const struct ring_setup *setup, struct ring **ret_ring)
{
	_cleanup_(ring_closep) struct ring *g = MEM_NEW(struct ring);
	int r;

	g->key = setup->key;
	g->released = setup->released;
	g->last_seq = setup->given;
	r = open_file(setup, g);
	/* A reader goes by the database that it has just read: what was released since still stands there. */
	if (r == 0 && setup->way == RING_WRITER)
		r = find_released(g);
	if (r == 0)
		r = scan(g);
	if (r < 0)
		return r;
	*ret_ring = steal(&g);
	return 0;
}

void ring_close(struct ring *g)
{
	if (!g)
		return;
	if (g->fd >= 0)
		close(g->fd);
	free(g->records);
	free(g);
}

/* ---- write ---- */

static bool overlaps(const struct ring *g, size_t offset, size_t len)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->records[i].offset < offset + len && offset < g->records[i].offset + blocks(g->records[i].len))
			return true;
	return false;
}

static int find_place(const struct ring *g, size_t len, size_t *ret_offset)
{
	size_t offset = g->head + len <= g->size ? g->head : 0;

	if (len > g->size)
		return -E2BIG;
	if (overlaps(g, offset, len))
		return -ENOSPC;
	*ret_offset = offset;
	return 0;
}

static size_t count_slices(const struct stage_item *items, size_t count)
{
	size_t slices = 0;

	for (size_t i = 0; i < count; i += stage_same_slice(&items[i], count - i))
		slices++;
	return slices;
}

/* Head and rows with room for what they will say, then the pieces. */
static void compose(const struct stage_item *items, struct head *head, struct str_buf *to)
{
	_cleanup_(freep) struct row *rows = mem_array(head->slices + 1, sizeof(*rows));
	size_t count = head->samples, same;

	str_buf_add_len(to, (const char *)head, sizeof(*head));
	str_buf_add_len(to, (const char *)rows, head->slices * sizeof(*rows));
	for (size_t i = 0, n = 0; i < count; i += same, n++) {
		size_t start = to->len;

		same = stage_same_slice(&items[i], count - i);
		stage_pack(&items[i], same, to);
		rows[n] = (struct row){ stage_slice(items[i].point), (uint32_t)start, (uint32_t)(to->len - start),
					crc32_add(0, to->text + start, to->len - start) };
	}
	head->len = (uint32_t)to->len;
	head->crc = crc_of(*head, rows);
	memcpy(to->text, head, sizeof(*head));
	memcpy(to->text + sizeof(*head), rows, head->slices * sizeof(*rows));
}

int ring_append(struct ring *g, struct stage_item *items, size_t count)
{
	_cleanup_str_buf_ struct str_buf bytes = { 0 };
	struct head head = {
		.key = g->key, .seq = g->last_seq + 1, .released = g->released, .min_ms = INT64_MAX, .max_ms = INT64_MIN
	};
	size_t offset;
	int r;

	stage_sort(items, count);
	memcpy(head.magic, magic, sizeof(magic));
	head.samples = (uint32_t)count;
	head.slices = (uint32_t)count_slices(items, count);
	for (size_t i = 0; i < count; i++) {
		head.min_ms = MIN(head.min_ms, items[i].sample.ts_ms);
		head.max_ms = MAX(head.max_ms, items[i].sample.ts_ms);
	}
	compose(items, &head, &bytes);
	r = find_place(g, blocks(bytes.len), &offset);
	if (r == 0)
		r = write_all(g->fd, bytes.text, bytes.len, offset);
	if (r == 0 && fdatasync(g->fd) < 0)
		r = disk_errno();
	if (r < 0)
		return r;
	add_record(g, &head, offset);
	g->last_seq = head.seq;
	g->head = offset + blocks(bytes.len);
	return 0;
}

int ring_wipe(struct ring *g, size_t offset, size_t len)
{
	static const char zeros[RING_BLOCK];
	int r = 0;

	for (size_t end = MIN(offset + len, g->size); r == 0 && offset + RING_BLOCK <= end; offset += RING_BLOCK)
		if (!overlaps(g, offset, RING_BLOCK))
			r = write_all(g->fd, zeros, RING_BLOCK, offset);
	return r == 0 && fdatasync(g->fd) < 0 ? disk_errno() : r;
}

void ring_release(struct ring *g, uint64_t up_to_seq)
{
	size_t gone = 0;

	while (gone < g->count && g->records[gone].seq <= up_to_seq)
		gone++;
	if (gone)
		memmove(g->records, g->records + gone, (g->count - gone) * sizeof(*g->records));
	g->count -= gone;
	g->released = MAX(g->released, up_to_seq);
	g->last_seq = MAX(g->last_seq, up_to_seq);
}

size_t ring_used(const struct ring *g)
{
	size_t used = 0;

	for (size_t i = 0; i < g->count; i++)
		used += blocks(g->records[i].len);
	return used;
}

/* ---- read ---- */

static int read_record(const struct ring *g, const struct ring_record *record, struct head *ret_head,
		       struct row **ret_rows)
{
	int r = read_head(g, record->offset, ret_head, ret_rows);

	if (r == 0 && ret_head->seq != record->seq) {
		free(steal(ret_rows));
		r = -EBADMSG; /* it was written over meanwhile */
	}
	return r;
}

/* The first row at or after that slice. */
static const struct row *find_row(const struct head *head, const struct row *rows, uint32_t slice)
{
	const struct row *row = rows;

	while (row < rows + head->slices && row->slice < slice)
		row++;
	return row < rows + head->slices ? row : NULL;
}

uint32_t ring_next_slice(const struct ring *g, const struct ring_record *record, uint32_t from)
{
	_cleanup_(freep) struct row *rows = NULL;
	const struct row *row = NULL;
	struct head head;

	if (read_record(g, record, &head, &rows) == 0)
		row = find_row(&head, rows, from);
	return row ? row->slice : UINT32_MAX;
}

int ring_slice(const struct ring *g, const struct ring_record *record, uint32_t slice, struct str_buf *ret_piece)
{
	_cleanup_(freep) struct row *rows = NULL;
	_cleanup_(freep) char *bytes = NULL;
	const struct row *row;
	struct head head;
	int r = read_record(g, record, &head, &rows);

	if (r < 0)
		return -EBADMSG;
	row = find_row(&head, rows, slice);
	if (!row || row->slice != slice)
		return 0;
	if (row->offset > head.len || row->len > head.len - row->offset)
		return -EBADMSG;
	bytes = mem_alloc(row->len + 1);
	r = read_all(g->fd, bytes, row->len, record->offset + row->offset);
	if (r < 0 || crc32_add(0, bytes, row->len) != row->crc)
		return -EBADMSG;
	str_buf_add_len(ret_piece, bytes, row->len);
	return 1;
}
