/* search.h: where something stands, or would stand, in sorted rows. Pure. */
#pragma once

#include <stddef.h>

/* Rows in ascending order. The comparison is as bsearch's: negative where the key comes before the row. */
struct search_rows {
	const void *rows;
	size_t count, size;
	int (*compare)(const void *key, const void *row);
};

/* The number of the first row that is not before the key; count, where all are. */
size_t search_first(const struct search_rows *in, const void *key);
