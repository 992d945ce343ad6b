/* register.h: the register of residents: who lives where, what of it may be shown to whom, changes. Main thread.
 *
 * A row is shown masked. Names, telephone numbers, sheets, versions and the whole table are released with a reason only, when the
 * record of that is durable. A care worker sees rows and writes absences; the rest is written by an administrator. At the desk the sheet
 * is for an open alarm of priority 1 or 2 in that dwelling. */
#pragma once

#include "api/inside.h"

void register_list(struct call *x);
void register_add(struct call *x);
void register_get(struct call *x);
void register_set(struct call *x);
void register_sheet(struct call *x);
void register_of_alarm(struct call *x); /* whom an open alarm of the building is about */
void register_versions(struct call *x);
void register_erase(struct call *x);
void register_export(struct call *x);
void register_import(struct call *x);
