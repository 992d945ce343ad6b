/* keys.h: the schema table for others to read: as JSON for estatectl, and as the body of estated.conf(5). Pure. */
#pragma once

#include "base/str.h"

/* An array with one object a line: group, key, type, range, words, unit, default, required, reloadable, reload, help. */
void keys_json(struct str_buf *to);
/* One section a group, one paragraph a key. */
void keys_man(struct str_buf *to);
