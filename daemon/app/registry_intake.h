/* registry_intake.h: a table that has come whole becomes part of the register: checked, compared with what is there, handed to the store
 * (one transaction: all of it, or nothing), taken into memory, given to the engine: each in turns of its own, so that the loop does not
 * wait for 20,000 residents. Whatever else wants to change the register has it settled first. Main thread. */
#pragma once

#include "app/registry_inside.h"

/* Takes what was read and the mistakes found in it (both are empty then); act is answered later. */
void registry_intake_begin(struct registry *g, const struct api_register *act, struct residents *read, struct diag *d);
/* The rest of it, now. */
void registry_intake_settle(struct registry *g);
void registry_intake_forget(struct registry *g); /* the register ends */
