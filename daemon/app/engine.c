#include "app/engine.h"

#include <errno.h>

#include "base/mem.h"

#define MESSAGE_READINGS_MAX 256 /* points of one device that one message can move */

struct engine {
	const struct conf *conf;
	struct engine_calls calls;
	struct point_table *table;
	struct evaluator *evaluator;
	struct reading *readings; /* of the message in work */
};

int engine_new(const struct conf *conf, const struct engine_calls *calls, struct engine **ret_engine)
{
	_cleanup_(engine_freep) struct engine *e = MEM_NEW(struct engine);
	struct evaluator_rules rules = { .rules = conf->rules, .count = conf->rule_count };
	int r;

	e->conf = conf;
	if (calls)
		e->calls = *calls;
	e->table = point_table_new(conf_devices(conf));
	e->readings = mem_array(MESSAGE_READINGS_MAX, sizeof(*e->readings));
	r = evaluator_new(rules, conf_devices(conf), e->table, &e->evaluator);
	if (r < 0)
		return r;
	*ret_engine = steal(&e);
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	evaluator_free(e->evaluator);
	point_table_free(e->table);
	free(e->readings);
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

unsigned engine_reading(struct engine *e, const struct reading *r, struct alarm_effects *out)
{
	unsigned change;

	if (r->point >= e->table->count)
		return POINT_SAME;
	change = point_apply(e->table, r);
	if (change == POINT_SAME)
		return change;
	evaluator_point(e->evaluator, r->point, r->at, out);
	if (e->calls.point)
		e->calls.point(e->calls.context, &e->table->points[r->point], change);
	return change;
}

size_t engine_message(struct engine *e, const struct mapping_message *m, struct alarm_effects *out,
		      const struct reading **ret_readings)
{
	size_t count = mapping_apply(m, e->readings, MESSAGE_READINGS_MAX);

	for (size_t i = 0; i < count; i++)
		engine_reading(e, &e->readings[i], out);
	if (ret_readings)
		*ret_readings = e->readings;
	return count;
}

static bool carries(const struct engine_link *l, const struct device *d)
{
	return (l->bus && d->bus == l->bus) || (l->plugin && d->plugin == l->plugin) || (l->device && d == l->device);
}

/* Quality of every point of the link's devices, values untouched. */
static void set_quality(struct engine *e, const struct engine_link *l, const struct reading *pattern,
			struct alarm_effects *out)
{
	const struct conf *c = e->conf;

	for (size_t i = 0; i < c->device_count; i++) {
		const struct device *d = &c->devices[i];

		if (!carries(l, d))
			continue;
		for (uint32_t p = d->first_point; p < d->first_point + d->profile->point_count; p++) {
			struct reading r = *pattern;
			const struct point *now = &e->table->points[p];

			/* What was never read stays lost; coming back does not renew an age. */
			if (r.quality == QUALITY_GOOD &&
			    (now->value.type == VALUE_NONE || now->quality != QUALITY_LOST))
				continue;
			r.point = p;
			engine_reading(e, &r, out);
		}
	}
}

void engine_down(struct engine *e, const struct engine_link *l, enum quality quality, struct clock_now now,
		 struct alarm_effects *out)
{
	set_quality(e, l, &(struct reading){ .quality = quality, .at = now }, out);
}

void engine_up(struct engine *e, const struct engine_link *l, struct clock_now now, struct alarm_effects *out)
{
	set_quality(e, l, &(struct reading){ .quality = QUALITY_GOOD, .at = now }, out);
}

void engine_tick(struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	struct point *p;

	for (size_t position = 0; (p = point_expire(e->table, &position, now.mono_us));) {
		evaluator_point(e->evaluator, point_index(e->table, p), now, out);
		if (e->calls.point)
			e->calls.point(e->calls.context, p, POINT_QUALITY);
	}
	evaluator_tick(e->evaluator, now, out);
}

int64_t engine_due(const struct engine *e)
{
	return evaluator_due(e->evaluator);
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

void engine_carry(struct engine *to, struct engine *from)
{
	const struct alarm *alarm;
	struct evaluator_delay delay;

	point_carry(to->table, from->table);
	for (size_t position = 0; (alarm = evaluator_next(from->evaluator, &position));)
		evaluator_restore(to->evaluator, alarm);
	for (size_t position = 0; evaluator_next_delay(from->evaluator, &position, &delay);)
		evaluator_restore_delay(to->evaluator, &delay);
}

void engine_evaluate(struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	for (uint32_t i = 0; i < e->table->count; i++)
		if (e->table->points[i].value.type != VALUE_NONE && !point_is_event(e->table->points[i].spec))
			evaluator_point(e->evaluator, i, now, out);
}

void engine_clock_set(struct engine *e, const struct clock_shifts *shifts)
{
	if (!shifts->count)
		return;
	point_shift(e->table, shifts);
	evaluator_shift(e->evaluator, shifts);
}
