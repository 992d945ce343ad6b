/* ctl.h: what the commands of estatectl share: the context, the exits, asking the daemon. One thread.
 *
 * A command is a row of the table in command.c: its function gets the context and returns the exit. Answers go to
 * stdout; what is wrong goes to stderr and says what to do next. */
#pragma once

#include "ctl/args.h"
#include "ctl/out.h"
#include "ctl/talk.h"

enum ctl_exit { CTL_DONE = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_NOT_RUNNING = 3, CTL_IN_ALARM = 4 };

struct ctl {
	struct args args; /* words without the command's own */
	struct talk *talk;
	struct out out;
};

struct ctl_answer {
	struct str_buf body;
	json_t *json;
};

void ctl_answer_fini(struct ctl_answer *a);
/* Asks; says on stderr what went wrong. */
enum ctl_exit ctl_get(struct ctl *c, const char *path, struct ctl_answer *ret_answer);
enum ctl_exit ctl_list(struct ctl *c, const char *path, const struct out_table *table); /* asks, and writes the rows */
enum ctl_exit ctl_post(struct ctl *c, const char *path, json_t *body, struct ctl_answer *ret_answer); /* takes body */
/* Says what is wrong with talking, by the error of talk_get and its relatives. */
enum ctl_exit ctl_explain(const struct ctl *c, int error);
/* Says what the daemon's refusal says. */
enum ctl_exit ctl_refused(const struct talk_answer *a);
const char *ctl_word(const struct ctl *c, size_t index); /* of the command, or NULL */

#define _cleanup_answer_ _cleanup_(ctl_answer_fini)
