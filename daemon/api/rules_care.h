/* rules_care.h: why a rule about people is active in a dwelling, or not: what is known of those who live there, and the figures that
 * count there. Main thread. */
#pragma once

#include "api/call.h"

/* A row as of /v1/rules/{rule}, for each watched dwelling that he may know of and that the rule is awake in; or of `asset` alone (NULL:
 * all), at most `most`. The caller owns the list. */
json_t *rules_care_rows(struct call *x, const char *rule, const char *asset, size_t most);
