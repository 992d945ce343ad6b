/* feed.h: what comes in: readings and edges of the buses, samples and words of the plugins. Main thread. */
#pragma once

#include <event2/util.h>

#include "plugin/supervisor.h"

/* The queue of the buses is readable; context is struct live. */
void feed_field(evutil_socket_t fd, short events, void *context);
/* What plugins call up with; context (struct live) is filled in by the caller. */
extern const struct supervisor_calls feed_plugin_calls;
