#include "alarm/rule.h"

#include "base/str.h"
#include "base/util.h"

/* How long a life-safety alarm may wait for its condition to last; no configuration goes beyond. Entrapment is 90 s at
 * a landing; 45 s between floors is the limit of its key. What is worn counts as what hangs on the wall. */
static const struct rule_limit limits[] = {
	{ "sos", 0 },           { "fire", 0 },
	{ "door-duress", 0 },   { "smoke", 10 * S },
	{ "co", 10 * S },       { "gas", 10 * S },
	{ "fall", 30 * S },     { "lift-trapped", 90 * S },
	{ "wearable-sos", 0 },  { "wearable-fall", 30 * S },
	{ "building-fire", 0 },
};

const struct rule_limit *rule_limit_find(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (str_equal(limits[i].id, id))
			return &limits[i];
	return NULL;
}
