/* symptoms.h: what the running daemon knows of what is wrong, as findings like those of estated --doctor. One thread. */
#pragma once

#include "ctl/talk.h"
#include "ctl/words.h"

/* Asks the daemon and appends to findings, an array of {check,level,subject,message,advice,values}; nothing where no
 * daemon runs. */
void symptoms_add(struct talk *talk, json_t *findings);

/* For tests: the pure part, from the API's answers; each may be NULL. */
struct symptoms_answers {
	json_t *status, *buses, *devices, *points, *plugins, *outbox, *clock;
	int64_t now_us;
};
void symptoms_judge(const struct symptoms_answers *a, json_t *findings);
