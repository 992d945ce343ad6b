#include "ctl/parcel.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "ctl/words.h"

#define PIECE (64 * 1024)

struct hasher {
	crypto_hash_sha256_state state;
};

static void hasher_end(struct hasher *h, char ret_hash[PARCEL_LIST_HEX])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_final(&h->state, hash);
	sodium_bin2hex(ret_hash, PARCEL_LIST_HEX, hash, sizeof(hash));
}

/* ---- pack ---- */

static void write_end(struct archive **a)
{
	archive_write_free(*a);
}

static void entry_end(struct archive_entry **e)
{
	archive_entry_free(*e);
}

/* libarchive's own error, or the system's. */
static int refused(struct archive *a, struct str_buf *why)
{
	int error = archive_errno(a);

	str_buf_add(why, error > 0 ? strerror(error) : archive_error_string(a) ? archive_error_string(a) : "?");
	return error > 0 ? -error : -EIO;
}

static int put_head(struct archive *a, const struct parcel_file *f, struct str_buf *why)
{
	_cleanup_(entry_end) struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, f->name);
	archive_entry_set_size(e, f->bytes);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, f->mode);
	return archive_write_header(a, e) == ARCHIVE_OK ? 0 : refused(a, why);
}

static int put_list(struct archive *a, const struct parcel_list *list, struct str_buf *why)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	struct parcel_file f = { .name = (char *)PARCEL_LIST_NAME, .mode = 0600 };
	int r;

	parcel_list_write(list, &text);
	f.bytes = (int64_t)text.len;
	r = put_head(a, &f, why);
	return r == 0 && archive_write_data(a, text.text, text.len) < 0 ? refused(a, why) : r;
}

/* Reads a file to its end, each piece to the hash and (a not NULL) into the archive. */
struct reading_job {
	const struct parcel_pack *pack;
	struct archive *a;
	int64_t done; /* of all files */
};

static int read_file(struct reading_job *job, size_t index, char ret_hash[PARCEL_LIST_HEX], struct str_buf *why)
{
	const struct parcel_file *f = &job->pack->list->files[index];
	/* The copies are another user's, who could lead root elsewhere; the configuration is root's own. */
	int links = str_starts(f->name, "state/") ? O_NOFOLLOW : 0;
	_cleanup_(fd_close) int fd = open(job->pack->paths[index], O_RDONLY | O_CLOEXEC | O_NOCTTY | links);
	_cleanup_(freep) char *piece = mem_alloc(PIECE);
	struct hasher h;
	int64_t left = f->bytes;
	ssize_t len = -1;
	int r = 0;

	crypto_hash_sha256_init(&h.state);
	while (r == 0 && fd >= 0 && left > 0 && (len = read(fd, piece, (size_t)MIN(left, (int64_t)PIECE))) > 0) {
		crypto_hash_sha256_update(&h.state, (unsigned char *)piece, (size_t)len);
		if (job->a && archive_write_data(job->a, piece, (size_t)len) < 0)
			return refused(job->a, why);
		left -= len;
		job->done += len;
		r = job->pack->progress ? job->pack->progress(job->pack->context, f->name, job->done) : 0;
	}
	if (r == 0 && left > 0) {
		r = fd < 0 || len < 0 ? -errno : -EAGAIN; /* it has become shorter */
		str_buf_printf(why, _("%s cannot be read: %s"), job->pack->paths[index], strerror(-r));
	}
	hasher_end(&h, ret_hash);
	return r;
}

static int hash_files(const struct parcel_pack *job, struct str_buf *why)
{
	struct reading_job reading = { .pack = job };
	int r = 0;

	for (size_t i = 0; r == 0 && i < job->list->count; i++)
		r = read_file(&reading, i, job->list->files[i].hash, why);
	return r;
}

static int put_files(struct archive *a, const struct parcel_pack *job, struct str_buf *why)
{
	struct reading_job reading = { .pack = job, .a = a };
	int r = put_list(a, job->list, why);

	for (size_t i = 0; r == 0 && i < job->list->count; i++) {
		char hash[PARCEL_LIST_HEX];

		r = put_head(a, &job->list->files[i], why);
		if (r == 0)
			r = read_file(&reading, i, hash, why);
		if (r == 0 && !str_equal(hash, job->list->files[i].hash)) {
			str_buf_printf(why, _("%s was changed while it was read: try again"), job->paths[i]);
			r = -EAGAIN;
		}
	}
	return r == 0 && archive_write_close(a) != ARCHIVE_OK ? refused(a, why) : r;
}

int parcel_pack(const struct parcel_pack *job, struct str_buf *why)
{
	_cleanup_(write_end) struct archive *a = archive_write_new();
	int r = hash_files(job, why);

	if (r < 0)
		return r;
	if (archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
	    archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(a, job->fd) != ARCHIVE_OK)
		return refused(a, why);
	r = put_files(a, job, why);
	if (r < 0)
		archive_write_fail(a); /* what follows would only fill the disk */
	return r;
}

