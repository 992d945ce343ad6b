/* refusals.h: who is refused what is about people, again and again, does not fill the audit: the first of a minute are recorded
 * one by one, those after them as a number when the minute is over. Pure; the caller owns it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFUSALS_PEOPLE 64 /* further ones are recorded one by one */
#define REFUSALS_EACH   10 /* of one in a minute */
#define REFUSALS_WHO    64

struct refusals {
	struct refusals_of {
		char who[REFUSALS_WHO]; /* "": free */
		int64_t since_us;
		unsigned count;
	} people[REFUSALS_PEOPLE];
};

/* One more; whether it is to be recorded by itself. */
bool refusals_count(struct refusals *r, const char *who, int64_t now_us);
/* Somebody whose minute is over, and how many of his were only counted; false: nobody. */
bool refusals_over(struct refusals *r, int64_t now_us, struct refusals_of *ret_over);
