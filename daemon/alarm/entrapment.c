#include "alarm/entrapment.h"

#include "alarm/alarm_text.h"
#include "base/mem.h"
#include "base/str.h"

/* A point that it reads, and what is taken for known where the make does not have it. */
struct input {
	const char *name;
	size_t offset; /* in struct lift_moment */
	enum lift_known absent;
};

static const struct input inputs[] = {
	{ "occupied", offsetof(struct lift_moment, occupied), LIFT_NO },
	{ "door_open", offsetof(struct lift_moment, door_open), LIFT_UNKNOWN },
	{ "moving", offsetof(struct lift_moment, moving), LIFT_UNKNOWN },
	{ "door_zone", offsetof(struct lift_moment, door_zone), LIFT_UNKNOWN },
	{ "inspection", offsetof(struct lift_moment, inspection), LIFT_NO },
	{ "alarm_key", offsetof(struct lift_moment, alarm_key), LIFT_NO },
};

struct entrapment {
	struct lift_limits limits;
	struct lift lift;
	enum lift_known result;
	const struct point *sources[ARRAY_SIZE(inputs)]; /* NULL: the make does not have it */
	uint32_t points[ARRAY_SIZE(inputs)];
	size_t point_count;
};

bool entrapment_reads(const char *point)
{
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
		if (str_equal(inputs[i].name, point))
			return true;
	return false;
}

static const struct point *source_of(const struct point_table *t, const struct device *d, const char *name)
{
	const struct point *p = point_of(t, d, name);

	return p && p->spec->type == VALUE_BOOL && !point_is_event(p->spec) ? p : NULL;
}

static bool has(const struct entrapment *e, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
		if (str_equal(inputs[i].name, name))
			return e->sources[i] != NULL;
	return false;
}

struct entrapment *entrapment_new(const struct rule *rule, const struct device *d, const struct point_table *table)
{
	struct entrapment *e = MEM_NEW(struct entrapment);

	e->limits = (struct lift_limits){ rule->level_for_us, rule->between_for_us };
	e->result = LIFT_UNKNOWN;
	lift_init(&e->lift);
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		e->sources[i] = source_of(table, d, inputs[i].name);
		if (e->sources[i])
			e->points[e->point_count++] = point_index(table, e->sources[i]);
	}
	if (has(e, "door_open") && has(e, "moving") && (has(e, "occupied") || has(e, "alarm_key")))
		return e;
	entrapment_free(e);
	return NULL;
}

void entrapment_free(struct entrapment *e)
{
	free(e);
}

const uint32_t *entrapment_points(const struct entrapment *e, size_t *ret_count)
{
	*ret_count = e->point_count;
	return e->points;
}

static enum lift_known known(const struct point *p)
{
	if (p->quality != QUALITY_GOOD || p->value.type != VALUE_BOOL)
		return LIFT_UNKNOWN;
	return p->value.boolean ? LIFT_YES : LIFT_NO;
}

static bool kept_equal(const struct lift_kept *a, const struct lift_kept *b)
{
	return a->since_us == b->since_us && a->inside == b->inside && a->called == b->called && a->found == b->found;
}

bool entrapment_feed(struct entrapment *e, int64_t now_us)
{
	struct lift_moment m;
	struct lift_kept before = { 0 }, after = { 0 };
	bool ran = lift_keep(&e->lift, now_us, &before), runs;

	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		enum lift_known *slot = (enum lift_known *)((char *)&m + inputs[i].offset);

		*slot = e->sources[i] ? known(e->sources[i]) : inputs[i].absent;
	}
	e->result = lift_feed(&e->lift, &m, &e->limits, now_us);
	runs = lift_keep(&e->lift, now_us, &after);
	return ran != runs || !kept_equal(&before, &after);
}

enum expr_result entrapment_result(const struct entrapment *e)
{
	return e->result == LIFT_UNKNOWN ? EXPR_UNKNOWN : e->result == LIFT_YES ? EXPR_TRUE : EXPR_FALSE;
}

int64_t entrapment_due(const struct entrapment *e)
{
	return lift_due(&e->lift, &e->limits);
}

/* The limits are given in seconds: so is what comes of them. */
static void add_age(int64_t age_us, enum alarm_text_language l, struct str_buf *to)
{
	if (age_us < 10 * MINUTE)
		str_buf_printf(to, "%lld %s", (long long)(age_us / S), l == ALARM_TEXT_ZH ? "秒" : "s");
	else
		alarm_text_age(age_us, l, to);
}

void entrapment_why(const struct entrapment *e, int64_t now_us, struct str_buf *zh, struct str_buf *en)
{
	const struct lift *l = &e->lift;
	bool key = l->now.alarm_key == LIFT_YES || (l->called && l->now.inspection == LIFT_YES);
	int64_t age_us = now_us - hold_since(&l->stuck, now_us);

	str_buf_add(zh, key ? "轿厢内按警铃、门关闭、" : "轿厢有人、门关闭、");
	str_buf_add(en,
		    key ? "alarm key pressed, doors shut, not moving for " : "occupied, doors shut, not moving for ");
	add_age(age_us, ALARM_TEXT_EN, en);
	if (l->now.door_zone == LIFT_NO) {
		str_buf_add(zh, "在层间停止 ");
		str_buf_add(en, " between floors");
	} else {
		str_buf_add(zh, l->now.door_zone == LIFT_YES ? "在平层停止 " : "停止 ");
		str_buf_add(en, l->now.door_zone == LIFT_YES ? " at level" : "");
	}
	add_age(age_us, ALARM_TEXT_ZH, zh);
}

bool entrapment_keep(const struct entrapment *e, int64_t now_us, struct lift_kept *ret_kept)
{
	return lift_keep(&e->lift, now_us, ret_kept);
}

void entrapment_restore(struct entrapment *e, const struct lift_kept *kept)
{
	lift_restore(&e->lift, kept);
}
