/* whole.h: is this JSON or XML document over? Byte by byte, without reading what it says: braces outside of texts, tags and
 * their ends. Pure; the caller owns it.
 *
 * It never says "over" within a document that is right; of one that is wrong it may say anything, for a parser comes after it. */
#pragma once

#include <stdbool.h>

struct whole {
	bool xml;
	unsigned depth;
	char quote;       /* within a text: which closes it; 0: none */
	bool escaped;     /* JSON: behind a backslash */
	bool in_tag;      /* XML: behind a '<' */
	char first, last; /* XML: of the tag so far */
};

/* first: the byte that the document begins with, '{' or '<'; it is to be fed too. */
void whole_begin(struct whole *w, char first);
bool whole_feed(struct whole *w, char byte);
