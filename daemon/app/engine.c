#include "app/engine.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "care/care.h"
#include "care/domains.h"
#include "care/telling.h"

struct engine {
	const struct conf *conf;
	struct engine_calls calls;
	struct point_table *table;
	struct evaluator *evaluator;
	struct care *care;
	struct domains *domains;
	struct care_turn turn; /* of the call in work; keeps its room */
	bool clock_known;
	uint64_t generation;      /* of its dwellings */
	struct reading *readings; /* of the message in work */
	uint32_t *match;          /* numbers of its points in the engine before it, until it has carried */
};

int engine_new(const struct conf *conf, const struct engine_calls *calls, struct engine **ret_engine)
{
	_cleanup_(engine_freep) struct engine *e = MEM_NEW(struct engine);
	struct evaluator_rules rules = { .rules = conf->rules,
					 .count = conf->rule_count,
					 .places = conf->places,
					 .place_count = conf->place_count,
					 .self_test_us = conf->estate.self_test_us };
	int r;

	e->conf = conf;
	if (calls)
		e->calls = *calls;
	e->table = point_table_new(conf_devices(conf));
	e->readings = mem_array(ENGINE_MOMENT_MAX, sizeof(*e->readings));
	r = evaluator_new(rules, conf_devices(conf), e->table, &e->evaluator);
	if (r < 0)
		return r;
	e->care = care_new(&(struct care_setup){ .devices = conf_devices(conf),
						 .points = e->table,
						 .rules = conf->rules,
						 .rule_count = conf->rule_count });
	e->domains = domains_new(&(struct domains_setup){ .devices = conf_devices(conf),
							  .points = e->table,
							  .places = { conf->places, conf->place_count },
							  .care = e->care,
							  .evaluator = e->evaluator });
	*ret_engine = steal(&e);
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	domains_free(e->domains);
	care_free(e->care);
	care_turn_fini(&e->turn);
	evaluator_free(e->evaluator);
	point_table_free(e->table);
	free(e->readings);
	free(e->match);
	free(e);
}

const struct conf *engine_conf(const struct engine *e)
{
	return e->conf;
}

const struct point_table *engine_points(const struct engine *e)
{
	return e->table;
}

struct evaluator *engine_evaluator(struct engine *e)
{
	return e->evaluator;
}

const struct care *engine_care(const struct engine *e)
{
	return e->care;
}

/* ---- care ---- */

static struct care_turn *care_begin(struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	e->turn.evaluator = e->evaluator;
	e->turn.out = out;
	e->turn.now = now;
	e->turn.clock_known = e->clock_known;
	return &e->turn;
}

/* What came of it is told. */
static void care_end(struct engine *e)
{
	struct care_turn *t = &e->turn;

	for (size_t i = 0; i < t->presence_count && e->calls.presence; i++)
		e->calls.presence(e->calls.context, &t->presences[i]);
	for (size_t i = 0; i < t->prompt_count && e->calls.prompt; i++)
		e->calls.prompt(e->calls.context, &t->prompts[i]);
	t->presence_count = t->prompt_count = 0;
}

/* Somebody who works here has come to that door; NULL: no card that is known was shown. */
static const struct device *door_of_card(const struct engine *e, const struct point *p, unsigned change)
{
	const struct conf *c = e->conf;

	if (!(change & POINT_VALUE) || p->value.type != VALUE_EVENT || !p->value.text[0] || !p->device->class ||
	    !str_equal(p->device->class->id, "door"))
		return NULL;
	for (size_t i = 0; i < c->contact_count; i++)
		for (size_t k = 0; k < c->contacts[i].card_count; k++)
			if (str_equal(c->contacts[i].cards[k], p->value.text))
				return p->device;
	return NULL;
}

