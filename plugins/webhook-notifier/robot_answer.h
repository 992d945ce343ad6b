/* robot_answer.h: what a robot's answer to a POST means. Makers answer 200 to almost everything: whether it was taken stands in the
 * body. Pure. */
#pragma once

#include <stddef.h>

#include "webhook-notifier/robot.h"

enum robot_answer {
	ROBOT_ANSWER_TAKEN,
	ROBOT_ANSWER_REFUSED, /* the same again would not help */
	ROBOT_ANSWER_LIMITED, /* too many: later again */
};

#define ROBOT_ANSWER_WHY 300
struct robot_answer_http { /* lent */
	int status;
	const char *body; /* NULL: none */
	size_t len;
};
/* why: one line for a technician, where it was not taken. */
enum robot_answer robot_answer_read(enum robot_dialect dialect, const struct robot_answer_http *answer,
				    char ret_why[static ROBOT_ANSWER_WHY]);
