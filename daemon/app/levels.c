#include "app/levels.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define WHO_MAX 64

struct levels {
	enum log_level command_line;
	struct log_plan plan;
	struct {
		enum log_level level; /* 0: as configured */
		int64_t until_us;     /* monotonic */
		char who[WHO_MAX];
	} by_hand[LOG_ROOMS];
};

struct levels *levels_new(enum log_level command_line)
{
	struct levels *l = MEM_NEW(struct levels);

	l->command_line = command_line;
	l->plan.all = LOG_LEVEL_INFO;
	return l;
}

void levels_free(struct levels *l)
{
	free(l);
}

static enum log_level configured(const struct levels *l, size_t room)
{
	if (l->plan.rooms[room])
		return l->plan.rooms[room];
	return l->command_line ? l->command_line : l->plan.all;
}

static void take_effect(struct levels *l)
{
	for (size_t i = 0; i < LOG_ROOMS; i++)
		log_set_room((enum log_room)i, l->by_hand[i].level ? l->by_hand[i].level : configured(l, i));
}

void levels_apply(struct levels *l, const struct log_plan *plan)
{
	l->plan = *plan;
	take_effect(l);
}

void levels_set(struct levels *l, const struct levels_change *c)
{
	int64_t for_us = c->for_us ? c->for_us : LEVELS_FOR;
	const char *room = c->room < 0 ? "all rooms" : logid_room_name((enum log_room)c->room);
	char age[STR_DURATION_MAX];

	for (int i = 0; i < LOG_ROOMS; i++) {
		if (c->room >= 0 && c->room != i)
			continue;
		l->by_hand[i].level = c->level;
		l->by_hand[i].until_us = clock_mono_us() + for_us;
		snprintf(l->by_hand[i].who, WHO_MAX, "%s", c->who);
	}
	take_effect(l);
	if (c->level)
		log_event(LOGID_LOG_LEVEL, LOG_ABOUT(.who = c->who), "log level of %s: %s for %s, by %s", room,
			  logid_level_name(c->level), str_from_age(for_us, age), c->who);
	else
		log_event(LOGID_LOG_LEVEL, LOG_ABOUT(.who = c->who), "log level of %s: as configured, by %s", room,
			  c->who);
}

void levels_tick(struct levels *l, int64_t now_us)
{
	for (size_t i = 0; i < LOG_ROOMS; i++) {
		if (!l->by_hand[i].level || now_us < l->by_hand[i].until_us)
			continue;
		l->by_hand[i].level = (enum log_level)0;
		take_effect(l);
		log_event(LOGID_LOG_LEVEL, LOG_ABOUT(.who = l->by_hand[i].who),
			  "log level of %s: %s again, the time that %s asked for is up",
			  logid_room_name((enum log_room)i), logid_level_name(configured(l, i)), l->by_hand[i].who);
	}
}

void levels_status(const struct levels *l, struct status_log *ret_status)
{
	struct clock_now now = clock_now();
	struct status_log status = { .suppressed = log_suppressed() };

	for (size_t i = 0; i < LOG_ROOMS; i++) {
		bool by_hand = l->by_hand[i].level != 0;

		status.rooms[i] = (struct status_log_room){
			.level = log_level((enum log_room)i),
			.configured = configured(l, i),
			/* By the wall clock of now: it may have been set since. */
			.until_us = by_hand ? now.wall_us + (l->by_hand[i].until_us - now.mono_us) : 0,
			.who = by_hand ? l->by_hand[i].who : NULL,
		};
	}
	*ret_status = status;
}
