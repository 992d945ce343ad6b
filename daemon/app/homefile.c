#include "app/homefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/runfile.h"
#include "base/clock.h"
#include "base/crc32.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/place.h"

#define NAME      "homes"
#define MAGIC     "estated homes 2"
#define HOMES_MAX 100000
#define BLOCK_MAX ((size_t)64 * 1024)

struct head {
	char magic[16];
	char boot[40];
	uint64_t homes, block_len;
	int64_t alive_us; /* monotonic */
};

/* Its block follows it. */
struct copy {
	uint32_t crc; /* of all behind it, block and all; 0 in a copy that was never written */
	uint32_t unused;
	uint64_t number; /* of one slot and the draft the greater counts */
	char place[PLACE_PATH_MAX];
};

struct homefile {
	struct runfile run;
	struct head *head; /* its bytes; NULL: no file */
	size_t homes, block_len;
	uint64_t number; /* of the last write */
};

static void give_up(const char *path, int error)
{
	log_warning("%s: %s: after a restart dwellings are known as they were an hour before at most", path,
		    strerror(error));
}

/* So that times within it are aligned. */
static size_t copy_len(size_t block_len)
{
	return sizeof(struct copy) + (block_len + 7) / 8 * 8;
}

static size_t file_len(size_t homes, size_t block_len)
{
	return sizeof(struct head) + (1 + homes) * copy_len(block_len);
}

static struct copy *draft_of(void *head)
{
	return (struct copy *)((char *)head + sizeof(struct head));
}

static struct copy *copy_at(void *head, size_t block_len, size_t slot)
{
	return (struct copy *)((char *)draft_of(head) + (1 + slot) * copy_len(block_len));
}

static uint32_t crc_of(const struct copy *c, size_t block_len)
{
	uint32_t crc = crc32_add(0, &c->number, sizeof(*c) - offsetof(struct copy, number) + block_len);

	return crc ? crc : 1;
}

struct homefile *homefile_prepare(const char *dir, size_t homes, size_t block_len)
{
	struct homefile *f = MEM_NEW(struct homefile);
	int r = runfile_prepare(&f->run, dir, NAME, homes ? file_len(homes, block_len) : 0);

	if (r < 0)
		give_up(f->run.path, -r);
	f->head = f->run.bytes;
	f->homes = homes;
	f->block_len = block_len;
	if (!f->head)
		return f;
	memcpy(f->head->magic, MAGIC, sizeof(MAGIC));
	snprintf(f->head->boot, sizeof(f->head->boot), "%s", clock_boot_id());
	f->head->homes = homes;
	f->head->block_len = block_len;
	return f;
}

void homefile_free(struct homefile *f)
{
	if (!f)
		return;
	runfile_fini(&f->run);
	free(f);
}

void homefile_place(struct homefile *f)
{
	int r = runfile_place(&f->run);

	if (r < 0)
		give_up(f->run.path, -r);
}

static void write_copy(struct homefile *f, struct copy *to, const struct homefile_block *b)
{
	to->number = f->number;
	snprintf(to->place, sizeof(to->place), "%s", b->place);
	memcpy(to + 1, b->bytes, b->len);
	to->crc = crc_of(to, b->len);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* no part of the next one is written before all of this one */
}

/* The mapping is shared: what was written there stays. */
static void give_back(const struct copy *c, size_t block_len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)c / page * page;

	madvise((void *)from, (uintptr_t)c + copy_len(block_len) - from, MADV_DONTNEED);
}

void homefile_put(struct homefile *f, size_t slot, const struct homefile_block *b)
{
	struct copy *to;

	if (!f->head || slot >= f->homes || b->len != f->block_len)
		return;
	to = copy_at(f->head, f->block_len, slot);
	f->number++;
	write_copy(f, draft_of(f->head), b);
	write_copy(f, to, b);
	give_back(to, f->block_len);
}

void homefile_clear(struct homefile *f, size_t slot)
{
	struct copy *to;

	if (!f->head || slot >= f->homes)
		return;
	to = copy_at(f->head, f->block_len, slot);
	if (strcmp(draft_of(f->head)->place, to->place) == 0)
		memset(draft_of(f->head), 0, copy_len(f->block_len));
	memset(to, 0, copy_len(f->block_len));
	give_back(to, f->block_len);
}

void homefile_alive(struct homefile *f, int64_t mono_us)
{
	if (f->head)
		f->head->alive_us = mono_us;
}

/* ---- what the process before left ---- */

/* Whole, of this boot, and as long as it says. */
static bool is_ours(const struct head *h, size_t len)
{
	return len >= sizeof(*h) && memcmp(h->magic, MAGIC, sizeof(MAGIC)) == 0 &&
	       strncmp(h->boot, clock_boot_id(), sizeof(h->boot)) == 0 && h->homes <= HOMES_MAX &&
	       h->block_len <= BLOCK_MAX && len == file_len(h->homes, h->block_len);
}

static bool is_whole(const struct copy *c, size_t block_len)
{
	return c->crc == crc_of(c, block_len) && memchr(c->place, '\0', sizeof(c->place));
}

static void tell(const struct head *h, const struct copy *c, const struct homefile_reader *reader)
{
	reader->home(reader->context, &(struct homefile_block){ c->place, c + 1, h->block_len }, h->alive_us);
}

static void read_all(struct head *h, const struct homefile_reader *reader)
{
	const struct copy *draft = draft_of(h);
	bool newer = is_whole(draft, h->block_len); /* than the slot of that place */

	for (size_t i = 0; i < h->homes; i++) {
		const struct copy *c = copy_at(h, h->block_len, i);

		if (!is_whole(c, h->block_len))
			continue;
		if (newer && c->number >= draft->number && str_equal(c->place, draft->place))
			newer = false;
		tell(h, c, reader);
	}
	if (newer)
		tell(h, draft, reader);
}

void homefile_recall(const char *dir, const struct homefile_reader *reader)
{
	_cleanup_(freep) char *path = runfile_path(dir, NAME, "");
	_cleanup_(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct head))
		return;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return;
	if (is_ours(bytes, (size_t)st.st_size))
		read_all(bytes, reader);
	else
		log_info("%s: of another boot or version: what state.db has of the dwellings counts", path);
	munmap(bytes, (size_t)st.st_size);
}
