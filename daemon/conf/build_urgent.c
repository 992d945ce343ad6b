/* build_urgent.c: which points of which devices protect life: those that a life-safety rule reads. A bus asks them first,
 * and believes a change of them only when a second reading agrees. */
#include "conf/build.h"

#include "alarm/entrapment.h"

static bool reads(const struct rule *r, const struct device *d, const char *point)
{
	bool own = r->device ? str_equal(r->device, d->id) : r->class && r->class == d->class;

	if (r->expr && expr_reads_of(r->expr, d->id, point))
		return true;
	if (!own)
		return false;
	return (r->expr && expr_reads(r->expr, point)) ||
	       (r->condition == RULE_CONDITION_ENTRAPMENT && entrapment_reads(point));
}

static bool *flags_of(struct build *b, struct device *d)
{
	if (!d->urgent)
		d->urgent = ARENA_ARRAY(b->arena, d->profile->point_count, bool);
	return (bool *)d->urgent;
}

static void mark(struct build *b, const struct rule *r, struct device *d)
{
	for (size_t i = 0; i < d->profile->point_count; i++)
		if (reads(r, d, d->profile->points[i].name))
			flags_of(b, d)[i] = true;
}

void build_urgent_all(struct build *b)
{
	struct conf *c = b->conf;

	for (size_t i = 0; i < c->rule_count; i++) {
		const struct rule *r = &c->rules[i];

		if (!r->life_safety || !r->enabled)
			continue;
		for (size_t k = 0; k < c->device_count; k++)
			if (c->devices[k].bus)
				mark(b, r, &c->devices[k]);
	}
}
