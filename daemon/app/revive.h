/* revive.h: the start: what the store kept goes where it belongs, and each takes it up where it was. Main thread. */
#pragma once

struct live;

/* Everything that state.db held; before the first reading. 0 or -errno. */
int revive_kept(struct live *l);
