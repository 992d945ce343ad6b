/* backups.h: copies of all that is kept, made for estatectl, which packs them into one file. Main thread. */
#pragma once

#include "api/call.h"

void backups_begin(struct call *x); /* POST /v1/backup */
void backups_get(struct call *x);   /* GET /v1/backup: how far it is */
void backups_end(struct call *x);   /* POST /v1/backup/end: the copies are no longer wanted */
