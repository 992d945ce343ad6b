#include "care/lifts.h"

#include "base/str.h"
#include "base/util.h"

static const struct {
	const char *zh, *en;
} words[LIFTS_STATES] = {
	[LIFTS_UNKNOWN] = { "状态不明", "not known" },       [LIFTS_WORKS] = { "可用", "works" },
	[LIFTS_OUT] = { "停用", "out of service" },          [LIFTS_FIRE] = { "消防模式", "in fire mode" },
	[LIFTS_INSPECTION] = { "检修", "under inspection" }, [LIFTS_TRAPPED] = { "困人", "somebody is trapped in it" },
};

/* What a controller's code says of it (the profiles have the tables). */
static const struct {
	const char *code;
	enum lifts_state state;
} codes[] = {
	{ "主电源断", LIFTS_OUT },    { "停止服务", LIFTS_OUT },  { "停电", LIFTS_OUT },
	{ "地震模式", LIFTS_OUT },    { "消防返回", LIFTS_FIRE }, { "消防员运行", LIFTS_FIRE },
	{ "检修", LIFTS_INSPECTION },
};

static const char *const read[] = { "in_service", "power", "fire_mode", "inspection", "trapped", "code" };

const char *lifts_zh(enum lifts_state s)
{
	return words[s].zh;
}

const char *lifts_en(enum lifts_state s)
{
	return words[s].en;
}

bool lifts_reads(const char *point)
{
	for (size_t i = 0; i < ARRAY_SIZE(read); i++)
		if (str_equal(read[i], point))
			return true;
	return false;
}

enum said { SAID_NOTHING, SAID_NO, SAID_YES };

static enum said said(const struct point_table *t, const struct device *lift, const char *name)
{
	const struct point *p = point_of(t, lift, name);

	if (!p || p->quality != QUALITY_GOOD || p->value.type == VALUE_NONE)
		return SAID_NOTHING;
	return value_true(&p->value) ? SAID_YES : SAID_NO;
}

static enum lifts_state state_of_code(const struct point_table *t, const struct device *lift)
{
	const struct point *p = point_of(t, lift, "code");

	for (size_t i = 0; p && p->quality == QUALITY_GOOD && p->value.type == VALUE_TEXT && i < ARRAY_SIZE(codes); i++)
		if (str_equal(p->value.text, codes[i].code))
			return codes[i].state;
	return LIFTS_UNKNOWN;
}

enum lifts_state lifts_state_of(const struct point_table *t, const struct device *lift)
{
	enum said service = said(t, lift, "in_service"), power = said(t, lift, "power");
	enum lifts_state code = state_of_code(t, lift);

	if (said(t, lift, "fire_mode") == SAID_YES || code == LIFTS_FIRE)
		return LIFTS_FIRE;
	if (said(t, lift, "trapped") == SAID_YES)
		return LIFTS_TRAPPED;
	if (said(t, lift, "inspection") == SAID_YES || code == LIFTS_INSPECTION)
		return LIFTS_INSPECTION;
	if (service == SAID_NO || power == SAID_NO || code == LIFTS_OUT)
		return LIFTS_OUT;
	/* A make that never says so is taken to work while it says anything of itself. */
	for (size_t i = 0; i < lift->profile->point_count; i++)
		if (t->points[lift->first_point + i].quality == QUALITY_GOOD &&
		    t->points[lift->first_point + i].value.type != VALUE_NONE)
			return LIFTS_WORKS;
	return LIFTS_UNKNOWN;
}
