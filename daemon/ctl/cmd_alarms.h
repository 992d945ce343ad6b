/* cmd_alarms.h: the table of alarms, which the overview shows too. */
#pragma once

#include "ctl/out.h"

extern const struct out_table cmd_alarms_table;
