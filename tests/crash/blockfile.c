/* blockfile.c: a file in user space that remembers each write and each flush, for a loop device to lie over.
 *
 *     blockfile IMAGE TAPE MOUNTPOINT        (ends when MOUNTPOINT is unmounted)
 *
 * MOUNTPOINT/disk is IMAGE. What is written goes there at once and, in the order in which it came, onto TAPE: a record with the
 * moment (CLOCK_MONOTONIC), then the bytes. What a flush has not followed is what a power cut may take; disk.py does that to a
 * copy. One thread, so the order on the tape is the order of the answers: what was answered before a flush came stands before it. */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DISK "/disk"

enum kind { KIND_WRITE = 1, KIND_FLUSH = 2 };

/* As disk.py reads it; the bytes of a write stand behind. */
struct record {
	int64_t at_ns;
	uint64_t offset;
	uint32_t len, kind;
};

static int image_fd, tape_fd;

static int append(const void *bytes, size_t len)
{
	ssize_t put = write(tape_fd, bytes, len);

	return put < 0 ? -errno : (size_t)put == len ? 0 : -EIO;
}

static int note(struct record r, const void *bytes)
{
	struct timespec now;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &now);
	r.at_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	error = append(&r, sizeof(r));
	return error == 0 && r.len ? append(bytes, r.len) : error;
}

static int disk_getattr(const char *path, struct stat *ret_stat, struct fuse_file_info *file)
{
	struct stat st;

	(void)file;
	if (fstat(image_fd, &st) < 0)
		return -errno;
	if (strcmp(path, "/") == 0) {
		*ret_stat = (struct stat){ .st_mode = S_IFDIR | 0700, .st_nlink = 2 };
		return 0;
	}
	if (strcmp(path, DISK) != 0)
		return -ENOENT;
	*ret_stat = (struct stat){ .st_mode = S_IFREG | 0600, .st_nlink = 1, .st_size = st.st_size };
	return 0;
}

static int disk_open(const char *path, struct fuse_file_info *file)
{
	(void)file;
	return strcmp(path, DISK) == 0 ? 0 : -ENOENT;
}

static int disk_read(const char *path, char *to, size_t len, off_t offset, struct fuse_file_info *file)
{
	ssize_t got = pread(image_fd, to, len, offset);

	(void)path;
	(void)file;
	return got < 0 ? -errno : (int)got;
}

static int disk_write(const char *path, const char *from, size_t len, off_t offset, struct fuse_file_info *file)
{
	int error = note((struct record){ .kind = KIND_WRITE, .offset = (uint64_t)offset, .len = (uint32_t)len }, from);
	ssize_t put = error == 0 ? pwrite(image_fd, from, len, offset) : error;

	(void)path;
	(void)file;
	if (error < 0)
		return error;
	return put < 0 ? -errno : (int)put;
}

static int disk_fsync(const char *path, int datasync, struct fuse_file_info *file)
{
	(void)path;
	(void)datasync;
	(void)file;
	return note((struct record){ .kind = KIND_FLUSH }, NULL);
}

static const struct fuse_operations operations = {
	.getattr = disk_getattr,
	.open = disk_open,
	.read = disk_read,
	.write = disk_write,
	.fsync = disk_fsync,
};

int main(int argc, char **argv)
{
	char *arguments[] = { argv[0], argc == 4 ? argv[3] : NULL, "-f", "-s", NULL };

	if (argc != 4) {
		fprintf(stderr, "usage: %s IMAGE TAPE MOUNTPOINT\n", argv[0]);
		return 2;
	}
	image_fd = open(argv[1], O_RDWR | O_CLOEXEC);
	tape_fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (image_fd < 0 || tape_fd < 0) {
		fprintf(stderr, "%s: %s: %s\n", argv[0], argv[image_fd < 0 ? 1 : 2], strerror(errno));
		return 1;
	}
	return fuse_main(4, arguments, &operations, NULL);
}
