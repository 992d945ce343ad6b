/* idents.h: the ids of one kind of thing while a configuration is built: each once, found by hash, near misses suggested.
 * Single owner. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"

struct ident {
	const char *id;
	struct diag_at at; /* where it is declared */
	void *object;      /* what it names; may be NULL while it is broken */
};

struct idents {
	struct arena *arena; /* of the entries */
	struct map *by_id;
};

void idents_init(struct idents *i, struct arena *a);
void idents_fini(struct idents *i);
/* Adds id (lent). The entry, or NULL where the id is taken. */
struct ident *idents_add(struct idents *i, const char *id, struct diag_at at);
struct ident *idents_find(const struct idents *i, const char *id);  /* or NULL */
const char *idents_nearest(const struct idents *i, const char *id); /* or NULL */
