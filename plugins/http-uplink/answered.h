/* answered.h: what an answer to a POST means. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum answered {
	ANSWERED_TAKEN, /* 2xx */
	ANSWERED_LATER, /* the receiver cannot now: 5xx, 408, 425, 429 */
	ANSWERED_CLOSED, /* it does not let us in, or this is not the place: nothing that a message could help, so all wait */
	ANSWERED_WRONG, /* what was sent is wrong: one of its messages, when it is found, is set aside */
};

enum answered answered_status(int status);
/* For a fault: "it answers 401: it does not let this estate in". */
const char *answered_text(int status);
/* The receiver's own acknowledgement: {"lane":"alarm","seq":10293}, or a list of them. The highest seq of this lane, or
 * -EINVAL: none. */
int answered_seq(const char *body, size_t len, const char *lane, int64_t *ret_seq);
