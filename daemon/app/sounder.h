/* sounder.h: sirens and lamps: contacts that are an output. Each is on while an alarm that it was told of needs somebody: until
 * it is acknowledged, or (output_until = "over") until it is over. Main thread.
 *
 *   a call to one of its contacts --> wanted --written--> on, the calls are answered
 *   acknowledged, over, not called any more --> not wanted --written--> off; tried until it is
 *
 * What an earlier life left on is known by the calls that were kept: nothing is remembered here. */
#pragma once

#include "alarm/ladder_book.h"

struct live;
struct sounder;

struct sounder_calls {
	void *context;
	/* What came of a message; within sounder_go only, which it must not call. */
	void (*answer)(void *context, const struct ladder_answer *a);
};

struct sounder *sounder_new(struct live *l, const struct sounder_calls *calls);
void sounder_free(struct sounder *s);

/* A message to a contact that is an output; answered later. */
void sounder_tell(struct sounder *s, const struct ladder_message *m);
/* Switches what is not as it should be: after every change of the book, after what came of a write, and once a second. */
void sounder_go(struct sounder *s, const struct ladder_book *b);
/* Something came of a write since sounder_go. */
bool sounder_waits(const struct sounder *s);
/* After a reload. What is not configured any more is switched off. */
void sounder_rebind(struct sounder *s);