/* ---- unpack ---- */

struct unpacking {
	struct archive *a;
	const struct parcel_sink *sink;
	struct parcel_list list;
	struct str_buf *why;
};

static void read_end(struct archive **a)
{
	archive_read_free(*a);
}

static int damaged(struct unpacking *u)
{
	const char *text = archive_error_string(u->a);

	if (!u->why->len)
		str_buf_printf(u->why, _("the file is cut off or damaged: %s"), text ? text : "?");
	return -EBADMSG;
}

/* 1 with the next file's head, 0 at the end. */
static int next_head(struct unpacking *u, struct archive_entry **ret_entry)
{
	int rc = archive_read_next_header(u->a, ret_entry);

	return rc == ARCHIVE_OK ? 1 : rc == ARCHIVE_EOF ? 0 : damaged(u);
}

static bool is_entry(struct archive_entry *e, const char *name)
{
	const char *path = archive_entry_pathname(e);

	return path && str_equal(path, name) && archive_entry_filetype(e) == AE_IFREG && archive_entry_size_is_set(e);
}

static int take_list(struct unpacking *u)
{
	struct archive_entry *e;
	_cleanup_(freep) char *text = NULL;
	la_int64_t size;
	int r = next_head(u, &e);

	if (r < 0)
		return r;
	size = r > 0 ? archive_entry_size(e) : 0;
	if (r == 0 || !is_entry(e, PARCEL_LIST_NAME) || size <= 0 || (uint64_t)size > PARCEL_LIST_MAX) {
		str_buf_add(u->why, _("this is no backup of estated"));
		return -EBADMSG;
	}
	text = mem_alloc((size_t)size);
	if (archive_read_data(u->a, text, (size_t)size) != size)
		return damaged(u);
	r = parcel_list_read(text, (size_t)size, &u->list, u->why);
	return r == 0 && u->sink->list ? u->sink->list(u->sink->context, &u->list) : r;
}

static int take_bytes(struct unpacking *u, const struct parcel_file *f, char ret_hash[PARCEL_LIST_HEX])
{
	_cleanup_(freep) char *piece = mem_alloc(PIECE);
	int64_t left = f->bytes;
	struct hasher h;
	la_ssize_t len = 0;
	int r = 0;

	crypto_hash_sha256_init(&h.state);
	while (r == 0 && left > 0 && (len = archive_read_data(u->a, piece, (size_t)MIN(left, (int64_t)PIECE))) > 0) {
		crypto_hash_sha256_update(&h.state, (unsigned char *)piece, (size_t)len);
		r = u->sink->bytes ? u->sink->bytes(u->sink->context, piece, (size_t)len) : 0;
		left -= len;
	}
	hasher_end(&h, ret_hash);
	return r == 0 && left > 0 ? damaged(u) : r;
}

static int take_file(struct unpacking *u, const struct parcel_file *f)
{
	char hash[PARCEL_LIST_HEX];
	struct archive_entry *e;
	int r = next_head(u, &e);

	if (r < 0)
		return r;
	if (r == 0 || !is_entry(e, f->name) || archive_entry_size(e) != f->bytes) {
		str_buf_printf(u->why, _("%s is missing, or not as its list says: the file is cut off or damaged"),
			       f->name);
		return -EBADMSG;
	}
	r = u->sink->begin ? u->sink->begin(u->sink->context, f) : 0;
	if (r == 0)
		r = take_bytes(u, f, hash);
	if (r < 0)
		return r;
	if (!str_equal(hash, f->hash)) {
		str_buf_printf(u->why, _("%s has not the SHA-256 that its list says: the file is damaged"), f->name);
		return -EBADMSG;
	}
	return u->sink->end ? u->sink->end(u->sink->context) : 0;
}

static int take_all(struct unpacking *u)
{
	struct archive_entry *e;
	int r = take_list(u);

	for (size_t i = 0; r == 0 && i < u->list.count; i++)
		r = take_file(u, &u->list.files[i]);
	if (r < 0)
		return r;
	r = next_head(u, &e);
	if (r > 0) {
		str_buf_add(u->why, _("there is more in it than its list says: somebody has changed the file"));
		return -EBADMSG;
	}
	return r;
}

int parcel_unpack(const struct parcel_source *from, const struct parcel_sink *sink, struct str_buf *why)
{
	_cleanup_(read_end) struct archive *a = archive_read_new();
	struct unpacking u = { .a = a, .sink = sink, .why = why };
	int rc, r;

	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	rc = from->fd >= 0 ? archive_read_open_fd(a, from->fd, PIECE)
			   : archive_read_open_memory(a, from->bytes, from->len);
	if (rc != ARCHIVE_OK) {
		str_buf_add(why, _("this is no backup of estated"));
		return -EBADMSG;
	}
	r = take_all(&u);
	parcel_list_fini(&u.list);
	return r;
}