static void feed_care(struct engine *e, const struct reading *r, unsigned change, struct alarm_effects *out)
{
	struct care_turn *t = care_begin(e, r->at, out);
	const struct device *door = door_of_card(e, &e->table->points[r->point], change);

	t->said = r->value.type != VALUE_NONE && e->table->points[r->point].mono_us == r->at.mono_us;
	if (door)
		care_card(e->care, door, r->value.text, t);
	care_point(e->care, r->point, t);
	domains_heard(e->domains, r->point, t);
	if (change != POINT_SAME)
		domains_point(e->domains, r->point, t);
	care_end(e);
}

void engine_clock_known(struct engine *e, bool known)
{
	e->clock_known = known;
}

void engine_residents(struct engine *e, const struct resident_list *list, struct clock_now now,
		      struct alarm_effects *out)
{
	care_set_residents(e->care, *list, care_begin(e, now, out));
	domains_renew(e->domains);
	e->generation++;
	care_end(e);
}

bool engine_next_changed_home(struct engine *e, size_t *ret_index)
{
	return care_next_changed(e->care, ret_index);
}

uint64_t engine_homes_generation(const struct engine *e)
{
	return e->generation;
}

void engine_hear(struct engine *e, const struct care_word *w, struct clock_now now, struct alarm_effects *out)
{
	care_hear(e->care, w, care_begin(e, now, out));
	care_end(e);
}

/* What it says of the people there; NULL: nothing. A word that was noted says so by how it begins. */
static const char *word_of(const struct evaluator_command *c)
{
	const char *note = c->note ? c->note : "";

	switch (c->input) {
	case ALARM_IN_RESET: return c->outcome;
	case ALARM_IN_ARRIVE: return "arrived";
	case ALARM_IN_COMMENT: return strncmp(note, "phone", 5) == 0 || strncmp(note, "电话", 6) == 0 ? "phone" : NULL;
	default: return NULL;
	}
}

int engine_command(struct engine *e, const struct evaluator_command *c, struct clock_now now, struct alarm_effects *out)
{
	size_t before = out->count;
	int r = evaluator_command(e->evaluator, c, now, out);
	const char *word = word_of(c);

	domains_follow(e->domains, before, care_begin(e, now, out));
	if (r == 0 && word)
		engine_hear(e, &(struct care_word){ .alarm = c->alarm, .outcome = word }, now, out);
	return r;
}

int engine_restore_home(struct engine *e, const char *place, const struct care_block *block, int64_t by_us)
{
	return care_restore(e->care, place, block, by_us);
}

static bool is_about_home(const struct engine *e, const struct alarm *a)
{
	for (size_t i = 0; i < e->conf->rule_count; i++)
		if (e->conf->rules[i].condition == RULE_CONDITION_CARE && str_equal(e->conf->rules[i].id, a->rule))
			return true;
	return false;
}

/* Its sensors are spoken of together, in an alarm of another rule. */
static const char *home_of(const struct engine *e, const struct alarm *a)
{
	if (is_about_home(e, a))
		return a->asset;
	return str_equal(a->rule, "supervision") && str_starts(a->asset, TELLING_SENSORS)
		       ? a->asset + strlen(TELLING_SENSORS)
		       : NULL;
}

void engine_end_strange_homes(struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(e->evaluator, &position));)
		if (a->state != ALARM_NORMAL && home_of(e, a) && !care_find(e->care, home_of(e, a)))
			evaluator_set(e->evaluator, &(struct evaluator_condition){ .rule = a->rule, .asset = a->asset },
				      now, out);
}

/* ---- readings ---- */

static void tell_change(struct engine *e, const struct reading *r, unsigned change, struct alarm_effects *out)
{
	size_t before = out->count;

	evaluator_point(e->evaluator, r->point, r->at, out);
	domains_follow(e->domains, before, care_begin(e, r->at, out));
	feed_care(e, r, change, out);
	if (e->calls.point)
		e->calls.point(e->calls.context, &e->table->points[r->point], change);
}

