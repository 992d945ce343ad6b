/* pages.h: the page itself: files that are read once and served from memory. Main thread.
 *
 * A text is sent packed to who takes that: as NAME.gz beside it, or packed when it is read. A name with a hash in it (app.3f9c21ab.js)
 * never means anything else and is kept by the browser, and so is one that is asked for by its version (main.js?v=3f9c21ab); all else
 * is asked for again with its ETag. A path of the page's own (no dot in its last part) is index.html, or, where there is one,
 * login.html for who has no session yet. The policy of a page allows the one <style> that stands in it, by its hash, and no other.
 * Bounded: files, bytes. */
#pragma once

#include <stddef.h>

#include "gate/web_inside.h"

struct pages;

/* Never NULL: a folder that is missing or empty is a page that says so. */
struct pages *pages_read(const char *dir);
void pages_free(struct pages *p);
size_t pages_count(const struct pages *p);
void pages_serve(const struct pages *p, struct web_call *c);
