/* way.h: how to get to a dwelling now, for whoever runs there: its lifts, its unit's door. Pure; said at the end of the alarm. */
#pragma once

#include "care/lifts.h"
#include "care/stair.h"

struct str_buf;
struct way_source {
	struct device_list devices;
	const struct point_table *points;
	struct stair_places places;
};
/* "；走楼梯：电梯停用；单元门已释放" / "; take the stairs: lift out of service; …". Adds nothing where there are neither. */
void way_say(const struct way_source *s, const char *place, struct str_buf *zh, struct str_buf *en);
