/* errand.h: orders (model/order.h) in the hands of a bus's thread: done between the requests of the plan, one exchange at a
 * time. Bus's thread; for poller.c.
 *
 * What protects life and is due goes before; then writes; then, turn and turn about, the plan and other orders. After
 * ERRAND_STREAK of what protects life in a row one exchange of an order is next: so neither waits for ever.
 *
 *   read    READ --answer, exception, silence--> told          (busy: again, ERRAND_TRIES times)
 *   probe   READ --anything meant--> IDENTIFY ----------------> told
 *   write   OLD ----answer--> SEND --echo, silence, doubt--> BACK --as written--> done
 *            '--else--> told    '--refused--> told             '--ERRAND_TRIES times something else, or nothing--> told
 *
 * What writes is sent once; again only where the device has said that it did not do it (busy, unknown function), or the
 * connection was gone before it left. */
#pragma once

#include <stddef.h>

#include "model/order.h"

#define ERRAND_MAX    8
#define ERRAND_TRIES  3
#define ERRAND_STREAK 3

struct poller;
struct schedule_turn;

enum errand_step { ERRAND_READ, ERRAND_IDENTIFY, ERRAND_SEND, ERRAND_BACK };

struct errand {
	struct order *order;
	struct order_result *result;
	enum errand_step step;
	unsigned tries; /* of this step */
	bool begun, many;
	int64_t gate_us;
};

struct errand_list {
	struct errand all[ERRAND_MAX]; /* in the order in which they came */
	size_t count;
	bool plan_turn;  /* the last exchange was an order's */
	unsigned streak; /* of what protects life, since one was */
	int64_t *
		owes_until_us; /* by unit that is not in the plan: serial, an answer may still come; NULL: none ever owed */
};

void errand_fini(struct errand_list *l);
/* Takes what came with the mail. */
void errand_collect(struct poller *p);
/* Is there anything that wants the link? */
bool errand_waits(const struct poller *p);
/* Does one exchange, where one is next; next is what the plan would ask. False: the plan's turn. */
bool errand_turn(struct poller *p, const struct schedule_turn *next, int64_t now_us);
/* When one becomes ready, or has waited too long; INT64_MAX: never. */
int64_t errand_wake_us(const struct poller *p);
/* There is no link, and there will be none soon. */
void errand_unlinked(struct poller *p, enum order_end end, int error);
