#include "app/refusals.h"

#include <stdio.h>

#include "base/str.h"

static struct refusals_of *place_of(struct refusals *r, const char *who)
{
	struct refusals_of *unused = NULL;

	for (size_t i = 0; i < REFUSALS_PEOPLE; i++) {
		struct refusals_of *one = &r->people[i];

		if (str_equal(one->who, who))
			return one;
		if (!one->who[0] && !unused)
			unused = one;
	}
	return unused;
}

bool refusals_count(struct refusals *r, const char *who, int64_t now_us)
{
	struct refusals_of *one = place_of(r, who);

	if (!one || strlen(who) >= sizeof(one->who))
		return true;
	if (!one->who[0]) {
		snprintf(one->who, sizeof(one->who), "%s", who);
		one->since_us = now_us;
	}
	return ++one->count <= REFUSALS_EACH;
}

bool refusals_over(struct refusals *r, int64_t now_us, struct refusals_of *ret_over)
{
	for (size_t i = 0; i < REFUSALS_PEOPLE; i++) {
		struct refusals_of one = r->people[i];

		if (!one.who[0] || now_us - one.since_us < MINUTE)
			continue;
		r->people[i] = (struct refusals_of){ 0 };
		if (one.count <= REFUSALS_EACH)
			continue;
		one.count -= REFUSALS_EACH;
		*ret_over = one;
		return true;
	}
	return false;
}
