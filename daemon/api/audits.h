/* audits.h: the routes of the audit record: read it, and take it along to prove it. Handlers. Main thread. */
#pragma once

#include "api/call.h"

void audits_show(struct call *x);
void audits_chain(struct call *x);
