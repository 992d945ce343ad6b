/* roll.h: a list of residents whom an alarm of the building is about, in the order in which they are to be helped, with what is
 * known of where they are. Pure; by value. Who is presumed away, or away by a plan, stays on it: nobody knows. */
#pragma once

#include "care/care.h"
#include "care/stair.h"
#include "care/tenants.h"

/* What lists are made of; lent for the call. */
struct roll_source {
	const struct tenants *tenants;
	const struct care *care;
	struct stair_places places;
	struct sign_moment now;
};

struct roll_row {
	const struct resident *resident;
	const struct home *home; /* NULL: nobody is watched there */
	int floor;               /* 0: not known */
	int band, rank, far;     /* what comes first: the smaller ones, in this order */
	bool planned;            /* not expected at home */
	bool visit_today, dialysis_today;
	bool night; /* it is night for that dwelling (night-exit.from, .to) */
};
struct roll {
	struct roll_row *rows;
	size_t count, room;
};

void roll_fini(struct roll *r);
void roll_add(struct roll *r, const struct roll_row *row);
void roll_sort(struct roll *r);
/* The resident as a row: home, floor, planned. */
struct roll_row roll_row_of(const struct roll_source *s, const struct resident *r);
/* What is thought of the dwelling. */
enum home_mode roll_mode(const struct roll_row *row);
/* How many dwellings they live in. */
size_t roll_homes(const struct roll *r);
/* "b3/u1/1802、b3/u1/1204" / "b3/u1/1802, b3/u1/1204": each dwelling once, the first eight. */
#define ROLL_NAMED 8
void roll_say(const struct roll *r, const char *comma, struct str_buf *to);
