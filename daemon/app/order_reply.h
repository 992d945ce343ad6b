/* order_reply.h: what came of an order, in words and as JSON: the answer to who asked. Main thread. */
#pragma once

#include "app/orders.h"

void order_reply(struct live *l, const struct orders_one *one, const struct order_result *result);
/* {"error":{"status","text"}} */
void order_reply_problem(struct api_pending *p, int status, const char *text);
/* What became of it where it is not done, with what to do now; appended. Returns the status of HTTP. */
int order_reply_say(const struct orders_one *one, const struct order_result *result, struct str_buf *to);
