#include "app/crier_show.h"

#include "app/crier.h"
#include "app/crier_say.h"
#include "app/foretold.h"
#include "app/live.h"
#include "base/map.h"
#include "base/mem.h"

static json_t *texts(const char *const *list, size_t count)
{
	json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json, json_string(list[i]));
	return json;
}

static struct contact_moment moment_now(const struct live *l)
{
	struct clock_now now = clock_now();

	return contact_moment_at(now.wall_us, clockwork_quality_at(l->clockwork, now.mono_us) != CLOCK_UNSET);
}

/* on_duty: where he is told of something at all. */
static json_t *contact_row(const struct live *l, const struct contact *c, const struct contact_moment *now)
{
	struct contact_list people = conf_people(l->conf);
	bool on = contact_on_duty(&people, c, c->place_count ? c->places[0] : "", now);

	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s?, s:b, s:i, s:b, s:s}", "contact", c->id, "name", c->name,
			 "duties", texts(c->duties, c->duty_count), "places", texts(c->places, c->place_count), "means",
			 contact_means(c), "phone", c->phone, "on_duty", (int)on, "rate", c->rate, "tests",
			 (int)c->tests, "language", c->english ? "en" : "zh");
}

json_t *crier_show_contacts(const struct live *l)
{
	struct contact_moment now = moment_now(l);
	json_t *list = json_array();

	for (size_t i = 0; i < l->conf->contact_count; i++)
		json_array_append_new(list, contact_row(l, &l->conf->contacts[i], &now));
	return list;
}

/* ---- ladders ---- */

static json_t *steps_of(const struct ladder *ladder)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ladder->step_count; i++) {
		const struct ladder_step *s = &ladder->steps[i];

		json_array_append_new(
			list, json_pack("{s:I, s:o, s:b, s:o, s:s?}", "after_s", (json_int_t)(s->after_us / S), "to",
					texts(s->to, s->to_count), "all", (int)s->all, "priority",
					s->priority ? json_integer(s->priority) : json_null(), "then", s->then));
	}
	return list;
}

json_t *crier_show_ladders(const struct live *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->conf->ladder_count; i++) {
		const struct ladder *ladder = &l->conf->ladders[i];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o}", "ladder", ladder->id, "steps", steps_of(ladder), "repeat_s",
					ladder->repeat_us ? json_integer(ladder->repeat_us / S) : json_null()));
	}
	return list;
}

/* ---- who is on duty ---- */

/* What ladders call, in their order. */
static void add_duty(const struct live *l, const char *duty, const char *place, json_t *list)
{
	struct contact_list people = conf_people(l->conf);
	_cleanup_(freep) const struct contact **found = mem_array(MAX(people.count, (size_t)1), sizeof(*found));
	size_t count = contact_of_duty(&people, duty, place, found), on = 0;
	struct contact_moment now = moment_now(l);

	for (size_t i = 0; i < count; i++) {
		bool there = contact_on_duty(&people, found[i], place, &now);

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:b, s:i}", "duty", duty, "contact",
						      found[i]->id, "name", found[i]->name, "means",
						      contact_means(found[i]), "phone", found[i]->phone, "on_duty",
						      (int)there, "order", there ? (int)++on : 0));
	}
}

json_t *crier_show_on_duty(const struct live *l, const char *place)
{
	_cleanup_(map_freep) struct map *seen = map_new();
	json_t *list = json_array();

	for (size_t i = 0; i < l->conf->ladder_count; i++)
		for (size_t k = 0; k < l->conf->ladders[i].step_count; k++) {
			const struct ladder_step *step = &l->conf->ladders[i].steps[k];

			for (size_t t = 0; t < step->to_count; t++)
				if (!map_put(seen, step->to[t], (void *)step->to[t]))
					add_duty(l, step->to[t], place, list);
		}
	return list;
}

json_t *crier_show_told(const struct live *l, const char *alarm)
{
	const struct ladder_run *r = crier_run(l->crier, alarm);
	struct contact_list people = conf_people(l->conf);

	return r ? crier_say_told(r, &people) : json_array();
}

json_t *crier_show_next(const struct live *l, const char *alarm)
{
	struct contact_list people = conf_people(l->conf);
	struct ladder_ahead ahead;

	return crier_ahead(l->crier, alarm, &ahead) ? foretold_row(&ahead, clock_now(), &people) : NULL;
}
