#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/tree.h"
#include "store/database.h"
#include "store/history_mend.h"
#include "store/inspect.h"
#include "store/rescue.h"
#include "store/snapshot.h"

#define FOLDER "backup"

/* What stays free for alarms, whatever happens here. */
#define RESERVE ((int64_t)32 * 1024 * 1024)

#define RESCUE_LIMIT (15 * MINUTE)
#define TURN         (50 * MS)

/* clang-format off */
/* Neither copied nor set aside: of one machine, of one life of the daemon, or done with. A name that ends in '*' stands for all
 * that begin so. */
static const char *const not_kept[] = {
	"lock", "ballast", FOLDER, "restore.new", "before-restore-*", "state.db.damaged-*", "history.db.damaged-*",
	"history.ring.damaged-*", NULL
};
static const char *const databases[] = { "state.db", "history.db" };
/* clang-format on */

enum step { STEP_FILES, STEP_STATE, STEP_HISTORY, STEPS };
static const char *const step_names[STEPS] = { "files", "state.db", "history.db" };

/* How it ended, on its way to the main thread. */
struct ending {
	int error;
	char *text, *damaged; /* owned by whoever has it */
	int schemas[ARRAY_SIZE(databases)];
};

struct backup {
	struct thread *thread;
	struct queue *endings; /* one; then closed, when the thread has nothing more to do */
	struct queue *wanted;  /* never an item: closed when the copies are not wanted any more */
	bool ended;
	struct ending ending;
	char *state_dir, *folder;
	atomic_bool stop;
	int64_t worked_us; /* of the thread: since it rested last */
	atomic_llong done, total;
	atomic_uint step;
};

bool backup_is_kept(const char *name)
{
	for (const char *const *w = not_kept; *w; w++) {
		size_t len = strlen(*w);

		if ((*w)[len - 1] == '*' ? strncmp(name, *w, len - 1) == 0 : str_equal(name, *w))
			return false;
	}
	return true;
}

/* The databases have their own way, and with them their WALs and what is made of damaged ones. */
static bool is_plain(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		if (str_starts(name, databases[i]))
			return false;
	return backup_is_kept(name);
}

static char *path_in(const char *folder, const char *name, const char *suffix)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s%s", folder, name, suffix);
	return str_buf_take(&path);
}

void backup_sweep(const char *state_dir)
{
	_cleanup_(freep) char *folder = path_in(state_dir, FOLDER, "");

	tree_remove(folder); /* failing: the next one says so */
}

/* ---- room ---- */

static int64_t size_of(const char *folder, const char *name, const char *suffix)
{
	_cleanup_(freep) char *path = path_in(folder, name, suffix);
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static int64_t free_bytes(const char *folder)
{
	struct statvfs room;

	return statvfs(folder, &room) == 0 ? (int64_t)(room.f_bavail * room.f_frsize) : INT64_MAX;
}

/* Of the databases as they may become; the other files are small, or holes for the most part. */
static int64_t sum_databases(const char *state_dir)
{
	int64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		sum += size_of(state_dir, databases[i], "") + size_of(state_dir, databases[i], "-wal");
	return sum;
}

static int check_room(const struct backup *b, struct str_buf *why)
{
	int64_t has = free_bytes(b->state_dir);

	int64_t total = atomic_load(&b->total);

	if (has >= total + RESERVE)
		return 0;
	str_buf_printf(why,
		       "%lld MiB are free at %s, expected %lld for the copies and %d that stay for alarms: free some "
		       "('du -xh %s | sort -h | tail'), or keep less history (history.keep)",
		       (long long)(has >> 20), b->state_dir, (long long)((total >> 20) + 1), (int)(RESERVE >> 20),
		       b->state_dir);
	return -ENOSPC;
}

/* ---- on the backup's thread ---- */

static int copy_file(struct backup *b, const struct tree_file *f, struct str_buf *why)
{
	_cleanup_(freep) char *from = path_in(b->state_dir, f->name, ""), *to = path_in(b->folder, f->name, "");
	int r = atomic_load(&b->stop) ? -ECANCELED : tree_make_above(to, strlen(b->folder), 0700);

	if (r == 0)
		r = tree_copy(from, to, 0600);
	if (r == -ENOENT)
		return 0; /* it has gone since it was listed */
	if (r < 0)
		str_buf_printf(why, "%s cannot be copied: %s", from, strerror(-r));
	return r;
}

static int copy_files(struct backup *b, struct str_buf *why)
{
	_cleanup_(tree_fini) struct tree files = { 0 };
	int r = tree_list(b->state_dir, &(struct tree_wish){ .wanted = is_plain }, &files);

	if (r < 0)
		str_buf_printf(why, "%s cannot be read: %s", b->state_dir, strerror(-r));
	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = copy_file(b, &files.files[i], why);
	return r;
}

/* Between two steps of the copying: how far it is, and whether it may go on. */
static int watch_copy(void *context, int64_t bytes)
{
	struct backup *b = context;

	atomic_store(&b->done, bytes);
	if (atomic_load(&b->stop))
		return -ECANCELED;
	return free_bytes(b->state_dir) < RESERVE ? -ENOSPC : 0;
}

/* The same where rows are copied one by one: the disk and the processor are others' half of the time. */
static int watch_rows(void *context)
{
	struct backup *b = context;
	int64_t now_us = clock_mono_us();

	if (now_us - b->worked_us >= TURN) {
		clock_poll(-1, 0, now_us + TURN);
		b->worked_us = clock_mono_us();
	}
	return watch_copy(b, atomic_load(&b->done));
}

/* What is whole of a database that is damaged. */
static int rescue_database(struct backup *b, size_t i, struct ending *ending, struct str_buf *damaged)
{
	_cleanup_(freep) char *from = path_in(b->state_dir, databases[i], ""),
			      *to = path_in(b->folder, databases[i], "");
	struct rescue state = { .source = RESCUE_OPEN,
				.damaged = from,
				.made = to,
				.limit_us = RESCUE_LIMIT,
				.watch = watch_rows,
				.context = b };
	struct salvage_job history = { .path = from, .limit_us = RESCUE_LIMIT, .watch = watch_rows, .context = b };
	int r;

	b->worked_us = clock_mono_us();
	str_buf_printf(damaged, "%s%s is damaged", damaged->len ? "; " : "", databases[i]);
	r = i == 0 ? rescue_run(&state, damaged) : history_mend_copy(&history, to, damaged);
	ending->schemas[i] = (int)inspect_schema(i);
	return r;
}

static int copy_database(struct backup *b, size_t i, struct ending *ending, struct str_buf *why)
{
	_cleanup_(freep) char *from = path_in(b->state_dir, databases[i], ""),
			      *to = path_in(b->folder, databases[i], "");
	struct snapshot_job job = {
		.from = from, .to = to, .base = atomic_load(&b->done), .context = b, .watch = watch_copy
	};
	int r;

	atomic_store(&b->step, STEP_STATE + (unsigned)i);
	r = snapshot_make(&job, &ending->schemas[i], why);
	if (r == -EUCLEAN || (r == -EIO && !atomic_load(&b->stop))) {
		struct str_buf damaged = { 0 };

		str_buf_add(&damaged, ending->damaged ? ending->damaged : "");
		r = rescue_database(b, i, ending, &damaged);
		free(ending->damaged);
		ending->damaged = str_buf_take(&damaged);
		if (r == 0)
			str_buf_clear(why);
	}
	if (r == -ENOENT)
		return 0; /* no history was ever kept */
	if (r == -ENOSPC && free_bytes(b->state_dir) < RESERVE) {
		str_buf_clear(why);
		str_buf_printf(why, "the disk of %s has become too full for it: free some, then try again",
			       b->state_dir);
	}
	return r;
}

static int copy_all(struct backup *b, struct ending *ending, struct str_buf *why)
{
	int r;

	backup_sweep(b->state_dir);
	atomic_store(&b->total, sum_databases(b->state_dir));
	r = check_room(b, why);
	if (r == 0 && mkdir(b->folder, 0700) < 0) {
		r = -errno;
		str_buf_printf(why, "%s cannot be made: %s", b->folder, strerror(-r));
	}
	if (r == 0)
		r = copy_files(b, why);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(databases); i++)
		r = copy_database(b, i, ending, why);
	return r;
}

