/* pace.h: how often a robot may speak: its maker counts the messages of a minute (and of a second) and refuses what is more, some
 * for ten minutes. Pure: time is an argument. The caller owns it.
 *
 * What is urgent may have all of the limit, and is never told to wait for longer than the second. Others leave a quarter
 * of the minute free for it: a few go at once, then one each 2/limit of a minute, and what waits meanwhile is merged. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PACE_LIMIT_MAX 600

struct pace {
	int per_minute, per_second;      /* 0: no limit */
	int64_t sent_us[PACE_LIMIT_MAX]; /* ring of the last ones; 0: none */
	unsigned at;                     /* where the next one goes */
	int64_t held_us;                 /* others wait until then: the maker has said so */
};

enum pace_turn {
	PACE_GO,   /* now */
	PACE_WAIT, /* at ret_due_us */
	PACE_FULL, /* urgent ones: the minute is used up; the maker may refuse it */
};

enum pace_turn pace_urgent(const struct pace *p, int64_t now_us, int64_t *ret_due_us);
enum pace_turn pace_other(const struct pace *p, int64_t now_us, int64_t *ret_due_us);
void pace_sent(struct pace *p, int64_t now_us);
/* The maker has refused one for the limit's sake. */
void pace_hold(struct pace *p, int64_t until_us);
