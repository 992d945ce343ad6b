#include "care_world.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define MONDAY (1767571200 * S) /* 2026-01-05 */

static const char lines[] = "class motion\npoint motion bool\n"
			    "device m-bedroom\ndevice m-bathroom\ndevice m-kitchen\ndevice m-living\ndevice m-hall\n"
			    "class contact\npoint open bool\ndevice front\n"
			    "class bed\npoint occupied bool\ndevice bed\n"
			    "class water\npoint flow number\ndevice water\n";

static void start(struct care_world *c)
{
	struct alarm_world *w = &c->w;

	alarm_world_start(w);
	c->care = care_new(&(struct care_setup){ .devices = { .devices = w->devices, .count = w->device_count },
						 .points = w->table,
						 .rules = w->rules,
						 .rule_count = w->rule_count });
}

static struct care_turn *turn(struct care_world *c)
{
	c->turn.evaluator = c->w.evaluator;
	c->turn.out = &c->w.effects;
	c->turn.now = c->w.now;
	c->turn.clock_known = !c->clock_unknown;
	return &c->turn;
}

static void say_time(struct care_world *c)
{
	int64_t since_us = c->w.now.wall_us - MONDAY;

	str_buf_printf(&c->said, "%02d %02d:%02d ", (int)(since_us / DAY), (int)(since_us % DAY / HOUR),
		       (int)(since_us % HOUR / MINUTE));
}

static void collect(struct care_world *c)
{
	static const char *const modes[] = { "unknown", "home", "away" };

	for (size_t i = 0; i < c->w.effects.count; i++) {
		const struct alarm *a = &c->w.effects.transitions[i].alarm;

		say_time(c);
		str_buf_printf(&c->said, "%s %s p%d s%d\n", a->rule, alarm_state_name(a->state), a->priority, a->stage);
	}
	alarm_effects_clear(&c->w.effects);
	for (size_t i = 0; i < c->turn.presence_count; i++) {
		say_time(c);
		str_buf_printf(&c->said, "%s\n", modes[c->turn.presences[i].mode]);
	}
	for (size_t i = 0; i < c->turn.prompt_count; i++) {
		say_time(c);
		str_buf_printf(&c->said, "prompt %s\n", c->turn.prompts[i].begins ? "begins" : "ends");
	}
	c->turn.presence_count = c->turn.prompt_count = 0;
}

void care_world_register(struct care_world *c, const struct resident *r)
{
	care_set_residents(c->care, (struct resident_list){ .residents = r, .count = r ? 1 : 0 }, turn(c));
	collect(c);
}

void care_world_init(struct care_world *c, const char *categories)
{
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME };
	const char *supervision = "supervision";

	memset(c, 0, sizeof(*c));
	c->seed = 7;
	alarm_world_init(&c->w, lines);
	c->w.now = (struct clock_now){ .mono_us = 50 * HOUR, .wall_us = MONDAY };
	for (size_t i = 0; i < c->w.device_count; i++) {
		struct device *d = &c->w.devices[i];

		strcpy(c->w.places[i], CARE_WORLD_HOME);
		d->entrance = str_equal(d->id, "front");
		d->room = d->entrance ? "entrance" : str_starts(d->id, "m-") ? d->id + 2 : "bedroom";
	}
	for (int i = 0; i < CONCERN_RULES; i++)
		alarm_world_rule(&c->w, &(struct rule){ .id = concern_rule_id((enum concern_rule)i),
							.condition = RULE_CONDITION_CARE,
							.text = { "{place}：{value}", "{place}: {value}" } });
	alarm_world_rule(&c->w, &(struct rule){ .id = supervision });
	start(c);
	assert_int_equal(resident_parse_categories(categories, &r.categories, NULL), 0);
	care_world_register(c, &r);
}

void care_world_fini(struct care_world *c)
{
	care_free(c->care);
	care_turn_fini(&c->turn);
	str_buf_fini(&c->said);
	alarm_world_fini(&c->w);
}

int care_world_enter(void **state)
{
	struct care_world *c = MEM_NEW(struct care_world);

	care_world_init(c, "独居");
	*state = c;
	return 0;
}

int care_world_leave(void **state)
{
	care_world_fini(*state);
	free(*state);
	return 0;
}

void care_world_dark(struct care_world *c, int64_t us)
{
	struct care *before = steal(&c->care);
	struct point_table *points = point_table_new((struct device_list){ c->w.devices, c->w.device_count });
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME };
	struct care_block block = care_block(before, 0);
	_cleanup_(freep) void *bytes = mem_dup(block.bytes, block.len);

	r.categories = care_home(before, 0)->concern.categories;
	block.bytes = bytes;
	block.dark_us = us;
	c->w.now.mono_us += us;
	c->w.now.wall_us += us;
	point_carry(points, c->w.table);
	alarm_world_restart(&c->w, 0);
	point_carry(c->w.table, points);
	point_table_free(points);
	c->care = care_new(&(struct care_setup){ .devices = { c->w.devices, c->w.device_count },
						 .points = c->w.table,
						 .rules = c->w.rules,
						 .rule_count = c->w.rule_count });
	collect(c);
	care_world_register(c, &r);
	assert_int_equal(care_restore(c->care, CARE_WORLD_HOME, &block, us), 0);
	care_free(before);
	care_world_forget(c);
}

