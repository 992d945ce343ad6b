#include "alarm/proof.h"

#include <string.h>

#include "base/mem.h"

#define NAMED_MAX 5
#define EARLIEST  (1577836800 * S) /* 2020: a clock before that is unset */
#define AHEAD_MAX DAY              /* later than now by more: of a clock that was wrong, and has been set back since */

static bool is_way(const struct watcher *w)
{
	return w->rule->life_safety && w->device && w->reads_events;
}

bool proof_is_way(const struct proof *p, const char *device)
{
	return map_find(p->ways, device) != NULL;
}

static struct proof_group *group_of(struct proof *p, const char *place)
{
	size_t len = place_first_len(place);
	struct proof_group *g;
	struct str_buf first = { 0 };

	for (size_t i = 0; i < p->count; i++)
		if (strlen(p->groups[i].place) == len && memcmp(p->groups[i].place, place, len) == 0)
			return &p->groups[i];
	p->groups = mem_realloc(p->groups, p->count + 1, sizeof(*p->groups));
	g = &p->groups[p->count++];
	str_buf_add_len(&first, place, len);
	*g = (struct proof_group){ .place = str_buf_take(&first) };
	return g;
}

static void add(struct proof *p, const struct device *d)
{
	struct proof_group *g = group_of(p, d->place);

	if (g->count == g->room) {
		g->room = MAX((size_t)8, g->room * 2);
		g->devices = mem_realloc(g->devices, g->room, sizeof(*g->devices));
	}
	g->devices[g->count++] = d;
}

void proof_init(struct proof *p, const struct roster *r, int64_t longest_us)
{
	bool watched = longest_us && map_find(r->built_in, PROOF_RULE);

	*p = (struct proof){ .longest_us = longest_us, .due_us = INT64_MAX, .ways = map_new() };
	for (size_t i = 0; i < r->count; i++) {
		const struct device *d = r->watchers[i]->device;

		if (!is_way(r->watchers[i]) || proof_is_way(p, d->id))
			continue; /* two calls of one device are one way */
		map_put(p->ways, d->id, (void *)d);
		if (watched)
			add(p, d);
	}
}

void proof_fini(struct proof *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->groups[i].place);
		free(p->groups[i].devices);
	}
	free(p->groups);
	map_free(p->ways);
	*p = (struct proof){ .due_us = INT64_MAX };
}

static bool is_believed(const struct mode *m, int64_t wall_us)
{
	return m && m->since_us - wall_us <= AHEAD_MAX;
}

void proof_note_new(const struct proof *p, struct mode_book *modes, struct clock_now now, struct alarm_effects *out)
{
	if (now.wall_us < EARLIEST)
		return;
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->groups[i].count; k++) {
			const char *id = p->groups[i].devices[k]->id;
			struct mode m = { .kind = MODE_KNOWN,
					  .subject = (char *)id, /* lent: the book takes its own copy */
					  .since_us = now.wall_us,
					  .spell = { .on = true } };

			if (is_believed(mode_book_find(modes, MODE_KNOWN, id), now.wall_us))
				continue;
			mode_book_put(modes, &m);
			mode_tell(out, &m);
		}
}

static bool is_overdue(const struct proof *p, const char *device, const struct proof_question *q)
{
	const struct mode *proven = mode_book_find(q->modes, MODE_PROVEN, device);
	const struct mode *known = mode_book_find(q->modes, MODE_KNOWN, device);
	int64_t since_us = known ? known->since_us : q->wall_us;

	if (is_believed(proven, q->wall_us))
		since_us = MAX(since_us, proven->since_us); /* one of an unset clock says nothing */
	return q->wall_us >= EARLIEST && q->wall_us - since_us >= p->longest_us;
}

size_t proof_overdue(const struct proof *p, const struct proof_question *q, struct proof_words *words)
{
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	size_t overdue = 0;

	for (size_t i = 0; i < q->group->count; i++) {
		const char *id = q->group->devices[i]->id;

		if (!is_overdue(p, id, q) || ++overdue > NAMED_MAX)
			continue;
		str_buf_printf(&zh, "%s%s", overdue > 1 ? "、" : "", id);
		str_buf_printf(&en, "%s%s", overdue > 1 ? ", " : "", id);
	}
	str_buf_printf(&words->zh, "%zu 个：%s%s", overdue, str_buf_text(&zh), overdue > NAMED_MAX ? "…" : "");
	str_buf_printf(&words->en, "%zu: %s%s", overdue, str_buf_text(&en), overdue > NAMED_MAX ? " …" : "");
	return overdue;
}
