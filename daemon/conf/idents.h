/* idents.h: the ids of one kind of thing while a configuration is built: each once, found by hash, near misses suggested.
 * Single owner. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "base/str.h"

struct ident {
	const char *id;
	struct diag_at at; /* where it is declared */
	void *object;      /* what it names; may be NULL while it is broken */
	bool spare;        /* its id is taken, wrong or missing: it is only checked, and nobody finds it */
};

struct idents {
	struct arena *arena; /* of the entries */
	struct map *by_id;
};

void idents_init(struct idents *i, struct arena *a);
void idents_fini(struct idents *i);
/* Adds id (lent). The entry, or NULL where the id is taken. */
struct ident *idents_add(struct idents *i, const char *id, struct diag_at at);
/* One that is only checked. */
struct ident *idents_spare(const struct idents *i, struct diag_at at);
struct ident *idents_find(const struct idents *i, const char *id);  /* or NULL */
const char *idents_nearest(const struct idents *i, const char *id); /* or NULL */
/* "; did you mean 'gw'?", or what there is: "; expected gw-1, gw-2 or riser"; of many the first by name. */
void idents_expect(const struct idents *i, const char *id, struct str_buf *to);
