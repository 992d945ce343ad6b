/* powered.h: rule powered-care: no mains where somebody depends on a device that needs it (oxygen, air mattress, care bed). Pure.
 *
 * One alarm a dwelling. After the rule's `for` priority 2; 1 when a battery there is half empty, or by the rule's `rise`, which is half
 * of what the devices' own batteries last, whichever comes first. */
#pragma once

#include "care/roll.h"
#include "model/point.h"

#define POWERED_RULE "powered-care"
#define POWERED_HALF 50 /* % */

/* Whether he depends on one. */
bool powered_needs(const struct resident *r);
/* A supply of power: what it says now. */
struct powered_supply {
	enum { POWERED_UNKNOWN, POWERED_ON, POWERED_OUT } mains;
	double battery; /* %; < 0: not known */
};
struct powered_supply powered_supply_of(const struct point_table *t, const struct device *d);
/* Whether that point of a supply has a say in it. */
bool powered_reads(const char *point);
/* Of two that serve the same home: no mains at one is no mains; a battery that is lower counts. */
void powered_join(struct powered_supply *s, const struct powered_supply *more);
/* "吸氧、气垫床靠电池维持；后备电池剩余45%"; needs: a set of 1 << enum resident_need. */
void powered_say(unsigned needs, const struct powered_supply *s, struct str_buf *zh, struct str_buf *en);
