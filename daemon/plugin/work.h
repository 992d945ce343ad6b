/* work.h: what a plugin that is up says of its work: samples, answers. Checked against its own devices, handed upwards.
 * Main thread; the supervisor owns it. */
#pragma once

#include "plugin/protocol.h"
#include "plugin/supervisor.h"

struct work;

/* The setup is lent. */
struct work *work_new(const struct supervisor_setup *setup, struct supervisor *s);
void work_free(struct work *w);
UTIL_DEFINE_CLEANUP(struct work *, work_free);

void work_take(struct work *w, const struct protocol_message *m);

/* The instance's own devices, in the order of the configuration; lent. */
const struct device *const *work_devices(const struct work *w, size_t *ret_count);
