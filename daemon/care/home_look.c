/* home_look.c: what can be seen of a dwelling now, by which of its sensors; see home.h and home_view.h. */
#include "care/home.h"

#include <string.h>

#define KIND(k) (1U << (k))
#define INSIDE_KINDS                                                                                    \
	(KIND(SIGN_MOTION) | KIND(SIGN_CONTACT) | KIND(SIGN_SEAT) | KIND(SIGN_BED) | KIND(SIGN_RADAR) | \
	 KIND(SIGN_APPLIANCE) | KIND(SIGN_WATER) | KIND(SIGN_POWER))
#define PEOPLE_KINDS (KIND(SIGN_MOTION) | KIND(SIGN_CONTACT) | KIND(SIGN_SEAT) | KIND(SIGN_BED) | KIND(SIGN_RADAR))
/* A sensor that is lost is missed. What is quiet without it is learned only once it has been for some days; when a week of such days
 * is known, it is not missed any more. hush.h counts the same for those that are silent without a word. */
#define LEARNED_AFTER (2 * DAY)
#define GONE_AFTER    (9 * DAY)
#define LOSS_EDGES    10 /* known of a sensor before it counts */
#define LOSS_HABIT    5  /* who repeats itself more often than each so many edges has the habit */
#define LOSS_KNOWN    50 /* edges, as if that were known with half a repeat among them */

/* Enough sensors inside can be believed: at least half of those that are not gone for long. */
bool home_look_sees(const struct home *h, int64_t now_us)
{
	unsigned good = 0, missed = 0;

	for (unsigned i = 0; i < h->sensor_count; i++) {
		const struct home_device *d = &h->state.devices[i];

		if (!h->sensors[i].device || h->sensors[i].entrance || !(d->known & INSIDE_KINDS))
			continue;
		if (d->good & INSIDE_KINDS)
			good++;
		else if (!d->lost_s || now_us - d->lost_s * S < GONE_AFTER)
			missed++;
	}
	return good && good >= missed;
}

static bool all_planned_away(const struct home *h, int64_t wall_us)
{
	bool any = false;

	for (size_t i = 0; i < h->resident_count; i++) {
		if (!resident_is_planned_away(&h->residents[i], wall_us))
			return false;
		any = true;
	}
	return any;
}

/* Somebody else lives there who is not watched, and is not registered as away. */
static bool others_in(const struct home *h, int64_t wall_us)
{
	for (size_t i = 0; i < h->resident_count; i++)
		if (!h->residents[i].categories && !resident_is_planned_away(&h->residents[i], wall_us))
			return true;
	return false;
}

/* One that says nothing is not always unwell: an appliance is not used, a meter stands still. */
static bool tells_of_people(const struct home_sensor *sensor)
{
	return sensor->device && sensor->kinds & PEOPLE_KINDS;
}

unsigned home_look_silent(const struct home *h, unsigned slot)
{
	return slot < h->sensor_count && tells_of_people(&h->sensors[slot]) ? hush_silent(&h->state.hush, slot) : 0;
}

static void look_at_sensors(const struct home *h, struct home_view *v)
{
	for (unsigned i = 0; i < h->sensor_count; i++) {
		const struct home_sensor *sensor = &h->sensors[i];
		unsigned good = sensor->device ? h->state.devices[i].good : 0;

		if (h->no_water)
			good &= ~KIND(SIGN_WATER);
		if (home_look_silent(h, i))
			good &= ~PEOPLE_KINDS;
		v->healthy_kinds |= good;
		if (good && i < 64)
			v->healthy_devices |= (uint64_t)1 << i;
		if (sensor->entrance) {
			v->door_known = v->door_known || good & KIND(SIGN_CONTACT);
			v->door_awaited = v->door_awaited || (sensor->device && !h->state.devices[i].known);
			continue;
		}
		if (good & INSIDE_KINDS) {
			v->healthy_inside++;
			v->healthy_rooms |= 1U << sensor->room;
		}
		if (good & (KIND(SIGN_MOTION) | KIND(SIGN_RADAR)))
			v->healthy_motion++;
	}
}

