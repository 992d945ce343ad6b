/* cmd_reload.h: which configuration counts, in words; the overview says it too. */
#pragma once

#include <jansson.h>

#include "base/str.h"

/* What a person should know of {"state":…} as a sentence; nothing where the files count. Appended. */
void cmd_reload_say(const json_t *config, struct str_buf *to);