static void tell_reading(struct engine *e, const struct reading *r, unsigned change, struct alarm_effects *out)
{
	if (change != POINT_SAME) {
		tell_change(e, r, change, out);
		return;
	}
	evaluator_renewed(e->evaluator, r->point, r->at, out);
	feed_care(e, r, change, out); /* motion that is seen again is a sign of its own */
}

unsigned engine_reading(struct engine *e, const struct reading *r, struct alarm_effects *out)
{
	unsigned change;

	if (r->point >= e->table->count)
		return POINT_SAME;
	change = point_apply(e->table, r);
	tell_reading(e, r, change, out);
	return change;
}

#define TOUCHED 128 /* beside the set of enum point_change: it may be none */

struct moment {
	const struct reading *readings;
	size_t count;
	uint8_t changes[ENGINE_MOMENT_MAX]; /* of each; 0: nothing is told of it */
};

static void tell_moment(struct engine *e, const struct moment *m, struct alarm_effects *out)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < m->count; i++) {
			const struct reading *r = &m->readings[i];

			if (m->changes[i] && e->table->points[r->point].fired == (pass == 0))
				tell_reading(e, r, m->changes[i] & ~(unsigned)TOUCHED, out);
		}
}

void engine_readings(struct engine *e, const struct reading *readings, size_t count, struct alarm_effects *out)
{
	struct moment m = { .readings = readings, .count = count };

	assert(count <= ENGINE_MOMENT_MAX);
	for (size_t i = 0; i < count; i++)
		if (readings[i].point < e->table->count)
			m.changes[i] = (uint8_t)(TOUCHED | point_apply(e->table, &readings[i]));
	tell_moment(e, &m, out);
}

/* What somebody in between had kept is told only where it is another value. */
static void apply_message(struct engine *e, const struct mapping_message *message, struct moment *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!message->kept)
			m->changes[i] = (uint8_t)(TOUCHED | point_apply(e->table, &m->readings[i]));
		else
			m->changes[i] = (uint8_t)point_apply_kept(e->table, &m->readings[i], message->age_us);
}

/* True: it is worth keeping in the history too, with the quality that it has now. */
static bool is_worth_keeping(struct engine *e, const struct mapping_message *m, struct reading *r, unsigned change)
{
	enum quality quality = e->table->points[r->point].quality;

	/* What its limits doubt is not kept as good either. */
	if (m->kept || (r->quality == QUALITY_GOOD && quality == QUALITY_SUSPECT))
		r->quality = quality;
	return !m->kept || (change && m->age_us >= 0);
}

size_t engine_message(struct engine *e, const struct mapping_message *m, struct alarm_effects *out,
		      const struct reading **ret_readings)
{
	struct moment moment = { .readings = e->readings };
	size_t count = 0;

	moment.count = mapping_apply(m, e->readings, ENGINE_MOMENT_MAX);
	apply_message(e, m, &moment);
	tell_moment(e, &moment, out);
	for (size_t i = 0; i < moment.count; i++) {
		struct reading r = e->readings[i];

		if (is_worth_keeping(e, m, &r, moment.changes[i]))
			e->readings[count++] = r;
	}
	if (ret_readings)
		*ret_readings = e->readings;
	return count;
}

static bool carries(const struct engine_link *l, const struct device *d)
{
	return (l->bus && d->bus == l->bus) || (l->plugin && d->plugin == l->plugin);
}

/* What happened to some points that follow each other. */
struct touched {
	uint32_t first, count;
	uint8_t *changes; /* of each */
};

static void touched_fini(struct touched *t)
{
	free(t->changes);
}

static struct touched touched_new(uint32_t first, size_t count)
{
	return (struct touched){ .first = first,
				 .count = (uint32_t)count,
				 .changes = mem_array(count + 1, sizeof(uint8_t)) };
}

static void touch(struct engine *e, const struct touched *t, const struct reading *r)
{
	t->changes[r->point - t->first] = (uint8_t)(TOUCHED | point_apply(e->table, r));
}

