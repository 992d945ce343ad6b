/* zone.h: names of the system's zone database. Reads directories, nothing else; never logs. */
#pragma once

#include <stdbool.h>

/* Also true where there is no zone database to compare with. */
bool zone_exists(const char *name);
/* The zone that was meant: "Asia/Shanghai" for "Asia/Shanghia" or "shanghai". buf of ZONE_NAME_MAX; NULL: none is near. */
#define ZONE_NAME_MAX 64
const char *zone_nearest(const char *name, char *buf);
