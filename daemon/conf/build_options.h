/* build_options.h: the options of a plugin against what its program says of them. */
#pragma once

#include "conf/fields.h"

/* Errors for what the program will refuse for certain, warnings for what it may not like. */
void build_options_check(const char *data_dir, struct fields *plugin);
