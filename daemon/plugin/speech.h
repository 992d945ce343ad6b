/* speech.h: the lines that the daemon says to plugins (plugins/README.md). Pure: appends to a buffer, without the newline. */
#pragma once

#include "base/str.h"
#include "model/device.h"
#include "model/estate.h"
#include "model/plugin.h"
#include "plugin/supervisor.h"

struct speech_introduction {
	const struct plugin *plugin;
	const struct estate *estate;
	const struct device *const *devices; /* of this plugin */
	size_t device_count;
};

/* "hello" with as many devices as fit into a line; *ret_next is the first one that did not.
 * 0, -EMSGSIZE: its options are longer than a line may be. */
int speech_hello(struct str_buf *to, const struct speech_introduction *i, size_t *ret_next);
/* "devices" with those from `from` on, as many as fit. 0, -EMSGSIZE: not even one fits. */
int speech_devices(struct str_buf *to, const struct speech_introduction *i, size_t from, size_t *ret_next);

void speech_deliver(struct str_buf *to, const struct supervisor_batch *b);
void speech_stored(struct str_buf *to, const char *id_json);
void speech_ping(struct str_buf *to, uint64_t id);
void speech_stop(struct str_buf *to);
