/* util.h: scoped cleanup, ownership transfer, sizes and units. Header only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define _cleanup_(f)        __attribute__((__cleanup__(f)))
#define _printf_(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#define _unused_            __attribute__((__unused__))

/* Defines name##p() for a destructor that takes a pointer, so that _cleanup_(name##p) can be written. */
#define UTIL_DEFINE_CLEANUP(type, name)                   \
	static inline _unused_ void name##p(type *object) \
	{                                                 \
		if (*object)                              \
			name(*object);                    \
	}                                                 \
	struct util_swallow_semicolon

/* For _cleanup_(freep) on a pointer of any type. */
static inline _unused_ void freep(void *pointer)
{
	free(*(void **)pointer);
}

/* Takes the pointer out of a variable and leaves NULL, so that its cleanup finds nothing. */
#define steal(pointer)                                   \
	({                                               \
		__auto_type steal_slot_ = (pointer);     \
		__auto_type steal_value_ = *steal_slot_; \
		*steal_slot_ = NULL;                     \
		steal_value_;                            \
	})

#define ARRAY_SIZE(array)                   (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define MIN(a, b)                           ((a) < (b) ? (a) : (b))
#define MAX(a, b)                           ((a) > (b) ? (a) : (b))
#define CLAMP(x, lo, hi)                    MIN(MAX(x, lo), hi)

/* Durations are int64_t microseconds everywhere. */
#define US     ((int64_t)1)
#define MS     (1000 * US)
#define S      (1000 * MS)
#define MINUTE (60 * S)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
