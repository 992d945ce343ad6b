/* build_silence.c: rules that wait longer than a device's word is believed.
 *
 * What a bus asks for is confirmed every period. A device behind a plugin may say a change once and no more: its value is
 * stale after max_age, a stale value raises nothing, and the wait of the rule would stand still for ever. */
#include "conf/build.h"

static int64_t max_age_of(const struct device *d, const struct profile_point *p)
{
	return d->max_age_us > 0 ? d->max_age_us : p->max_age_us;
}

/* Without them the built-in condition finds nothing. */
static const char *const of_lift[] = { "door_open", "moving", "occupied" };

static bool is_of_lift(const char *point)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_lift); i++)
		if (str_equal(of_lift[i], point))
			return true;
	return false;
}

/* How long the rule has to see that point at a stretch; 0: it needs none of it, or no time. */
static int64_t wait_for(const struct rule *r, const struct device *d, const char *point)
{
	bool own = r->device ? str_equal(r->device, d->id) : r->class && r->class == d->class;
	int64_t wait_us = 0;

	if (own && r->condition == RULE_CONDITION_ENTRAPMENT && is_of_lift(point))
		wait_us = MAX(r->level_for_us, r->between_for_us);
	if (r->expr && ((own && expr_takes(r->expr, NULL, point)) || expr_takes(r->expr, d->id, point)))
		wait_us = MAX(r->for_us, wait_us);
	return wait_us;
}

/* The one that is stale first; NULL: none before the rule's wait is over. */
static const struct profile_point *first_stale(const struct rule *r, const struct device *d)
{
	const struct profile_point *first = NULL;

	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct profile_point *p = &d->profile->points[i];
		int64_t age_us = max_age_of(d, p);

		if (p->event || p->wire.table != CODEC_TABLE_NONE || age_us <= 0 ||
		    (first && age_us >= max_age_of(d, first)))
			continue;
		if (age_us <= wait_for(r, d, p->name))
			first = p;
	}
	return first;
}

static void check(struct build *b, const struct rule *r, const struct device *d)
{
	const struct profile_point *p = first_stale(r, d);
	char wait[STR_DURATION_MAX], age[STR_DURATION_MAX];

	if (!p)
		return;
	str_from_duration(wait_for(r, d, p->name), wait);
	str_from_duration(max_age_of(d, p), age);
	if (r->life_safety)
		diag_error(b->diag, d->at,
			   "device '%s': '%s' is stale after %s without news (max_age), and rule '%s' waits %s: where "
			   "the device says a change only once it would never be raised; expected a longer max_age",
			   d->id, p->name, age, r->id, wait);
	else
		diag_warning(
			b->diag, d->at,
			"device '%s': '%s' is stale after %s without news (max_age), and rule '%s' waits %s: where "
			"the device says a change only once it is never raised",
			d->id, p->name, age, r->id, wait);
}

/* A device on a bus whose own max_age is shorter than a period of its profile. */
static void check_polled(struct build *b, const struct device *d)
{
	char age[STR_DURATION_MAX], period[STR_DURATION_MAX];

	for (size_t i = 0; i < d->profile->point_count; i++) {
		const struct profile_point *p = &d->profile->points[i];

		if (d->max_age_us <= 0 || p->wire.table == CODEC_TABLE_NONE || d->max_age_us > p->period_us)
			continue;
		diag_error(b->diag, d->at,
			   "device '%s': max_age = %s: '%s' would always be stale: it is asked only every %s", d->id,
			   str_from_duration(d->max_age_us, age), p->name, str_from_duration(p->period_us, period));
		return;
	}
}

void build_silence_all(struct build *b)
{
	const struct conf *c = b->conf;

	for (size_t k = 0; k < c->device_count; k++)
		if (c->devices[k].bus)
			check_polled(b, &c->devices[k]);
	for (size_t i = 0; i < c->rule_count; i++) {
		if (c->rules[i].for_us <= 0 && c->rules[i].condition != RULE_CONDITION_ENTRAPMENT)
			continue;
		for (size_t k = 0; k < c->device_count; k++)
			check(b, &c->rules[i], &c->devices[k]);
	}
}
