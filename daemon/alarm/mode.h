/* mode.h: what a person has set for a device, or for all that is at a place, for a while: out of service (maintenance),
 * or in test; and when each device's help path was last proven. Pure; owned by the evaluator.
 *
 * At most one of a kind for each subject; out_of_service and test are bounded by MODE_MAX, proven and known by the devices. They end
 * by the monotonic clock; until_us is the same moment on the wall clock of now. */
#pragma once

#include "alarm/alarm.h"
#include "base/map.h"

enum mode_kind {
	MODE_OUT_OF_SERVICE, /* of a device: its alarms are out of service, but those of life safety */
	MODE_TEST,           /* of a device or a place: everything runs, alarms carry the mark "test" */
	MODE_PROVEN,         /* of a device: a test, or an ack, has shown that its alarm arrives; has no end */
	MODE_KNOWN,          /* of a device: since when it is waited for that it is proven; has no end */
};
#define MODE_KINDS       (MODE_KNOWN + 1)
#define MODE_MAX         500
#define MODE_SUBJECT_MAX 128

struct mode {
	enum mode_kind kind;
	char *subject;            /* a device's id, or a place's path */
	int64_t since_us;         /* wall */
	struct alarm_spell spell; /* off: it has ended */
};

const char *mode_name(enum mode_kind k); /* out_of_service test proven known */
/* It has no end: it is a day that is remembered. */
static inline bool mode_lasts(enum mode_kind k)
{
	return k == MODE_PROVEN || k == MODE_KNOWN;
}
int mode_parse(const char *name, enum mode_kind *ret_kind);
void mode_fini(struct mode *m);
void mode_copy(const struct mode *from, struct mode *ret_copy);
/* Appends a deep copy to what an input did. */
void mode_tell(struct alarm_effects *e, const struct mode *m);

struct mode_book {
	struct mode **all; /* in no order; only those that are on */
	size_t count, room;
	size_t limited;           /* of those that end */
	const struct mode *first; /* of those that end, the one that ends first; NULL: none */
	struct map *by_kind[MODE_KINDS];
};
void mode_book_init(struct mode_book *m);
void mode_book_fini(struct mode_book *m);
const struct mode *mode_book_find(const struct mode_book *m, enum mode_kind k, const char *subject); /* or NULL */
/* Puts a copy in, in place of the one before. -ENOSPC: MODE_MAX. */
int mode_book_put(struct mode_book *m, const struct mode *mode);
void mode_book_remove(struct mode_book *m, enum mode_kind k, const char *subject);
/* The one that ends first, or NULL. */
const struct mode *mode_book_first(const struct mode_book *m);
