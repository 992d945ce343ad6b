/* parcel_list.h: what is in a backup: the first file of the archive, manifest.json. Every other file stands in it with its length
 * and SHA-256, in the order of the archive; names say where a file belongs: state/… the state directory, config/… the folder of
 * estated.conf. What comes from outside is bounded and checked here. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

#define PARCEL_LIST_NAME  "manifest.json"
#define PARCEL_LIST_MAX   ((size_t)8 * 1024 * 1024)
#define PARCEL_LIST_FILES 20000
#define PARCEL_LIST_HEX   65 /* of a hash, with the end */

struct parcel_file {
	char *name;
	int64_t bytes;
	mode_t mode; /* permissions */
	char hash[PARCEL_LIST_HEX];
};

struct parcel_list {
	char *version, *estate, *host, *made; /* made: ISO 8601 with offset */
	char *damaged;                        /* what the disk had lost of it when it was made; NULL: nothing */
	char *config;                         /* the main configuration file's name: estated.conf */
	int schemas[2];                       /* versions of state.db and history.db */
	bool credentials;                     /* secrets beside the configuration are in it */
	struct parcel_file *files;
	size_t count;
};

void parcel_list_fini(struct parcel_list *l);
void parcel_list_add(struct parcel_list *l, const char *name, int64_t bytes, mode_t mode);
int64_t parcel_list_bytes(const struct parcel_list *l);
void parcel_list_write(const struct parcel_list *l, struct str_buf *to);
/* 0; -EBADMSG with why: no list, or one that says what no list of ours would; -EPROTO: of a newer form. */
int parcel_list_read(const char *text, size_t len, struct parcel_list *ret_list, struct str_buf *why);
