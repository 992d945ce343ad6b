/* sdk_raw.h: the elements of an array as they stand in a line of JSON, byte for byte: what is only passed on keeps its
 * digits and the order of its members. Pure. The line must be one that jansson has accepted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sdk_raw {
	const char *at; /* before the next element; NULL: none */
};

/* The array that is the member `key` of the object in line; the last one, where there are two. */
struct sdk_raw sdk_raw_array(const char *line, const char *key);
/* The next element, lent from the line, without blanks around it. False: there is none. */
bool sdk_raw_next(struct sdk_raw *raw, const char **ret_text, size_t *ret_len);
