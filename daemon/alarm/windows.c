#include "alarm/windows.h"

#include <errno.h>
#include <string.h>

#include "alarm/cell.h"
#include "alarm/watcher.h"
#include "alarm/window.h"
#include "base/mem.h"
#include "base/str.h"

#define MAGIC     "estawind" /* eight bytes, without an end */
#define FNV_BASIS 14695981039346656037u
#define FNV_PRIME 1099511628211u

/* alive_us changes all the time; the rest is sealed once. */
struct header {
	char magic[8];
	uint64_t version, len;
	char boot[40];
	uint64_t sum;
	int64_t alive_us;
};

/* ---- all memories, one after another ---- */

/* Where one of them is: walk{} is before the first. */
struct walk {
	size_t position; /* of the watcher */
	const struct watcher *watcher;
	int part; /* of its three expressions */
	size_t i; /* the next one of it */
	struct expr_binding *binding;
	struct expr_memory memory;
};

static struct expr_binding *part_of(const struct watcher *w, int part)
{
	return part == 0 ? w->binding : part == 1 ? w->excuse : w->mirror;
}

static bool next_memory(const struct evaluator *e, struct walk *w)
{
	for (;;) {
		if (!w->watcher || ++w->part > 2) {
			w->watcher = evaluator_next_watcher(e, &w->position);
			w->part = 0;
		}
		if (!w->watcher)
			return false;
		w->i = 0;
		w->binding = part_of(w->watcher, w->part);
		if (w->binding && expr_binding_memories(w->binding))
			return true;
	}
}

/* The next memory, and whose it is. */
static bool next(const struct evaluator *e, struct walk *w)
{
	if ((!w->binding || ++w->i == expr_binding_memories(w->binding)) && !next_memory(e, w))
		return false;
	w->memory = expr_binding_memory(w->binding, w->i);
	return true;
}

static uint64_t hash(uint64_t so_far, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		so_far = (so_far ^ at[i]) * FNV_PRIME;
	return so_far;
}

static uint64_t key_of(const struct walk *w)
{
	const char which[2] = { (char)('0' + w->part), w->memory.kind };
	uint64_t key = hash(FNV_BASIS, w->watcher->id, strlen(w->watcher->id) + 1);

	key = hash(key, which, sizeof(which));
	key = hash(key, w->memory.point, strlen(w->memory.point) + 1);
	return hash(key, &w->memory.span_us, sizeof(w->memory.span_us));
}

/* ---- writing ---- */

size_t windows_bytes(const struct evaluator *e)
{
	size_t len = sizeof(struct header);

	for (struct walk w = { 0 }; next(e, &w);) {
		size_t size = cell_size(w.memory.room);

		if (len + size <= WINDOWS_BYTES_MAX)
			len += size;
	}
	return len > sizeof(struct header) ? len : 0;
}

static uint64_t sum_of(const struct header *h)
{
	return cell_sum(h, offsetof(struct header, sum), WINDOWS_VERSION);
}

static void write_header(const struct windows_block *to, int64_t now_us)
{
	struct header *h = to->bytes;

	*h = (struct header){ .version = WINDOWS_VERSION, .len = to->len, .alive_us = now_us };
	memcpy(h->magic, MAGIC, sizeof(h->magic));
	strncpy(h->boot, to->boot, sizeof(h->boot) - 1);
	h->sum = sum_of(h);
}

size_t windows_place(struct evaluator *e, const struct windows_block *to, int64_t now_us)
{
	size_t at = sizeof(struct header), homeless = 0;

	for (struct walk w = { 0 }; next(e, &w);) {
		size_t size = cell_size(w.memory.room);
		struct cell *cell = to && at + size <= to->len ? (struct cell *)((char *)to->bytes + at) : NULL;

		if (cell) {
			cell->key = key_of(&w);
			cell->room = (uint32_t)(size - sizeof(*cell));
			at += size;
		}
		homeless += !cell;
		expr_binding_place(w.binding, w.i, cell);
	}
	if (to && to->len >= sizeof(struct header))
		write_header(to, now_us);
	evaluator_set_alive(e, to && to->len >= sizeof(struct header) ? &((struct header *)to->bytes)->alive_us : NULL);
	return homeless;
}

