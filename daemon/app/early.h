/* early.h: messages of the first moments, kept for plugins that have not said yet whether they are uplinks. Main thread.
 *
 * As long as an instance is expected to say what it is, every message is kept; when all have spoken, or too many alarms would
 * have to be kept, they are forgotten. Bounded: of the data lane the oldest make room, and nothing of it ever takes the room of
 * an alarm. */
#pragma once

#include <stddef.h>

#include "store/store.h"

#define EARLY_ALARMS_MAX 2000
#define EARLY_DATA_MAX   2000

struct early;

struct early *early_new(void);
void early_free(struct early *e);
/* The instance has not said yet what it is. */
void early_expect(struct early *e, const char *instance);
/* It has, or it is gone. */
void early_known(struct early *e, const char *instance);
bool early_waits(const struct early *e); /* for one of them */
/* Copies both, of the pattern lane, kind (lent for good) and times; does nothing where nobody is waited for. */
void early_keep(struct early *e, const struct store_message *pattern, const char *payload);
size_t early_count(const struct early *e);
/* The alarms, then the data, each in the order in which they came: the one after m, the first after NULL; NULL at the end.
 * Without uplink. Lent. */
const struct store_message *early_next(const struct early *e, const struct store_message *m);