/* Only when all of them are as they are now do the rules look: else one would take for lost what is back a moment later. */
static void tell_touched(struct engine *e, const struct touched *t, struct clock_now now, struct alarm_effects *out)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct reading r = { .point = t->first + i, .at = now };

		if (t->changes[i] == TOUCHED)
			evaluator_renewed(e->evaluator, r.point, now, out);
		else if (t->changes[i])
			tell_change(e, &r, t->changes[i] & ~TOUCHED, out);
	}
}

static void touch_device(struct engine *e, const struct touched *t, const struct device *d,
			 const struct reading *pattern)
{
	for (uint32_t p = d->first_point; p < d->first_point + d->profile->point_count; p++) {
		struct reading r = *pattern;
		const struct point *now = &e->table->points[p];

		/* What was never read stays lost; coming back does not renew an age. */
		if (r.quality == QUALITY_GOOD && (now->value.type == VALUE_NONE || now->quality != QUALITY_LOST))
			continue;
		r.point = p;
		touch(e, t, &r);
	}
}

static void set_device_quality(struct engine *e, const struct device *d, const struct reading *pattern,
			       struct alarm_effects *out)
{
	_cleanup_(touched_fini) struct touched t = touched_new(d->first_point, d->profile->point_count);

	touch_device(e, &t, d, pattern);
	tell_touched(e, &t, pattern->at, out);
}

static void set_link_quality(struct engine *e, const struct engine_link *l, const struct reading *pattern,
			     struct alarm_effects *out)
{
	_cleanup_(touched_fini) struct touched t = touched_new(0, e->table->count);
	const struct conf *c = e->conf;

	for (size_t i = 0; i < c->device_count; i++)
		if (carries(l, &c->devices[i]))
			touch_device(e, &t, &c->devices[i], pattern);
	tell_touched(e, &t, pattern->at, out);
}

/* Quality of every point of the link's devices, values untouched. */
static void set_quality(struct engine *e, const struct engine_link *l, const struct reading *pattern,
			struct alarm_effects *out)
{
	const struct conf *c = e->conf;

	/* One of a configuration before is not here any more. */
	if (l->device && l->device >= c->devices && l->device < c->devices + c->device_count)
		set_device_quality(e, l->device, pattern, out);
	if (l->bus || l->plugin)
		set_link_quality(e, l, pattern, out);
}

void engine_qualities(struct engine *e, const struct point_table *as, struct clock_now now, struct alarm_effects *out)
{
	_cleanup_(touched_fini) struct touched t = touched_new(0, e->table->count);

	for (uint32_t p = 0; p < e->table->count; p++)
		if (as->points[p].quality != e->table->points[p].quality)
			touch(e, &t, &(struct reading){ .point = p, .quality = as->points[p].quality, .at = now });
	tell_touched(e, &t, now, out);
}

void engine_down(struct engine *e, const struct engine_link *l, enum quality quality, struct clock_now now,
		 struct alarm_effects *out)
{
	set_quality(e, l, &(struct reading){ .quality = quality, .at = now }, out);
}

bool engine_moved(const struct device *before, const struct device *now)
{
	if (!str_equal(before->bus ? before->bus->id : NULL, now->bus ? now->bus->id : NULL) ||
	    !str_equal(before->plugin ? before->plugin->id : NULL, now->plugin ? now->plugin->id : NULL))
		return true;
	return before->bus ? before->unit != now->unit : !str_equal(before->address, now->address);
}

void engine_replaced(struct engine *e, const struct device *d, struct clock_now now, struct alarm_effects *out)
{
	point_forget(e->table, d);
	engine_down(e, &(struct engine_link){ .device = d }, QUALITY_LOST, now, out);
}

void engine_up(struct engine *e, const struct engine_link *l, struct clock_now now, struct alarm_effects *out)
{
	set_quality(e, l, &(struct reading){ .quality = QUALITY_GOOD, .at = now }, out);
}

