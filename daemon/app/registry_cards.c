#include "app/registry_cards.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

static void say(const char *card, const char *owner, struct str_buf *problem)
{
	if (owner)
		str_buf_printf(problem, "cards: '%s' is one of '%s', too: whose is it?", card, owner);
	else
		str_buf_printf(problem, "cards: '%s' is another resident's, too: whose is it?", card);
}

bool registry_cards_taken(const struct registry *g, const struct resident *r, const struct scope *scope,
			  struct str_buf *problem)
{
	_cleanup_(freep) char *card = NULL;
	const char *list = r->cards;

	while ((free(card), card = resident_next_word(&list)))
		for (size_t i = 0; i < g->count; i++) {
			const struct resident *other = &g->all[i];

			if (!other->cards || str_equal(other->id, r->id) || !resident_has_card(other, card))
				continue;
			say(card, !scope || scope_covers(scope, other->place) ? other->id : NULL, problem);
			return true;
		}
	return false;
}

/* ---- a table ---- */

struct owners {
	struct map *by_card; /* to ids */
	char **cards;        /* its keys */
	size_t count;
};

static void owners_fini(struct owners *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->cards[i]);
	free(o->cards);
	map_free(o->by_card);
}

/* NULL: it was nobody's before; it is his now. */
static const char *give(struct owners *o, const char *card, char *id)
{
	const char *owner = map_find(o->by_card, card);

	if (owner)
		return owner;
	if ((o->count & (o->count - 1)) == 0) /* 0 and the powers of two: it doubles */
		o->cards = mem_realloc(o->cards, MAX(o->count * 2, (size_t)1), sizeof(*o->cards));
	o->cards[o->count] = mem_strdup(card);
	map_put(o->by_card, o->cards[o->count++], id);
	return NULL;
}

/* Those of whom the table does not say anything keep theirs. */
static void give_kept(struct owners *o, const struct registry *g, const struct map *said)
{
	for (size_t i = 0; i < g->count; i++) {
		_cleanup_(freep) char *card = NULL;
		const char *list = map_find(said, g->all[i].id) ? NULL : g->all[i].cards;

		while ((free(card), card = resident_next_word(&list)))
			give(o, card, g->all[i].id);
	}
}

static void check_row(struct owners *o, const struct residents *read, size_t i, struct diag *d)
{
	const struct resident *r = &read->all[i];
	_cleanup_(freep) char *card = NULL;
	const char *list = r->cards;

	while ((free(card), card = resident_next_word(&list))) {
		const char *owner = give(o, card, r->id);
		_cleanup_str_buf_ struct str_buf problem = { 0 };

		if (!owner || str_equal(owner, r->id))
			continue;
		say(card, owner, &problem);
		diag_error(d, (struct diag_at){ .file = "table", .line = read->lines[i] }, "%s", problem.text);
	}
}

void registry_cards_check(const struct registry *g, const struct residents *read, struct diag *d)
{
	struct owners owners = { .by_card = map_new() };
	struct map *said = map_new();

	for (size_t i = 0; i < read->count; i++)
		if (read->all[i].id)
			map_put(said, read->all[i].id, read->all[i].id);
	give_kept(&owners, g, said);
	for (size_t i = 0; i < read->count; i++)
		if (read->all[i].id)
			check_row(&owners, read, i, d);
	map_free(said);
	owners_fini(&owners);
}
