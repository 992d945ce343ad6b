/* guise.h: root works in the name of the user whose folder he works in, so that no link that is planted there leads him to what that
 * user may not touch. Others are who they are. For programs that do one job, and before any thread is there. */
#pragma once

#include <sys/stat.h>

/* As the owner of that file, until guise_take_off. Root's further groups are given up for good. */
void guise_put_on(const struct stat *owner);
void guise_take_off(void);
