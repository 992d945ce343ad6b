/* store_register.h: a change of the register on its way into state.db, and what an erasure takes with it. A copy: owned by its
 * operation (store_op.h). */
#pragma once

#include "model/resident.h"
#include "store/store.h"

struct state;
struct store_op;

struct store_register_copy {
	struct resident *changed;
	size_t changed_count;
	char *erased;       /* an id; NULL: nobody */
	char *erased_place; /* the dwelling that nobody watched lives in any more; NULL: somebody does */
	char **points;      /* whose values and samples go */
	size_t point_count;
};

/* Puts copies into op, with its audits. -EINVAL: a resident without id or place. */
int store_register_fill(struct store_op *op, const struct store_register *from);
void store_register_free(struct store_register_copy *c);
/* Within the transaction of state.db. */
int store_register_apply(struct state *s, const struct store_op *op);
/* Likewise: the samples of its points have gone. */
int store_register_erased(struct state *s, const struct store_op *op);
