/* build_overlap.h: the points of one profile against each other, by where they stand on the wire. */
#pragma once

#include "conf/build_point.h"

/* Errors for values that overlap so that one of them must be wrong; warnings for one that stands twice. */
void build_overlap_check(const struct build_point_set *set);
