#include "care/fall_doubt.h"

#include "base/str.h"
#include "base/util.h"

static const char *const reads[] = { "fall", "maybe_fall", "posture", "moving" };
/* As makes say it. */
static const char *const upright[] = { "standing", "upright", "walking", "moving", "active" };
static const char *const rules[] = { "fall", "maybe-fall", "wearable-fall" };

static bool listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(list[i], word))
			return true;
	return false;
}

bool fall_doubt_reads(const char *point)
{
	return listed(reads, ARRAY_SIZE(reads), point);
}

bool fall_doubt_is_of(const char *rule)
{
	return listed(rules, ARRAY_SIZE(rules), rule);
}

/* Upright, down, or neither is said. */
static bool is_up(const struct point *p)
{
	if (p->value.type == VALUE_TEXT)
		return listed(upright, ARRAY_SIZE(upright), p->value.text);
	return value_true(&p->value);
}

static enum fall_doubt_news posture(struct fall_doubt *f, const struct point *p)
{
	bool up = is_up(p);

	if ((!f->fell && !f->maybe) || up == f->up || (!up && p->value.type != VALUE_TEXT))
		return FALL_DOUBT_NOTHING;
	f->up = up;
	return up ? FALL_DOUBT_PARDON : FALL_DOUBT_CONDEMN;
}

enum fall_doubt_news fall_doubt_hear(struct fall_doubt *f, const struct point *p)
{
	bool maybe = str_equal(p->spec->name, "maybe_fall"), on, *state = maybe ? &f->maybe : &f->fell, before;

	if (p->quality != QUALITY_GOOD || p->value.type == VALUE_NONE)
		return FALL_DOUBT_NOTHING;
	if (!maybe && !str_equal(p->spec->name, "fall"))
		return posture(f, p);
	on = value_true(&p->value);
	before = *state;
	*state = on;
	if (on != before)
		f->up = f->up && !on; /* a new one: what was seen before it says nothing */
	if (!maybe || on == before)
		return FALL_DOUBT_NOTHING;
	return on ? FALL_DOUBT_ASK : FALL_DOUBT_ASKED;
}
