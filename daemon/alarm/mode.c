#include "alarm/mode.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"

static const char *const names[MODE_KINDS] = {
	[MODE_OUT_OF_SERVICE] = "out_of_service",
	[MODE_TEST] = "test",
	[MODE_PROVEN] = "proven",
	[MODE_KNOWN] = "known",
};

const char *mode_name(enum mode_kind k)
{
	return (size_t)k < MODE_KINDS ? names[k] : "";
}

int mode_parse(const char *name, enum mode_kind *ret_kind)
{
	for (size_t i = 0; i < MODE_KINDS; i++)
		if (str_equal(name, names[i])) {
			*ret_kind = (enum mode_kind)i;
			return 0;
		}
	return -EINVAL;
}

void mode_fini(struct mode *m)
{
	free(m->subject);
	alarm_spell_fini(&m->spell);
	*m = (struct mode){ 0 };
}

void mode_copy(const struct mode *from, struct mode *ret_copy)
{
	struct mode copy = *from;

	copy.subject = mem_strdup(from->subject);
	copy.spell = (struct alarm_spell){ 0 };
	alarm_spell_set(&copy.spell, &from->spell);
	*ret_copy = copy;
}

void mode_tell(struct alarm_effects *e, const struct mode *m)
{
	if (e->mode_count == e->mode_room) {
		e->mode_room = MAX((size_t)4, e->mode_room * 2);
		e->modes = mem_realloc(e->modes, e->mode_room, sizeof(*e->modes));
	}
	mode_copy(m, &e->modes[e->mode_count++]);
}

void mode_book_init(struct mode_book *m)
{
	*m = (struct mode_book){ 0 };
	for (size_t i = 0; i < MODE_KINDS; i++)
		m->by_kind[i] = map_new();
}

void mode_book_fini(struct mode_book *m)
{
	for (size_t i = 0; i < m->count; i++) {
		mode_fini(m->all[i]);
		free(m->all[i]);
	}
	free(m->all);
	for (size_t i = 0; i < MODE_KINDS; i++)
		map_free(m->by_kind[i]);
	*m = (struct mode_book){ 0 };
}

const struct mode *mode_book_find(const struct mode_book *m, enum mode_kind k, const char *subject)
{
	return map_find(m->by_kind[k], subject);
}

static void find_first(struct mode_book *m)
{
	m->first = NULL;
	for (size_t i = 0; i < m->count; i++)
		if (!mode_lasts(m->all[i]->kind) && (!m->first || m->all[i]->spell.end_us < m->first->spell.end_us))
			m->first = m->all[i];
}

void mode_book_remove(struct mode_book *m, enum mode_kind k, const char *subject)
{
	struct mode *gone = map_remove(m->by_kind[k], subject);
	size_t i = 0;

	if (!gone)
		return;
	while (m->all[i] != gone)
		i++;
	m->all[i] = m->all[--m->count];
	m->limited -= !mode_lasts(k);
	mode_fini(gone);
	free(gone);
	find_first(m);
}

int mode_book_put(struct mode_book *m, const struct mode *mode)
{
	struct mode *entry = map_find(m->by_kind[mode->kind], mode->subject);
	struct mode copy;

	if (entry) {
		alarm_spell_set(&entry->spell, &mode->spell);
		entry->since_us = mode->since_us;
		find_first(m);
		return 0;
	}
	if (!mode_lasts(mode->kind) && m->limited == MODE_MAX)
		return -ENOSPC;
	if (m->count == m->room) {
		m->room = MAX((size_t)8, m->room * 2);
		m->all = mem_realloc(m->all, m->room, sizeof(struct mode *));
	}
	mode_copy(mode, &copy);
	m->all[m->count++] = entry = MEM_NEW(struct mode);
	*entry = copy;
	m->limited += !mode_lasts(mode->kind);
	map_put(m->by_kind[mode->kind], entry->subject, entry);
	find_first(m);
	return 0;
}

const struct mode *mode_book_first(const struct mode_book *m)
{
	return m->first;
}
