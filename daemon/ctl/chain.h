/* chain.h: does a row of audit records prove itself? Takes them as they are exported, in order, and tells what is wrong: rows
 * that are missing, changed, moved or cut off. Does its own arithmetic: it trusts nothing but the lines. Pure; one thread.
 *
 *   hash(n) = SHA-256( hash(n - 1) as 64 hex digits, then the record's text )      hash(0) = 64 zeros
 *   line    = the record's text, its last brace replaced by ,"prev":"hash(n - 1)","hash":"hash(n)"} */
#pragma once

#include <jansson.h>

#include "base/str.h"

#define CHAIN_HEX 65 /* of a hash, with the end */

struct chain_head {
	uint64_t n; /* 0: not known */
	char hash[CHAIN_HEX];
};

/* What is wrong with rows from..to, as a word and in full (lent). wrong false: it is only to be known. */
struct chain_finding {
	uint64_t from, to;
	const char *problem; /* missing changed moved unreadable cut-off anchor head witness restored */
	const char *text;
	bool wrong;
};

struct chain {
	struct chain_head at;  /* the last row taken */
	char other[CHAIN_HEX]; /* its hash if only that was changed; "": none */
	bool moved;            /* the row before stood in a wrong place */
	uint64_t first, rows, wrong;
	struct chain_head anchor; /* rows up to it went for their age; n 0: none */
	bool anchored;            /* a record says so */
	struct chain_head known;  /* a head that was kept elsewhere; n 0: none */
	void *context;
	void (*found)(void *context, const struct chain_finding *finding);
};

/* Before the first row. The rest of c is the caller's: context, found, known. anchor: of the daemon; n UINT64_MAX where it is not
 * known, then the first row says what it stands behind. */
void chain_begin(struct chain *c, const struct chain_head *anchor);
/* Older rows have gone while we read: what is before the anchor of now is not missing. */
void chain_follow(struct chain *c, const struct chain_head *anchor);
void chain_take(struct chain *c, const char *line);
/* After the last row. head: that the daemon says; n 0: nobody says it. */
void chain_end(struct chain *c, const struct chain_head *head);

/* "N:HASH" 0, -EINVAL. */
int chain_parse_head(const char *text, struct chain_head *ret_head);