/* ---- reading ---- */

/* The cells of a block by their keys. Open addressing: there are about half as many as there is room for. */
struct index {
	const struct cell **cells;
	size_t room; /* a power of two */
	size_t damaged;
};

static void put(struct index *x, const struct cell *cell)
{
	size_t at = cell->key & (x->room - 1);

	while (x->cells[at] && x->cells[at]->key != cell->key)
		at = (at + 1) & (x->room - 1);
	x->cells[at] = cell;
}

static const struct cell *find(const struct index *x, uint64_t key)
{
	size_t at = key & (x->room - 1);

	while (x->cells[at] && x->cells[at]->key != key)
		at = (at + 1) & (x->room - 1);
	return x->cells[at];
}

/* The cell there, or NULL: the block ends, or says nonsense about where it goes on. */
static const struct cell *cell_at(const struct windows_block *b, size_t at)
{
	const struct cell *cell = (const struct cell *)((const char *)b->bytes + at);

	if (at + sizeof(*cell) > b->len || cell->room % 8 || cell->room > b->len - at - sizeof(*cell))
		return NULL;
	return cell;
}

static size_t count_cells(const struct windows_block *b)
{
	const struct cell *cell;
	size_t count = 0;

	for (size_t at = sizeof(struct header); (cell = cell_at(b, at)); at += cell_size(cell->room))
		count++;
	return count;
}

static void read_cells(const struct windows_block *b, struct index *ret_index)
{
	struct index x = { .room = 64 };
	size_t count = count_cells(b), at = sizeof(struct header);
	const struct cell *cell;

	while (x.room < 2 * count)
		x.room *= 2;
	x.cells = mem_array(x.room, sizeof(*x.cells));
	for (; (cell = cell_at(b, at)); at += cell_size(cell->room)) {
		if (cell->len == 0)
			continue;
		if (cell_whole(cell))
			put(&x, cell);
		else
			x.damaged++;
	}
	x.damaged += at < b->len;
	*ret_index = x;
}

static int check_header(const struct windows_block *b, int64_t now_us)
{
	const struct header *h = b->bytes;

	if (b->len == 0)
		return -ENOENT;
	if (b->len < sizeof(*h) || memcmp(h->magic, MAGIC, sizeof(h->magic)) != 0)
		return -EBADMSG;
	if (h->version != WINDOWS_VERSION)
		return -EPROTO;
	if (h->sum != sum_of(h) || h->len != b->len)
		return -EBADMSG;
	if (!*b->boot || strncmp(h->boot, b->boot, sizeof(h->boot)) != 0)
		return -ENOENT;
	return h->alive_us < 0 || h->alive_us > now_us ? -EBADMSG : 0;
}

int windows_recall(struct evaluator *e, const struct windows_block *from, int64_t now_us,
		   struct windows_counts *ret_counts)
{
	struct windows_counts counts = { 0 };
	struct index x;
	int64_t left_us;
	int r = check_header(from, now_us);

	if (r < 0)
		return r;
	left_us = ((const struct header *)from->bytes)->alive_us;
	read_cells(from, &x);
	for (struct walk w = { 0 }; next(e, &w);) {
		const struct cell *cell = find(&x, key_of(&w));

		/* What happened to an event meanwhile is not in its age. */
		if (!cell || (w.memory.kind == 'a' && now_us - left_us > WINDOW_BELIEVED))
			continue;
		if (expr_binding_recall(w.binding, w.i, cell, left_us) == 0)
			counts.recalled++;
		else
			x.damaged++;
	}
	evaluator_recalled(e, now_us);
	counts.damaged = x.damaged;
	free(x.cells);
	*ret_counts = counts;
	return 0;
}
