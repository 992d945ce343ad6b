/* build_scope.h: what an expression of the configuration may speak of, and what nobody can judge: a name that is not
 * there because of another mistake, which was told, is not told again. All else of the expression is checked.
 *
 * Lent: lives no longer than the build and the expression's subject. */
#pragma once

#include "alarm/expr.h"
#include "conf/build.h"

struct build_scope {
	const struct build *b;
	struct expr_scope expr; /* for expr_parse; the caller adds subject, at and what else it wants */
};

/* The class of a profile with the points that only this profile has: who speaks of one device or profile may use them. */
const struct class *build_scope_class(struct build *b, const struct profile *profile);
/* class: whose points are its own; NULL: nobody knows, by a mistake that was told. In place: expr points to s. */
void build_scope_init(struct build_scope *s, const struct build *b, const struct class *class);
