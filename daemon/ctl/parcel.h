/* parcel.h: a backup as one file: a tar archive compressed with zstd, which 'tar --zstd -tvf' shows too; its first file is the
 * list of all others (parcel_list.h). libarchive does the archive; what is in it is only believed when it is what the list
 * says. One thread; blocks. */
#pragma once

#include "ctl/parcel_list.h"

struct parcel_pack {
	struct parcel_list *list; /* its files in order of name; their hashes are filled in */
	const char *const *paths; /* of each file */
	int fd;                   /* of the archive, at its beginning */
	void *context;
	/* Now and then, with the bytes that were read; -errno ends it. */
	int (*progress)(void *context, const char *name, int64_t done);
};
/* 0, or -errno with why. Nothing is put on the disk yet. */
int parcel_pack(const struct parcel_pack *job, struct str_buf *why);

struct parcel_source {
	int fd;            /* negative: */
	const void *bytes; /* all of it */
	size_t len;
};

/* Takes what is in an archive, in order. A file is good when `end` is called for it, and all are when parcel_unpack returns 0;
 * each function may be NULL; a return of -errno ends it. */
struct parcel_sink {
	void *context;
	int (*list)(void *context, const struct parcel_list *list);
	int (*begin)(void *context, const struct parcel_file *f);
	int (*bytes)(void *context, const void *bytes, size_t len);
	int (*end)(void *context);
};
/* 0; -EBADMSG: cut off, changed, or no backup; -EPROTO: of a newer one; what the sink says; with why. */
int parcel_unpack(const struct parcel_source *from, const struct parcel_sink *sink, struct str_buf *why);
