/* build_ladder.c: contacts and ladders: in this version only their shape and their names. */
#include "conf/build.h"

/* Ladders that are always there. */
static const char *const standard[] = { "L1", "L2" };

void build_ladder_contacts(struct build *b, const struct build_entries *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct fields f;

		build_read(b, "contacts", &e->entries[i], &f);
		build_declare(b, &b->contacts, &f);
	}
}

void build_ladder_all(struct build *b, const struct build_entries *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct fields f;

		build_read(b, "ladders", &e->entries[i], &f);
		build_declare(b, &b->ladders, &f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		idents_add(&b->ladders, standard[i], (struct diag_at){ 0 });
}
