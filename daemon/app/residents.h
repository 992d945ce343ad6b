/* residents.h: the register of residents as a table: read and checked.
 *
 * CSV with a header, separated by comma or semicolon, UTF-8: id,name,place,categories,needs,phone,… in any order; id, place and
 * categories are needed, columns that nobody knows are passed over. Lists within a cell are separated by `;` (in quotes where
 * that separates the cells too). Categories and needs are said by their words, in English or Chinese. */
#pragma once

#include "base/diag.h"
#include "conf/conf.h"

/* Every mistake goes to d as path:line; how many residents there are. Places must be of the estate. */
size_t residents_check(const char *path, const struct conf *conf, struct diag *d);
