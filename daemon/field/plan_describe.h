/* plan_describe.h: a plan in words. Pure. */
#pragma once

#include "base/str.h"
#include "field/plan.h"

/* "holding:0+13" of the whole request, without unit and period; appended. */
void plan_describe_request(const struct plan *p, const struct plan_request *r, struct str_buf *to);
/* One line a request: "unit 4: holding:0+13 every 1s, 12 values, 2 of them wanted less often". */
void plan_describe(const struct plan *p, struct str_buf *to);