void care_world_restart(struct care_world *c)
{
	care_world_dark(c, 0);
}

void care_world_pass(struct care_world *c, int64_t us)
{
	int64_t end_us = c->w.now.mono_us + us;

	for (;;) {
		int64_t due_us = MAX(MIN(care_due(c->care), evaluator_due(c->w.evaluator)), c->w.now.mono_us);
		int64_t by_us = MIN(due_us, end_us) - c->w.now.mono_us;

		c->w.now.mono_us += by_us;
		c->w.now.wall_us += by_us;
		if (due_us > end_us)
			break;
		evaluator_tick(c->w.evaluator, c->w.now, &c->w.effects);
		care_tick(c->care, turn(c));
		collect(c);
		assert_true(care_due(c->care) > c->w.now.mono_us); /* else it would never end */
	}
}

void care_world_until(struct care_world *c, int day, int hour, int minute)
{
	int64_t us = MONDAY + day * DAY + hour * HOUR + minute * MINUTE - c->w.now.wall_us;

	care_world_pass(c, MAX(us, 0));
}

void care_world_step_clock(struct care_world *c, int64_t by_us)
{
	c->w.now.wall_us += by_us;
}

static void told(struct care_world *c, const char *point, bool said)
{
	c->turn.said = said;
	care_point(c->care, point_index(c->w.table, point_find(c->w.table, point)), turn(c));
	collect(c);
}

void care_world_read(struct care_world *c, const char *point, bool on)
{
	struct point *p = point_find(c->w.table, point);

	assert_non_null(p);
	alarm_world_read(&c->w, point, p->spec->type == VALUE_NUMBER ? value_number(on ? 5 : 0) : value_bool(on));
	told(c, point, true);
}

void care_world_quality(struct care_world *c, const char *point, enum quality q)
{
	alarm_world_quality(&c->w, point, q);
	told(c, point, false);
}

void care_world_move(struct care_world *c, const char *room)
{
	char point[64];

	if (c->dead && str_equal(c->dead, room))
		return;
	snprintf(point, sizeof(point), "m-%s.motion", room);
	care_world_read(c, point, true);
	care_world_pass(c, 5 * S);
	care_world_read(c, point, false);
}

void care_world_door(struct care_world *c)
{
	if (c->dead && str_equal(c->dead, "entrance"))
		return;
	care_world_read(c, "front.open", true);
	care_world_pass(c, 8 * S);
	care_world_read(c, "front.open", false);
}

void care_world_hear(struct care_world *c, const char *rule, const char *outcome)
{
	char alarm[96];

	snprintf(alarm, sizeof(alarm), "%s/%s", rule, CARE_WORLD_HOME);
	care_hear(c->care, &(struct care_word){ .alarm = alarm, .outcome = outcome }, turn(c));
	collect(c);
}

void care_world_card(struct care_world *c, const char *place)
{
	const struct device door = { .id = "card-reader", .place = place };

	care_card(c->care, &door, CARE_WORLD_CARD, turn(c));
	collect(c);
}

/* ---- somebody lives there ---- */

static unsigned chance(struct care_world *c, unsigned of)
{
	c->seed = c->seed * 1664525 + 1013904223;
	return (c->seed >> 8) % of;
}

/* Here and there for so long, every few minutes. */
static void live(struct care_world *c, int day, int minute)
{
	static const char *const rooms[] = { "kitchen", "living", "living", "hall", "bathroom", "bedroom" };

	for (;;) {
		int64_t end_us = MONDAY + day * DAY + minute * MINUTE, step_us = (2 + chance(c, 25)) * MINUTE;

		if (c->w.now.wall_us + step_us >= end_us)
			break;
		care_world_pass(c, step_us);
		care_world_move(c, rooms[chance(c, ARRAY_SIZE(rooms))]);
	}
	care_world_until(c, day, 0, minute);
}

void care_world_night(struct care_world *c, int day)
{
	care_world_until(c, day, 2, (int)chance(c, 60));
	care_world_move(c, "bedroom");
	care_world_move(c, "bathroom");
	care_world_move(c, "bedroom");
}

void care_world_morning(struct care_world *c, int day)
{
	care_world_night(c, day);
	care_world_until(c, day, 6, 15 + (int)chance(c, 30));
	care_world_move(c, "bedroom");
	live(c, day, 9 * 60);
}

void care_world_day(struct care_world *c, int day)
{
	care_world_morning(c, day);
	care_world_move(c, "hall");
	care_world_door(c);
	care_world_until(c, day, 10, 15 + (int)chance(c, 40));
	care_world_door(c);
	care_world_move(c, "hall");
	live(c, day, 21 * 60 + 45 + (int)chance(c, 30));
	care_world_move(c, "bedroom");
}

const char *care_world_said(struct care_world *c)
{
	static char text[64 * 1024];

	snprintf(text, sizeof(text), "%s", str_buf_text(&c->said));
	str_buf_clear(&c->said);
	return text;
}

size_t care_world_count(const struct care_world *c, const char *word)
{
	size_t count = 0;

	for (const char *at = str_buf_text(&c->said); (at = strstr(at, word)); at += strlen(word))
		count++;
	return count;
}

void care_world_forget(struct care_world *c)
{
	str_buf_clear(&c->said);
}

const struct home *care_world_home(const struct care_world *c)
{
	return care_find(c->care, CARE_WORLD_HOME);
}
