/* multipart.h: a stream of parts (multipart/mixed) as access controllers send it, cut into documents. Pure; the caller owns it.
 *
 *   between --"--BOUNDARY"--> headers --empty line--> begin --'{' or '<'--> document --whole--> between, told
 *      ^                                                 '--any other byte--> picture, skipped up to the next boundary
 *      '--- a document that begins a line without any boundary is taken too
 *
 * What the head of the answer and Content-Length say is not believed: makers count wrongly, repeat a boundary, or announce
 * another than they send. A boundary is learnt from the stream, and a document is over where its braces or its tags say so:
 * it is told at once, not when the next part begins. Bounded: one document, one line.
 *
 * Invariant: however the bytes are cut, the same documents are told in the same order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIPART_DOCUMENT_MAX ((size_t)64 * 1024)
#define MULTIPART_JUNK_MAX     ((uint64_t)64 * 1024)        /* bytes in a row of which nothing becomes */
#define MULTIPART_PICTURE_MAX  ((uint64_t)16 * 1024 * 1024) /* of one part that is skipped */

struct multipart;

struct multipart_counts {
	uint64_t documents, pictures;
	uint64_t broken;   /* documents that a boundary ended too early */
	uint64_t too_long; /* documents */
};

/* document: JSON or XML, which begins with { or <; text has a NUL behind it and is lent. It may not feed or free m. */
struct multipart *multipart_new(void (*document)(void *user, const char *text, size_t len), void *user);
void multipart_free(struct multipart *m);
/* False: this is no such stream; from then on nothing more is told. */
bool multipart_feed(struct multipart *m, const char *data, size_t len);
const struct multipart_counts *multipart_counts(const struct multipart *m);
