#include "care/buildings.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void buildings_fini(struct buildings *b)
{
	for (size_t i = 0; i < b->count; i++) {
		wave_free(b->all[i].wave);
		free(b->all[i].id);
		free(b->all[i].asset);
	}
	free(b->all);
	*b = (struct buildings){ .count = 0 };
}

static size_t find_or_add(struct buildings *b, const char *place)
{
	size_t len = place_first_len(place);
	struct buildings_one *one;
	char asset[96];

	for (size_t i = 0; i < b->count; i++)
		if (strlen(b->all[i].id) == len && !strncmp(b->all[i].id, place, len))
			return i;
	b->all = mem_realloc(b->all, b->count + 1, sizeof(*b->all));
	one = &b->all[b->count];
	snprintf(asset, sizeof(asset), BUILDINGS_ASSET "%.*s", (int)len, place);
	*one = (struct buildings_one){ .id = mem_strndup(place, len), .asset = mem_strdup(asset) };
	return b->count++;
}

void buildings_make(struct buildings *b, const struct watched *watched)
{
	buildings_fini(b);
	for (size_t i = 0; i < watched->count; i++) {
		struct home *h = watched->all[i];

		h->building = find_or_add(b, h->place);
		h->number = b->all[h->building].homes++;
		h->counted = h->crossed = false;
	}
	for (size_t i = 0; i < b->count; i++)
		b->all[i].wave = wave_new(b->all[i].homes);
	for (size_t i = 0; i < watched->count; i++)
		wave_name(b->all[watched->all[i]->building].wave, watched->all[i]->number, watched->all[i]->place);
}

void buildings_tell_as(struct buildings *b, const struct buildings *before)
{
	for (size_t i = 0; i < b->count; i++)
		for (size_t k = 0; k < before->count; k++)
			if (str_equal(b->all[i].id, before->all[k].id)) {
				b->all[i].told = before->all[k].told;
				wave_take_up(b->all[i].wave, before->all[k].wave);
			}
}

bool buildings_hear(struct buildings *b, struct home *h, int64_t crossed_us)
{
	bool changed = h->crossed != !!crossed_us;
	struct buildings_one *one = &b->all[h->building];
	bool counts = welfare_is_judged(&h->view);

	if (counts != h->counted)
		one->watched = counts ? one->watched + 1 : one->watched - 1;
	h->counted = counts;
	wave_watched(one->wave, one->watched);
	if (crossed_us)
		wave_cross(one->wave, h->number, crossed_us);
	else
		wave_end(one->wave, h->number);
	h->crossed = crossed_us;
	return changed;
}

int64_t buildings_hold(const struct buildings *b, const struct home *h, int64_t stage_us)
{
	return wave_hold(b->all[h->building].wave, h->number, stage_us);
}

bool buildings_have_water(const struct buildings *b, const struct home *h, int64_t mono_us)
{
	return wave_has_water(b->all[h->building].wave, mono_us);
}

bool buildings_pump(struct buildings *b, const struct buildings_pump *p, int64_t mono_us)
{
	uint64_t bit = p->number < 64 ? (uint64_t)1 << p->number : 0;

	if (!bit || !(b->pumps_out & bit) == !p->out)
		return false;
	b->pumps_out ^= bit;
	wave_pump(b->all[p->building].wave, p->out ? 1 : -1, mono_us);
	return true;
}

void buildings_pass(struct buildings *b, struct care_turn *t)
{
	for (size_t i = 0; i < b->count; i++) {
		struct buildings_one *one = &b->all[i];
		struct verdict v;

		wave_tick(one->wave, t->now.mono_us);
		wave_judge(one->wave, &v);
		if (v.active == one->told)
			continue;
		one->told = v.active;
		evaluator_set(t->evaluator,
			      &(struct evaluator_condition){ .rule = "supervision",
							     .asset = one->asset,
							     .place = one->id,
							     .active = v.active,
							     .why_zh = v.active ? v.zh : NULL,
							     .why_en = v.active ? v.en : NULL,
							     .priority = v.priority },
			      t->now, t->out);
	}
}
