/* retired.h: what a reload leaves behind: configurations that plugins on their way out still refer to, and what nobody
 * needs any more, freed on the reader thread: a large one would hold up the loop. Main thread. */
#pragma once

#include <stdbool.h>

struct live;
struct conf;
struct swap;
struct retired;

struct retired *retired_new(struct live *l);
void retired_free(struct retired *r); /* after the plugins have ended */
/* No room for two more: too many still are referred to. */
bool retired_full(const struct retired *r);
void retired_add(struct retired *r, struct conf *c); /* takes it; NULL is fine */
void retired_drop_swap(struct retired *r, struct swap *s);
/* Frees what nobody refers to any more. */
void retired_sweep(struct retired *r);