static bool is_missed(const struct home *h, unsigned i, int64_t now_us)
{
	int64_t lost_us = h->state.devices[i].lost_s * S;

	return home_is_bound(h, i) && ((lost_us && now_us - lost_us < GONE_AFTER) ||
				       (tells_of_people(&h->sensors[i]) && hush_misses(&h->state.hush, i)));
}

static bool is_missed_of_late(const struct home *h, unsigned i, int64_t now_us)
{
	int64_t lost_us = h->state.devices[i].lost_s * S;

	if (!is_missed(h, i, now_us))
		return false;
	return lost_us ? now_us - lost_us < LEARNED_AFTER : home_look_silent(h, i) < LEARNED_AFTER / DAY;
}

/* Without the entrance they may be out. */
static void look_for_missed(const struct home *h, struct home_view *v)
{
	for (unsigned i = 0; i < h->sensor_count; i++) {
		bool missed = is_missed(h, i, v->now.at.mono_us);

		v->misses = v->misses || missed;
		if (missed && i < 64)
			v->missed_devices |= (uint64_t)1 << i;
		v->misses_newly = v->misses_newly || is_missed_of_late(h, i, v->now.at.mono_us);
	}
	v->misses = v->misses || h->state.dark;
}

/* Who says "on" twice, or "off", was not heard in between; but for those whose habit it is (senses.c). Little known is little lost. */
static double share_lost(const struct home *h)
{
	unsigned repeats = 0, edges = 0;

	for (unsigned i = 0; i < h->sensor_count; i++) {
		const struct home_device *d = &h->state.devices[i];

		if (!home_is_bound(h, i) || d->edges < LOSS_EDGES || d->repeats * LOSS_HABIT > d->edges)
			continue;
		repeats += d->repeats;
		edges += d->edges;
	}
	return (repeats + .5) / (repeats + edges + LOSS_KNOWN);
}

/* Rooms in which nobody would be seen now. */
static unsigned rooms_missed(const struct home *h, int64_t now_us)
{
	unsigned missed = 0, seen = 0;

	for (unsigned i = 0; i < h->sensor_count; i++) {
		const struct home_sensor *sensor = &h->sensors[i];

		if (!sensor->device || sensor->entrance || !(sensor->kinds & PEOPLE_KINDS))
			continue;
		if (is_missed(h, i, now_us))
			missed |= 1U << sensor->room;
		else if (h->state.devices[i].good & PEOPLE_KINDS)
			seen |= 1U << sensor->room;
	}
	return missed & ~seen;
}

const struct home_view *home_look(struct home *h, const struct sign_moment *now)
{
	const struct home_state *s = &h->state;
	struct home_view *v = &h->view;

	*v = (struct home_view){
		.now = *now,
		.mode = (enum home_mode)s->presence.mode,
		.at_door = s->presence.mode == HOME_UNKNOWN && presence_is_gone(&s->presence),
		.visited = presence_is_visited(&s->presence),
		.mode_since_us = s->presence.since.mono_us,
		.mode_because = s->presence.because,
		.welfare_stage = s->welfare.stage,
		.inside = s->inside,
		.door = { .at = s->presence.door, .room = SIGN_ROOM_ENTRANCE, .device = SIGN_DEVICE_NONE },
		.door_open = s->presence.door_open,
		.blind_since_us = s->blind_us,
		.missed_rooms = rooms_missed(h, now->at.mono_us),
		.planned_away = now->minute >= 0 && all_planned_away(h, now->at.wall_us),
		.others_home = others_in(h, now->at.wall_us),
		.companion = s->card_us && now->at.mono_us - s->card_us < HOME_COMPANY,
		.concern = &h->concern,
		.settings = &h->settings,
	};
	memcpy(v->room, s->room, sizeof(v->room));
	look_at_sensors(h, v);
	look_for_missed(h, v);
	v->loss = share_lost(h);
	return v;
}
