/* plugin.h: a plugin instance: a row of the configuration. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct plugin {
	const char *id;
	const char *program;      /* "mqtt-source", or an absolute path */
	const char *options_json; /* one JSON object, never NULL */
	int64_t max_age_us;       /* no life for this long: restarted */
	struct diag_at at;
};
