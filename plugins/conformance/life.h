/* life.h: one process of the plugin under test, from its start to its end; the tester plays the daemon. Main thread.
 *
 * Every line that comes is judged at once; every wait ends with what was waited for, the process's end, a mistake, or its limit. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "conformance/judge.h"

struct life;

/* argument: NULL or one more word. Quiet: what it says on stderr is not shown. */
struct life_setup {
	const char *program, *argument;
	bool quiet;
	struct judge *judge;
};
struct life *life_start(const struct life_setup *setup);
void life_free(struct life *l); /* kills what still runs */

void life_say(struct life *l, json_t *message); /* takes it */
void life_say_text(struct life *l, const char *line, size_t len);
void life_close_input(struct life *l);
void life_signal(struct life *l, int number);

/* The next message of that type; earlier ones are passed over. NULL: none within the limit, or it ended, or a mistake. */
const json_t *life_wait(struct life *l, const char *type, int64_t limit_us);
/* Lets time pass while lines are judged. */
void life_pause(struct life *l, int64_t us);
/* True: it has ended; *ret_status as waitpid gives it. */
bool life_wait_end(struct life *l, int64_t limit_us, int *ret_status);
bool life_ended(const struct life *l);
bool life_said(const struct life *l, const char *type); /* at any time */
bool life_left_children(struct life *l);                /* after its end */
