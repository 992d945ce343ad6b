/* changes_member.h: the keys of each group of the configuration: where each stands in its struct, and how it is written for
 * people. Pure; private to changes.c. */
#pragma once

#include "base/str.h"

struct changes_member {
	const char *key; /* NULL: the end of its list */
	int kind;
	size_t offset;
	void (*write)(const void *row, struct str_buf *to); /* where it takes more than a member */
};

/* Those of a group, but its points; NULL: nobody writes them. */
const struct changes_member *changes_member_list(const char *group);
/* Appends what the key says in that row. */
void changes_member_write(const struct changes_member *m, const void *row, struct str_buf *to);
