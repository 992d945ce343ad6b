/* care_scene.h: one dwelling as its rules see it, for their tests: a clock that is set by day and time of day, and signs that are
 * counted into the view as the dwelling does. */
#pragma once

#include <string.h>

#include "base/util.h"
#include "care/home_view.h"

#define SCENE_BOOT (1000 * HOUR) /* mono of day 0, 00:00 */

struct scene {
	struct settings settings;
	struct concern concern;
	struct home_view v;
};

static inline void scene_at(struct scene *s, int day, int hour, int minute)
{
	int64_t since_us = day * DAY + hour * HOUR + minute * MINUTE;

	s->v.now = (struct sign_moment){ .at = { .mono_us = SCENE_BOOT + since_us, .wall_us = 15000 * DAY + since_us },
					 .minute = hour * 60 + minute,
					 .day = 15000 + day,
					 .weekday = day % 7 };
}

/* So much later, on the same day or a following one. */
static inline void scene_pass(struct scene *s, int64_t us)
{
	int64_t since_us = s->v.now.at.mono_us - SCENE_BOOT + us;
	struct clock_now at = { .mono_us = SCENE_BOOT + since_us, .wall_us = 15000 * DAY + since_us };

	scene_at(s, (int)(since_us / DAY), (int)(since_us % DAY / HOUR), (int)(since_us % HOUR / MINUTE));
	s->v.now.at = at;
}

static inline void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	settings_usual(&s->settings);
	s->v.settings = &s->settings;
	s->v.concern = &s->concern;
	s->v.mode = HOME_HOME;
	s->v.door_known = true;
	s->v.healthy_motion = 4;
	s->v.healthy_rooms = s->v.healthy_kinds = ~0U;
	s->v.healthy_devices = UINT64_MAX;
	scene_at(s, 0, 12, 0);
}

/* A sign at the present moment, counted into the view. */
static inline struct sign scene_sign(struct scene *s, enum sign_kind kind, enum sign_room room, bool on)
{
	struct sign sign = { .kind = kind, .room = room, .on = on, .device = (uint16_t)(kind * 5U + room % 5U) };

	sign.moment = s->v.now;
	sign.way = (uint8_t)kind;
	if (sign_is_inside(&sign)) {
		s->v.inside = (struct home_last){ .at = s->v.now.at, .room = room, .device = sign.device };
		s->v.room[room] = s->v.inside;
	}
	return sign;
}

static inline struct sign scene_entrance(struct scene *s, bool open)
{
	struct sign sign = { .kind = SIGN_CONTACT, .room = SIGN_ROOM_ENTRANCE, .on = open, .entrance = true };

	sign.moment = s->v.now;
	sign.way = 100;
	s->v.door = (struct home_last){ .at = s->v.now.at, .room = SIGN_ROOM_ENTRANCE };
	s->v.door_open = open;
	return sign;
}

static inline struct sign scene_vital(struct scene *s, enum sign_vital vital, double value)
{
	struct sign sign = scene_sign(s, SIGN_VITAL, SIGN_ROOM_OTHER, value != 0);

	sign.vital = vital;
	sign.value = value;
	return sign;
}
