/* swap.h: one configuration takes the place of another by difference. What takes long (points, rules, plans, which row is
 * which) is made ready on the reader thread while the old one works; the swap itself is one short turn of the loop, and
 * the rules look at the values that are there in slices after it.
 *
 *   reader: swap_prepare ──► main: swap_apply ──► slices (swap_evaluate_some) ──► all rules have looked
 *
 * Between prepare and apply the configuration in force must stay the same one. */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"

struct live;
struct swap;

/* 0 or -errno. to is lent until the swap is freed, and for as long as it is in force. Reader thread. */
int swap_prepare(struct live *l, struct conf *to, struct swap **ret_swap);
void swap_free(struct swap *s); /* any thread; what of it is in force stays */
/* `to` is in force; hands back the configuration before, which what is on its way out still refers to. Main thread. The
 * engine before goes with the swap: free it where it holds up nobody. */
struct conf *swap_apply(struct live *l, struct swap *s);
/* A slice of what is left to look at after a swap; true while there is more. */
bool swap_evaluate_some(struct live *l);
