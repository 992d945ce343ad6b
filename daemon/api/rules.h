/* rules.h: rules, and why they are active or not. Main thread. */
#pragma once

#include "api/call.h"

void rules_list(struct call *x);
void rules_explain(struct call *x);
