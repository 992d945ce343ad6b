/* cmd_alarms.h: the table of alarms, which the overview shows too. */
#pragma once

#include "ctl/out.h"

extern const struct out_table cmd_alarms_table;

/* "/v1/alarms/ID/VERB"; false: the id is none, and it was said. */
bool cmd_alarms_path(struct str_buf *path, const char *id, const char *verb);