static void backup_main(void *arg)
{
	struct backup *b = arg;
	struct str_buf why = { 0 };
	struct ending ending = { 0 };

	ending.error = copy_all(b, &ending, &why);
	if (ending.error < 0)
		tree_remove(b->folder); /* its room is wanted elsewhere */
	ending.text = str_buf_take(&why);
	queue_push(b->endings, &ending);
	while (!queue_closed(b->wanted))
		queue_pop_wait(b->wanted, &(char){ 0 }, clock_mono_us() + HOUR);
	tree_remove(b->folder);
	queue_close(b->endings);
}

/* ---- on the main thread ---- */

int backup_start(const char *state_dir, struct backup **ret_backup)
{
	_cleanup_(backup_freep) struct backup *b = MEM_NEW(struct backup);
	int r;

	b->endings = queue_new(sizeof(struct ending), 1);
	b->wanted = queue_new(1, 1);
	b->state_dir = mem_strdup(state_dir);
	b->folder = path_in(b->state_dir, FOLDER, "");
	r = thread_start("backup", backup_main, b, &b->thread);
	if (r < 0)
		return r;
	*ret_backup = steal(&b);
	return 0;
}

static void take_ending(struct backup *b)
{
	b->ended = b->ended || queue_pop(b->endings, &b->ending);
}

void backup_stop(struct backup *b)
{
	atomic_store(&b->stop, true);
	queue_close(b->wanted);
}

bool backup_is_gone(struct backup *b)
{
	take_ending(b);
	return b->ended && queue_closed(b->endings);
}

void backup_free(struct backup *b)
{
	if (!b)
		return;
	backup_stop(b);
	thread_join(b->thread);
	take_ending(b);
	queue_free(b->endings);
	queue_free(b->wanted);
	free(b->ending.text);
	free(b->ending.damaged);
	free(b->state_dir);
	free(b->folder);
	free(b);
}

void backup_look(struct backup *b, struct backup_status *ret_status)
{
	take_ending(b);
	*ret_status = (struct backup_status){
		.state = !b->ended             ? BACKUP_RUNNING
			 : b->ending.error < 0 ? BACKUP_FAILED
					       : BACKUP_READY,
		.step = step_names[atomic_load(&b->step)],
		.done = atomic_load(&b->done),
		.total = atomic_load(&b->total),
		.text = b->ended && b->ending.text ? b->ending.text : "",
		.damaged = b->ended && b->ending.damaged ? b->ending.damaged : "",
		.folder = b->folder,
	};
	memcpy(ret_status->schemas, b->ending.schemas, sizeof(ret_status->schemas));
}
