/* watcher_say.h: what a watcher's alarm says: reason, text, guidance. Pure; private to watcher.c. */
#pragma once

#include "alarm/watcher.h"

/* Fills them into w->alarm (not NULL) by the readings as they are. */
void watcher_say(const struct watcher_world *world, const struct watcher *w, int64_t now_us);
/* The words alone, by its reason as it is. */
void watcher_say_again(const struct watcher_world *world, const struct watcher *w, int64_t now_us);
/* The name of the place, where it is declared with one; else its path. Lent. */
const char *watcher_say_place(const struct watcher_world *world, const char *path);
