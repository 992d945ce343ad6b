/* build_limits.h: what a number of a profile may be: its markers for "no value", its range, its speed, whether it counts;
 * and whether it may be written. */
#pragma once

#include "conf/build.h"

/* Whether it can be written, and when. After its type is known; profile: what it stands in. */
void build_limits_writable(struct build *b, struct fields *f, struct fields *profile, struct profile_point *p);
/* After type, scale and values are known. Errors for what no reading could ever mean. */
void build_limits_read(struct build *b, struct fields *f, struct profile_point *p);
