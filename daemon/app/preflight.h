/* preflight.h: what only the whole program can say of a configuration before it runs: whether each line has the time for
 * its requests, whether the plugins' programs are there. Reads folders; any one thread. */
#pragma once

#include <stdio.h>

#include "base/diag.h"
#include "conf/conf.h"

/* Adds to d: an error for a serial line whose cycle cannot fit, a warning above 70 % of its time, a warning for a program
 * that is not there (a missing plugin must not keep the alarms from arming). */
void preflight_check(const struct conf *conf, const char *plugin_dir, struct diag *d);
/* The request plan, a line a bus: "bus riser: 3 requests a cycle, …, 12.3 % of its time", and its requests below. */
void preflight_print(const struct conf *conf, FILE *to);
/* The classes that a profile may name, with the names of their points, for programs: [{"id":…,"points":[…]},…]. */
void preflight_print_classes(const struct conf *conf, FILE *to);
