/* writing.h: what may be written, and what came of it: permission, value, condition before; the record after. Main thread.
 *
 * A point is written only where its profile calls it writable, its device allows writes, and its only_when is true: unknown
 * is no. Who, why, the value before and after go to the log. */
#pragma once

#include "app/orders.h"

/* Fills in what the bus is to do. 0, or the status of HTTP with why appended. */
int writing_prepare(struct live *l, const struct api_order *asked, struct order *order, struct str_buf *why);
/* Records it, and shows what was read back as the point's value. */
void writing_done(struct live *l, const struct orders_one *one, const struct order_result *result);
/* "point", "value" (wanted), "old", "read", … into the answer. */
void writing_add(const struct live *l, const struct orders_one *one, const struct order_result *result, json_t *body);
/* Something else was read back; appended. */
void writing_say_differs(const struct orders_one *one, const struct order_result *result, struct str_buf *to);