void engine_tick(struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	size_t before;
	struct point *p;

	for (size_t position = 0; (p = point_expire(e->table, &position, now.mono_us));) {
		struct reading r = { .point = point_index(e->table, p), .at = now };

		tell_change(e, &r, POINT_QUALITY, out);
	}
	before = out->count;
	evaluator_tick(e->evaluator, now, out);
	domains_follow(e->domains, before, care_begin(e, now, out));
	domains_tick(e->domains, care_begin(e, now, out));
	if (care_due(e->care) <= now.mono_us)
		care_tick(e->care, care_begin(e, now, out));
	care_end(e);
}

int64_t engine_due(const struct engine *e)
{
	int64_t delay_us = evaluator_due(e->evaluator), age_us = point_due(e->table), care_us = care_due(e->care);

	delay_us = MIN(delay_us, age_us);
	care_us = MIN(care_us, domains_due(e->domains));
	return MIN(delay_us, care_us);
}

void engine_restore(struct engine *e, const char *point, const struct reading *r)
{
	struct point *p = point_find(e->table, point);

	if (!p || r->value.type != p->spec->type)
		return;
	p->value = r->value;
	p->quality = QUALITY_LOST;
	p->at_us = r->at.wall_us;
	p->mono_us = r->at.mono_us;
}

void engine_match(struct engine *to, const struct engine *from)
{
	free(to->match);
	to->match = point_match(to->table, from->table);
}

uint32_t *engine_forward(const struct engine *to, const struct engine *from)
{
	uint32_t *forward = mem_array(from->table->count, sizeof(*forward));

	for (size_t i = 0; i < from->table->count; i++)
		forward[i] = POINT_NONE;
	for (uint32_t i = 0; i < to->table->count; i++)
		if (to->match[i] != POINT_NONE &&
		    !engine_moved(from->table->points[to->match[i]].device, to->table->points[i].device))
			forward[to->match[i]] = i;
	return forward;
}

void engine_carry(struct engine *to, struct engine *from)
{
	const struct mode_book *modes;
	const struct alarm *alarm;
	struct evaluator_delay delay;

	if (!to->match)
		engine_match(to, from);
	point_carry_matched(to->table, from->table, to->match);
	free(steal(&to->match));
	evaluator_carry(to->evaluator, from->evaluator);
	modes = evaluator_modes(from->evaluator);
	for (size_t i = 0; i < modes->count; i++)
		evaluator_restore_mode(to->evaluator, modes->all[i]);
	for (size_t position = 0; (alarm = evaluator_next(from->evaluator, &position));)
		evaluator_restore(to->evaluator, alarm);
	for (size_t position = 0; evaluator_next_delay(from->evaluator, &position, &delay);)
		evaluator_restore_delay(to->evaluator, &delay);
	to->clock_known = from->clock_known;
	care_carry(to->care, from->care);
	domains_renew(to->domains);
	to->generation = from->generation + 1;
}

bool engine_evaluate(struct engine *e, size_t *position, size_t max, struct clock_now now, struct alarm_effects *out)
{
	size_t before = out->count;

	for (; *position < e->table->count && max > 0; ++*position, max--) {
		const struct point *p = &e->table->points[*position];

		if (p->value.type != VALUE_NONE && !point_is_event(p->spec))
			evaluator_point(e->evaluator, (uint32_t)*position, now, out);
	}
	domains_follow(e->domains, before, care_begin(e, now, out));
	return *position < e->table->count;
}

void engine_clock_set(struct engine *e, const struct clock_shifts *shifts)
{
	if (!shifts->count)
		return;
	point_shift(e->table, shifts);
	evaluator_shift(e->evaluator, shifts);
}

void engine_people(struct engine *e, const struct alarm *a, struct clock_now now, struct roll *ret_roll)
{
	struct care_turn turn = { .now = now, .clock_known = e->clock_known };

	domains_people(e->domains, a, &turn, ret_roll);
}
