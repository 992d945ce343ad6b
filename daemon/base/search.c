#include "base/search.h"

size_t search_first(const struct search_rows *in, const void *key)
{
	size_t low = 0, high = in->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (in->compare(key, (const char *)in->rows + middle * in->size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
