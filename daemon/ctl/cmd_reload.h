/* cmd_reload.h: which configuration counts, in words; the overview says it too. */
#pragma once

#include <jansson.h>

#include "base/str.h"
#include "ctl/ctl.h"

/* What a person should know of {"state":…} as a sentence; nothing where the files count. Appended. */
void cmd_reload_say(const json_t *config, struct str_buf *to);
/* Asks for a reload, with --confirm-within where it was said. */
enum ctl_exit cmd_reload_post(struct ctl *c, struct ctl_answer *ret_answer);
/* On stderr: what happens unless it is confirmed; nothing without --confirm-within. */
void cmd_reload_say_trial(const struct ctl *c);
