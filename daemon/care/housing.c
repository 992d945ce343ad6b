#include "care/housing.h"

#include "base/mem.h"
#include "base/str.h"

/* The figures of the dwelling: the rule's, then those that its residents' rows say. */
static void set_figures(const struct housing *g, struct home *h)
{
	settings_usual(&h->settings);
	for (size_t i = 0; i < g->rule_count; i++) {
		const struct rule *rule = &g->rules[i];

		for (size_t k = 0; rule->condition == RULE_CONDITION_CARE && k < rule->setting_count; k++) {
			int key = settings_find(rule->id, rule->settings[k].name);

			if (key >= 0)
				h->settings.values[key] = rule->settings[k].value;
		}
	}
	for (size_t i = 0; i < h->resident_count; i++)
		if (h->residents[i].limits)
			settings_apply(&h->settings, h->residents[i].limits, NULL);
}

/* Who lives there is known: what follows for the rules. */
static void set_concern(const struct housing *g, struct home *h)
{
	const struct resident **who = mem_array(h->resident_count + 1, sizeof(*who));

	for (size_t i = 0; i < h->resident_count; i++)
		who[i] = &h->residents[i];
	concern_of(who, h->resident_count, &h->concern);
	h->asleep = !h->concern.rules;
	set_figures(g, h);
	free(who);
}

/* Those of a dwelling that was not watched. */
static bool asks(const struct tenants_dwelling *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->residents[i].categories && !resident_refuses(&d->residents[i]))
			return true;
	return false;
}

static void house(struct watched *w, const struct housing *g, const struct tenants_dwelling *d)
{
	const char *place = d->residents[0].place;
	struct home *h = watched_find(w, place);

	if (!h && !asks(d))
		return;
	if (!h) {
		watched_add(w, place);
		h = watched_find(w, place);
	}
	h->renewed = d->fresh || d->count != h->residents_before;
	h->residents = d->residents;
	h->resident_count = d->count;
	if (h->renewed)
		set_concern(g, h);
}

bool housing_set(struct watched *w, const struct housing *g)
{
	size_t before = w->count;
	bool asleep = false;

	for (size_t i = 0; i < before; i++) {
		struct home *h = w->all[i];

		h->residents_before = h->resident_count;
		h->resident_count = 0;
	}
	for (size_t i = 0; i < g->tenants->count;) {
		struct tenants_dwelling d = tenants_dwelling(g->tenants, i);

		house(w, g, &d);
		i += d.count;
	}
	for (size_t i = 0; i < w->count; i++) {
		struct home *h = w->all[i];

		h->asleep = h->asleep || !h->resident_count;
		asleep = asleep || h->asleep;
	}
	return asleep || w->count != before;
}

void housing_refigure(struct watched *w, const struct housing *g)
{
	for (size_t i = 0; i < w->count; i++)
		set_figures(g, w->all[i]);
}
