#include "app/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"

#define RECORD_MAX 4096
#define COPY_MAX   (256 << 20)

static const char *const copy_names[] = { [KEEPER_RUNNING] = "running", [KEEPER_NEW] = "trial" };
static const char *const state_names[] = { [KEEPER_FILES] = "files", [KEEPER_TRIAL] = "trial", [KEEPER_HELD] = "held" };
/* name in the record; words for people */
static const struct {
	const char *name, *text;
} causes[KEEPER_CAUSES] = {
	[KEEPER_UNCONFIRMED] = { "unconfirmed", "the new one was not confirmed in time" },
	[KEEPER_ENDED] = { "ended", "estated ended twice out of order with the new one" },
	[KEEPER_UNREADABLE] = { "unreadable", "what was kept of the new one cannot be read" },
	[KEEPER_WRONG_FILES] = { "wrong-files", "the files had errors when estated started" },
};

const char *keeper_state_name(enum keeper_state state)
{
	return state_names[state];
}

const char *keeper_cause_text(enum keeper_cause cause)
{
	return causes[cause].text;
}

/* ---- files ---- */

static char *path_in(const char *state_dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/config%s%s", state_dir, name ? "/" : "", name ? name : "");
	return str_buf_take(&path);
}

static int sync_dir(const char *state_dir)
{
	_cleanup_(freep) char *path = path_in(state_dir, NULL);
	_cleanup_(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_new(const char *path, const struct str_buf *text)
{
	_cleanup_(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : write_all(fd, text->text, text->len);
}

/* Whole or not at all, whatever ends us. */
static int replace(const char *state_dir, const char *name, const struct str_buf *text)
{
	_cleanup_(freep) char *dir = path_in(state_dir, NULL), *path = path_in(state_dir, name);
	_cleanup_str_buf_ struct str_buf fresh = { 0 };
	int r;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	str_buf_printf(&fresh, "%s.new", path);
	r = write_new(fresh.text, text);
	if (r == 0 && rename(fresh.text, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(fresh.text);
		return r;
	}
	return sync_dir(state_dir);
}

static int read_all(int fd, size_t max, struct str_buf *to)
{
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (to->len + (size_t)n > max)
			return -EFBIG;
		str_buf_add_len(to, block, (size_t)n);
	}
	return 0;
}

static int read_file(const char *path, size_t max, struct str_buf *to)
{
	_cleanup_(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : read_all(fd, max, to);
}

/* ---- the record ---- */

static int find_word(json_t *object, const char *key, const char *word)
{
	return str_equal(json_string_value(json_object_get(object, key)), word);
}

static int64_t number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int parse(json_t *object, struct keeper_record *ret_record)
{
	struct keeper_record r = { .left_us = MAX(number(object, "left_us"), (int64_t)0),
				   .mono_us = MAX(number(object, "mono_us"), (int64_t)0),
				   .ends = (unsigned)CLAMP(number(object, "ends"), 0, 1000),
				   .in_order = json_is_true(json_object_get(object, "in_order")) };
	const char *boot = json_string_value(json_object_get(object, "boot"));

	for (unsigned c = 0; c < KEEPER_CAUSES; c++)
		if (find_word(object, "cause", causes[c].name))
			r.cause = (enum keeper_cause)c;
	snprintf(r.boot, sizeof(r.boot), "%s", boot ? boot : "");
	if (find_word(object, "state", state_names[KEEPER_TRIAL]))
		r.state = KEEPER_TRIAL;
	else if (find_word(object, "state", state_names[KEEPER_HELD]))
		r.state = KEEPER_HELD;
	else
		return -EBADMSG;
	*ret_record = r;
	return 0;
}

int keeper_read(const char *state_dir, struct keeper_record *ret_record)
{
	_cleanup_(freep) char *path = path_in(state_dir, "record");
	_cleanup_str_buf_ struct str_buf text = { 0 };
	json_t *object;
	int r = read_file(path, RECORD_MAX, &text);

	if (r == -ENOENT || r == -ENOTDIR) {
		*ret_record = (struct keeper_record){ .state = KEEPER_FILES };
		return 0;
	}
	if (r < 0)
		return r;
	object = json_loads(str_buf_text(&text), 0, NULL);
	r = parse(object, ret_record);
	json_decref(object);
	return r;
}

static int remove_record(const char *state_dir)
{
	_cleanup_(freep) char *path = path_in(state_dir, "record");

	if (unlink(path) == 0)
		return sync_dir(state_dir);
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

int keeper_write(const char *state_dir, const struct keeper_record *record)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	json_t *object;
	char *dump;

	if (record->state == KEEPER_FILES)
		return remove_record(state_dir);
	object = json_pack("{s:s, s:s, s:I, s:I, s:s, s:i, s:b}", "state", state_names[record->state], "cause",
			   causes[record->cause].name, "left_us", (json_int_t)record->left_us, "mono_us",
			   (json_int_t)record->mono_us, "boot", record->boot, "ends", (int)record->ends, "in_order",
			   record->in_order);
	dump = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	str_buf_printf(&text, "%s\n", dump ? dump : "");
	free(dump);
	return replace(state_dir, "record", &text);
}

/* ---- copies ---- */

int keeper_get_copy(const char *state_dir, enum keeper_copy which, struct str_buf *ret_copy)
{
	_cleanup_(freep) char *path = path_in(state_dir, copy_names[which]);

	str_buf_clear(ret_copy);
	return read_file(path, COPY_MAX, ret_copy);
}

int keeper_put_copy(const char *state_dir, enum keeper_copy which, const struct str_buf *copy)
{
	_cleanup_str_buf_ struct str_buf there = { 0 };

	/* The disk is flash. */
	if (keeper_get_copy(state_dir, which, &there) == 0 && there.len == copy->len &&
	    memcmp(there.text, copy->text, copy->len) == 0)
		return 0;
	return replace(state_dir, copy_names[which], copy);
}

int64_t keeper_copied_us(const char *state_dir, enum keeper_copy which)
{
	_cleanup_(freep) char *path = path_in(state_dir, copy_names[which]);
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * S + st.st_mtim.tv_nsec / 1000 : 0;
}

void keeper_drop_copy(const char *state_dir, enum keeper_copy which)
{
	_cleanup_(freep) char *path = path_in(state_dir, copy_names[which]);

	unlink(path);
}

int keeper_confirm(const char *state_dir)
{
	_cleanup_(freep) char *from = path_in(state_dir, copy_names[KEEPER_NEW]);
	_cleanup_(freep) char *to = path_in(state_dir, copy_names[KEEPER_RUNNING]);
	int r = remove_record(state_dir);

	if (r < 0)
		return r;
	/* What is not the running one may not be taken for it. */
	if (rename(from, to) < 0)
		unlink(to);
	sync_dir(state_dir);
	return 0;
}

/* ---- time ---- */

int64_t keeper_left_us(const struct keeper_record *record, int64_t mono_us)
{
	bool same_boot = str_equal(record->boot, clock_boot_id()) && mono_us >= record->mono_us;
	int64_t passed_us = same_boot ? mono_us - record->mono_us : mono_us; /* of this boot: all of it */

	return MAX(record->left_us - passed_us, (int64_t)0);
}

void keeper_stamp(struct keeper_record *record, int64_t left_us)
{
	record->left_us = left_us;
	record->mono_us = clock_mono_us();
	snprintf(record->boot, sizeof(record->boot), "%s", clock_boot_id());
}
