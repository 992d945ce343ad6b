/* unread.h: what the files may have said that could not be read to their end: every word of theirs may be an id that they
 * declare, or change. Of those nobody is told that they are not there, nor anything else that could be false.
 *
 * Pure; the caller owns it. Never logs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

struct unread {
	struct arena *arena; /* of the words */
	struct map *words;   /* NULL: none */
	bool everything;     /* a file, or a directory, could not be opened at all */
};

void unread_add(struct unread *u, const char *text, size_t len);
void unread_fini(struct unread *u);
/* Whether something of that name may stand there; also where the name is one of a bank ("loop" for "loop-3"). */
bool unread_may_have(const struct unread *u, const char *name);
/* The same for any word of a text: of an expression, or of a place's path. */
bool unread_may_have_any(const struct unread *u, const char *text);
