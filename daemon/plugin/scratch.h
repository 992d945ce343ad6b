/* scratch.h: a plugin instance's own folder for temporary files: its TMPDIR. Main thread; the supervisor owns it. */
#pragma once

#include "base/complain.h"
#include "plugin/sandbox.h"

/* Zero-initialised: none yet. */
struct scratch {
	char *dir; /* NULL: none, because none could be made */
	struct complaint none;
};

/* Before each start: makes it, also again where somebody has cleaned up; removes what daemons left behind that were killed. In $TMPDIR where the plugin's user comes there,
 * else in /tmp. Without one a plugin runs all the same: few ever write a file. */
void scratch_keep(struct scratch *s, const char *instance, const struct sandbox *sandbox);
void scratch_remove(struct scratch *s); /* with all that is in it */
