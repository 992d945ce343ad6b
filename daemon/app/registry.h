/* registry.h: the register of residents: who lives where, in memory as state.db has it; changes that people make to it, and
 * what is released of it. Main thread.
 *
 *   asked --checked--> in force (care knows at once) and handed to the store --COMMIT--> answered
 *     '--wrong--> answered: which field, what was expected
 *
 * A change is in force before it is durable, as an alarm is; who asked is answered after. What is released (names, sheets, versions,
 * the whole table) is released only when the record of it is durable. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct live;
struct registry;

struct registry *registry_new(struct live *l);
/* Whoever still waits is let go of. */
void registry_free(struct registry *g);

/* Start: one that was kept; copied. Then, before anything is asked of care, registry_feed: also after a reload. */
void registry_restore(struct registry *g, const struct resident *r);
void registry_feed(struct registry *g);

const struct resident *registry_all(const struct registry *g,
				    size_t *ret_count); /* by id; lent until the next change */
/* Answers through act->pending, now or later. */
void registry_act(struct registry *g, const struct api_register *act);
/* A STORE_REGISTER completion. */
void registry_done(struct registry *g, struct store_done *done);
