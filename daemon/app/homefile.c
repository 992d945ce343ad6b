#include "app/homefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "app/runfile.h"
#include "base/clock.h"
#include "base/crc32.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/place.h"

#define NAME      "homes"
#define MAGIC     "estated homes 1"
#define COPIES    2
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
	uint64_t number; /* the greater of two counts */
	char place[PLACE_PATH_MAX];
};

struct homefile {
	struct runfile run;
	struct head *head; /* its bytes; NULL: no file */
	size_t homes, block_len;
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
	return sizeof(struct head) + homes * COPIES * copy_len(block_len);
}

static struct copy *copy_at(void *head, size_t block_len, size_t at)
{
	return (struct copy *)((char *)head + sizeof(struct head) + at * copy_len(block_len));
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

void homefile_put(struct homefile *f, size_t index, const struct homefile_block *b)
{
	struct copy *one, *other;

	if (!f->head || index >= f->homes || b->len != f->block_len)
		return;
	one = copy_at(f->head, f->block_len, index * COPIES);
	other = copy_at(f->head, f->block_len, index * COPIES + 1);
	if (one->number > other->number) {
		struct copy *newer = one;

		one = other;
		other = newer;
	}
	one->number = other->number + 1;
	snprintf(one->place, sizeof(one->place), "%s", b->place);
	memcpy(one + 1, b->bytes, b->len);
	one->crc = crc_of(one, b->len);
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

/* The newest whole copy; NULL: there is none. */
static const struct copy *newest(struct head *h, size_t index)
{
	const struct copy *best = NULL;

	for (size_t i = 0; i < COPIES; i++) {
		const struct copy *c = copy_at(h, h->block_len, index * COPIES + i);

		if (c->crc == crc_of(c, h->block_len) && memchr(c->place, '\0', sizeof(c->place)) &&
		    (!best || c->number > best->number))
			best = c;
	}
	return best;
}

static void read_all(struct head *h, const struct homefile_reader *reader)
{
	for (size_t i = 0; i < h->homes; i++) {
		const struct copy *c = newest(h, i);

		if (c)
			reader->home(reader->context, &(struct homefile_block){ c->place, c + 1, h->block_len },
				     h->alive_us);
	}
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
