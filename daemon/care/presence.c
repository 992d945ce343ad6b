#include "care/presence.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "care/guest.h"

#define BACK_WITHIN  (10 * MINUTE)
#define AFTERGLOW    MINUTE        /* the motion sensor at the entrance still sees who has just gone out */
#define ROW          8             /* signs, each within ROW_GAP of the one before, the last of another sensor */
#define ROW_GAP      (20 * MINUTE) /* ghosts come hours apart */
#define ROW_BEHIND   2             /* in a row, where the door has moved */
#define BEHIND       (6 * HOUR)    /* and no longer ago */
#define STAYS_FOR    (2 * MINUTE)
#define SWINGS_FOR   MINUTE
#define ELSEWHERE    (20 * MINUTE) /* noticed in other rooms for so long, not where a radar still sees somebody */
#define NIGHT_BEGINS (21 * 60)     /* minutes: who is in by then sleeps */
#define NIGHT_ENDS   270
#define ABOUT        (5 * MINUTE)
#define PASSES       (2 * MINUTE)  /* through a door */
#define OPENED_AFTER (45 * MINUTE) /* an entrance that opened, nothing inside, and was not heard to close */
#define DEPARTURE    DAY           /* from the begin of a plan: who is about may not have left yet */
#define VISIT        (3 * HOUR)    /* who is about for longer during a planned absence has come back for good */
#define LOOKS_IN     (20 * MINUTE) /* who is there for less found nobody; for longer, may have brought them home */
#define VISIT_OVER   (90 * MINUTE) /* who is about sits still for less */

void presence_init(struct presence *p)
{
	memset(p, 0, sizeof(*p));
}

static bool become(struct presence *p, enum home_mode mode, enum presence_why why, const struct home_view *v)
{
	bool changed = p->mode != mode;

	if (changed)
		p->since = v->now.at;
	p->mode = (uint8_t)mode;
	p->why = (uint8_t)why;
	if (why == PRESENCE_AT_DOOR)
		return changed; /* signs that came before it count on */
	memset(p->recent_us, 0, sizeof(p->recent_us));
	p->row = 0;
	return changed;
}

static bool come_home(struct presence *p, enum presence_why why, const struct home_view *v)
{
	p->because = why == PRESENCE_DOOR ? p->door : v->now.at;
	p->left = false;
	if (p->planned_us && (v->door_known || v->now.at.mono_us - p->planned_us >= DEPARTURE))
		p->returned = true;
	return become(p, HOME_HOME, why, v);
}

/* ---- what lasts ---- */

static bool can_last(enum sign_kind k)
{
	return k == SIGN_BED || k == SIGN_SEAT || k == SIGN_RADAR || k == SIGN_WATER;
}

static uint8_t of_kind(enum sign_kind k)
{
	return k == SIGN_RADAR ? PRESENCE_OF_RADAR : k == SIGN_WATER ? PRESENCE_OF_WATER : PRESENCE_OF_SEAT;
}

static void follow(struct presence *p, const struct sign *s)
{
	struct presence_lasting *of = NULL, *unused = NULL;

	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		if (p->lasting[i].on_us && p->lasting[i].device == s->device)
			of = &p->lasting[i];
		else if (!p->lasting[i].on_us && !unused)
			unused = &p->lasting[i];
	}
	if (!s->on && of)
		of->on_us = 0;
	if (s->on && !of && unused)
		*unused = (struct presence_lasting){ .on_us = s->moment.at.mono_us,
						     .device = s->device,
						     .of = of_kind(s->kind),
						     .room = (uint8_t)s->room };
}

/* Who lives alone, and is about, is in one room. Who cannot get up has people about. */
static void doubt(struct presence *p, const struct sign *s, const struct home_view *v)
{
	static const unsigned cared_for = 1U << RESIDENT_DISABLED | 1U << RESIDENT_SEVERE_DISABILITY;

	if (v->concern->residents > 1 || v->concern->categories & cared_for || v->others_home || v->companion)
		return;
	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		struct presence_lasting *l = &p->lasting[i];
		int32_t now_s = (int32_t)(s->moment.at.mono_us / S);

		if (!l->on_us || l->of != PRESENCE_OF_RADAR || l->room == s->room)
			continue;
		if (!l->elsewhere_s)
			l->elsewhere_s = now_s;
		else if ((now_s - l->elsewhere_s) * S >= ELSEWHERE)
			l->on_us = 0;
	}
}

/* Something is occupied since STAYS_FOR, and not for so long that it must hang. */
static bool somebody_stays(const struct presence *p, int64_t now_us)
{
	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		int64_t on_us = p->lasting[i].on_us;

		if (on_us && now_us - on_us >= STAYS_FOR && now_us - on_us < PRESENCE_STUCK_AFTER)
			return true;
	}
	return false;
}

static int64_t stays_due(const struct presence *p, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		int64_t on_us = p->lasting[i].on_us;

		if (on_us && now_us - on_us < STAYS_FOR)
			due_us = MIN(due_us, on_us + STAYS_FOR);
		else if (on_us && now_us - on_us < PRESENCE_STUCK_AFTER)
			due_us = MIN(due_us, on_us + PRESENCE_STUCK_AFTER);
	}
	return due_us;
}

/* ---- signs ---- */

/* Somebody who was about inside opens the door. */
static bool goes(const struct presence *p, const struct sign *s, const struct home_view *v)
{
	int64_t now_us = s->moment.at.mono_us;

	return s->on && p->mode == HOME_HOME && now_us - p->since.mono_us >= BACK_WITHIN && v->inside.at.mono_us &&
	       now_us - v->inside.at.mono_us < ABOUT;
}

/* What is still seen of one who goes: while the door stands open, at the door. */
static bool is_last_of(const struct presence *p, const struct sign *s)
{
	return p->going && p->door_open && (s->room == SIGN_ROOM_ENTRANCE || s->room == SIGN_ROOM_HALL) &&
	       s->moment.at.mono_us - p->door.mono_us < PASSES;
}

static void door_moved(struct presence *p, const struct sign *s, const struct home_view *v)
{
	p->going = goes(p, s, v);
	p->door = s->moment.at;
	p->door_open = s->on;
	p->left = true;
}

/* Three of two sensors within ten minutes; of the only one where there is one. */
static bool several_inside(struct presence *p, const struct sign *s, const struct home_view *v)
{
	int64_t now_us = s->moment.at.mono_us;
	bool two = v->healthy_inside < 2;

	memmove(p->recent_us + 1, p->recent_us, sizeof(p->recent_us) - sizeof(p->recent_us[0]));
	memmove(p->recent_device + 1, p->recent_device, sizeof(p->recent_device) - sizeof(p->recent_device[0]));
	p->recent_us[0] = now_us;
	p->recent_device[0] = s->device;
	for (size_t i = 0; i < PRESENCE_BACK_EVENTS; i++) {
		if (!p->recent_us[i] || now_us - p->recent_us[i] > BACK_WITHIN)
			return false;
		if (p->recent_device[i] != s->device)
			two = true;
	}
	return two;
}

/* Who came by the door and goes from room to room may sit in between. */
static int64_t gap_of_row(const struct presence *p)
{
	bool came = p->left && p->recent_us[1] >= p->door.mono_us && p->recent_device[0] != p->recent_device[1];

	return came ? VISIT_OVER : ROW_GAP;
}

/* One sensor alone, in the sun or above a radiator, never fills a row. */
static void count_row(struct presence *p)
{
	if (!p->recent_us[1] || p->recent_us[0] - p->recent_us[1] > gap_of_row(p))
		p->row = 1;
	else if (p->recent_device[0] != p->recent_device[1])
		p->row++;
	else
		p->row = (uint8_t)MIN(p->row + 1, ROW - 1);
}

/* The door moved since they count as gone. Who came in may be where no sensor is for a while: then one thing is still a ghost. */
static bool came_by_door(const struct presence *p, int64_t now_us)
{
	int64_t ago_us = now_us - p->door.mono_us;

	return p->left && p->door.mono_us &&
	       (ago_us <= (p->door_open ? OPENED_AFTER : BACK_WITHIN) || (p->row >= ROW_BEHIND && ago_us <= BEHIND));
}

static bool is_afterglow(const struct presence *p, const struct sign *s)
{
	return s->kind == SIGN_MOTION && s->room == SIGN_ROOM_ENTRANCE &&
	       s->moment.at.mono_us - p->door.mono_us <= AFTERGLOW;
}

/* The end of what has just been counted: a fridge that is opened and shut, or a ghost of it, is one thing. */
static bool swings_shut(const struct presence *p, const struct sign *s)
{
	return s->kind == SIGN_CONTACT && !s->on && p->recent_device[0] == s->device && p->recent_us[0] &&
	       s->moment.at.mono_us - p->recent_us[0] < SWINGS_FOR;
}

static bool inside_sign(struct presence *p, const struct sign *s, const struct home_view *v)
{
	bool several;

	p->room = (uint8_t)s->room;
	doubt(p, s, v);
	if (!presence_is_gone(p)) {
		p->left = p->left && (is_afterglow(p, s) || is_last_of(p, s));
		p->because = s->moment.at;
		if (!p->left)
			guest_inside(p, s);
		return become(p, HOME_HOME, PRESENCE_INSIDE, v);
	}
	if (swings_shut(p, s))
		return false;
	several = several_inside(p, s, v);
	count_row(p);
	if (!came_by_door(p, s->moment.at.mono_us) && !several && p->row < ROW)
		return false;
	guest_inside(p, s);
	return come_home(p, came_by_door(p, s->moment.at.mono_us) ? PRESENCE_DOOR : PRESENCE_SEVERAL, v);
}

bool presence_sign(struct presence *p, const struct sign *s, const struct home_view *v)
{
	if (can_last(s->kind) && !s->entrance)
		follow(p, s);
	if (s->kind == SIGN_CARD)
		guest_card(p, s);
	if (s->entrance && s->kind == SIGN_CONTACT) {
		guest_door(p, s);
		door_moved(p, s, v);
	}
	if (!sign_is_inside(s) || v->blind_since_us)
		return false;
	return inside_sign(p, s, v);
}

/* ---- time ---- */

/* When they count as gone, if nothing stirs: mono; INT64_MAX: not for now. */
static int64_t leaves_at(const struct presence *p, const struct home_view *v)
{
	int64_t after_us = settings_us(v->settings, SETTINGS_WELFARE_AWAY_AFTER);

	if (!p->left || !v->door_known)
		return INT64_MAX;
	return p->door.mono_us + (p->door_open ? MAX(OPENED_AFTER, after_us) : after_us);
}

/* Who has come back early is watched again: then the door tells who goes. Where there is none, who was about for a short time was a
 * visitor. */
static bool plan_holds(const struct presence *p, const struct home_view *v)
{
	if (!p->planned_us || !p->returned)
		return p->planned_us != 0;
	return !v->door_known && v->inside.at.mono_us - p->since.mono_us < VISIT;
}

static bool is_night(const struct home_view *v)
{
	return v->now.minute >= NIGHT_BEGINS || (v->now.minute >= 0 && v->now.minute < NIGHT_ENDS);
}

/* The same of a planned absence. */
static int64_t planned_at(const struct presence *p, const struct home_view *v)
{
	int64_t after_us = settings_us(v->settings, SETTINGS_WELFARE_AWAY_AFTER);

	if (!plan_holds(p, v))
		return INT64_MAX;
	if (p->asleep && !p->returned && v->now.at.mono_us - p->planned_us < DEPARTURE) {
		if (v->door_known)
			return p->planned_us + DEPARTURE;
		if (is_night(v))
			return sign_until(&v->now, NIGHT_ENDS);
	}
	return MAX(p->planned_us, v->inside.at.mono_us) + (p->returned ? MAX(VISIT_OVER, after_us) : after_us);
}

static bool see_blindness(struct presence *p, const struct home_view *v)
{
	if (v->blind_since_us && p->why != PRESENCE_BLIND) {
		p->before = p->mode;
		p->why_before = p->why;
		p->why = PRESENCE_BLIND;
		if (p->mode == HOME_UNKNOWN)
			return false;
		p->mode = HOME_UNKNOWN;
		p->since = v->now.at;
		return true;
	}
	if (!v->blind_since_us && p->why == PRESENCE_BLIND) {
		p->why = p->why_before;
		p->mode = p->before;
		p->since = v->now.at;
		return p->mode != HOME_UNKNOWN;
	}
	return false;
}

/* From when on nobody knows whether it was somebody who came, mono. */
static int64_t unknown_at(const struct presence *p, const struct home_view *v)
{
	if (p->mode != HOME_AWAY || !p->left || !v->door_known || p->planned_us)
		return INT64_MAX;
	return p->door.mono_us + VISIT_OVER;
}

static bool judge_gone(struct presence *p, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us;

	if (somebody_stays(p, now_us))
		return come_home(p, PRESENCE_STAYED, v);
	if (now_us >= unknown_at(p, v)) {
		p->because = p->door;
		return become(p, HOME_UNKNOWN, PRESENCE_AT_DOOR, v);
	}
	if (p->mode == HOME_UNKNOWN && p->planned_us)
		return become(p, HOME_AWAY, PRESENCE_PLANNED, v);
	return false;
}

static void mind_plan(struct presence *p, const struct home_view *v)
{
	if (!v->planned_away) {
		p->planned_us = 0;
		p->returned = false;
	} else if (!p->planned_us) {
		p->planned_us = v->now.at.mono_us;
		p->asleep = p->mode == HOME_HOME && is_night(v);
	}
}

/* The entrance moved, and nothing inside since: who lives there, or a visitor of theirs. */
static bool somebody_left(struct presence *p, const struct home_view *v)
{
	bool guest = presence_is_visited(p) || guest_may_have_left(p, v->now.at.mono_us);
	bool was_gone = guest && p->guest_to_gone;
	bool brought = was_gone && !p->planned_us && p->door.mono_us - p->since.mono_us >= LOOKS_IN;

	guest_left(p);
	p->because = p->door;
	p->left = brought; /* who is noticed now came by that door */
	if (brought)
		return become(p, HOME_UNKNOWN, PRESENCE_AT_DOOR, v);
	if (guest && !was_gone)
		return become(p, HOME_UNKNOWN, PRESENCE_VISITED, v);
	return become(p, HOME_AWAY, p->door_open ? PRESENCE_OPENED : PRESENCE_LEFT, v);
}

bool presence_judge(struct presence *p, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us;
	bool changed = see_blindness(p, v);

	mind_plan(p, v);
	if (v->blind_since_us)
		return changed;
	if (presence_is_gone(p))
		return judge_gone(p, v) || changed;
	if (somebody_stays(p, now_us))
		return changed;
	if (now_us >= leaves_at(p, v))
		return somebody_left(p, v) || changed;
	if (now_us >= planned_at(p, v)) {
		p->because = v->now.at;
		p->left = false;
		return become(p, HOME_AWAY, PRESENCE_PLANNED, v) || changed;
	}
	return changed;
}

int64_t presence_due(const struct presence *p, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us, due_us = stays_due(p, now_us);

	if (v->blind_since_us)
		return INT64_MAX;
	if (presence_is_gone(p))
		due_us = MIN(due_us, unknown_at(p, v));
	else if (!somebody_stays(p, now_us))
		due_us = MIN(due_us, MIN(leaves_at(p, v), planned_at(p, v)));
	return due_us;
}

void presence_move(struct presence *p, int64_t by_us)
{
	sign_move(&p->since.mono_us, by_us);
	sign_move(&p->because.mono_us, by_us);
	sign_move(&p->door.mono_us, by_us);
	sign_move(&p->planned_us, by_us);
	for (size_t i = 0; i < PRESENCE_BACK_EVENTS; i++)
		sign_move(&p->recent_us[i], by_us);
	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		sign_move(&p->lasting[i].on_us, by_us);
		if (p->lasting[i].elsewhere_s)
			p->lasting[i].elsewhere_s += (int32_t)(by_us / S);
	}
	if (p->guest_s)
		p->guest_s += (int32_t)(by_us / S);
}

/* ---- words ---- */

/* What stands before the time of day, what behind it, and whether the room follows; no time where `behind` is NULL. */
static const struct {
	const char *zh, *behind_zh, *en, *behind_en;
	bool room;
} words[] = {
	[PRESENCE_NOTHING] = { "还没有收到任何动静", NULL, "nothing was heard yet", NULL, false },
	[PRESENCE_INSIDE] = { "", " 室内有动静：", "a sign inside at ", ": ", true },
	[PRESENCE_LEFT] = { "推定外出：", " 关门后室内一直没有动静", "presumed away: the entrance closed at ",
			    ", nothing inside since", false },
	[PRESENCE_OPENED] = { "推定外出：", " 开门后室内一直没有动静", "presumed away: the entrance opened at ",
			      ", nothing inside since", false },
	[PRESENCE_PLANNED] = { "推定外出：按登记的计划不在，", " 室内没有动静",
			       "presumed away: registered as planned, nothing inside at ", "", false },
	[PRESENCE_DOOR] = { "", " 开门后室内有动静：", "back by the door at ", ", then a sign inside: ", true },
	[PRESENCE_SEVERAL] = { "", " 室内连续多处动静：", "several signs inside until ", ": ", true },
	[PRESENCE_STAYED] = { "", " 床、椅或用水一直显示有人", "at ", " somebody stays in bed or chair, or water runs",
			      false },
	[PRESENCE_BLIND] = { "室内没有一个可信的传感器，无法判断有没有人在", NULL,
			     "no sensor inside can be believed: not known whether somebody is in", NULL, false },
	[PRESENCE_AT_DOOR] = { "", " 门动过，之后室内没有动静，无法判断有没有人在", "the entrance moved at ",
			       ", nothing inside since: not known whether somebody is in", false },
	[PRESENCE_VISITED] = { "", " 门动过，当时有来访者在，之后室内没有动静，无法判断住户是否还在",
			       "a visitor was in when the entrance moved at ",
			       ", nothing inside since: not known whether who lives there is in", false },
};

/* Some of the sensors inside can be believed, and they are too few: where they are. */
static const char *say_few(const struct home_view *v, bool chinese, char *buf, size_t room)
{
	_cleanup_str_buf_ struct str_buf rooms = { 0 };

	for (unsigned i = 0; i < SIGN_ROOMS; i++) {
		const char *name = sign_room_name((enum sign_room)i);

		if (!(v->healthy_rooms & 1U << i))
			continue;
		if (rooms.len)
			str_buf_add(&rooms, chinese ? "、" : ", ");
		str_buf_add(&rooms, chinese ? sign_room_zh((enum sign_room)i) : name[0] ? name : "home");
	}
	snprintf(buf, room,
		 chinese ? "室内多数传感器不可信，无法判断有没有人在；仍可信：%s"
			 : "most sensors inside cannot be believed: not known whether somebody is in; those that can: "
			   "%s",
		 str_buf_text(&rooms));
	return buf;
}

const char *presence_why_zh(const struct presence *p, const struct home_view *v, char *buf, size_t room)
{
	char at[CLOCK_ISO_MAX];

	if (p->why == PRESENCE_BLIND && v->healthy_rooms)
		return say_few(v, true, buf, room);
	clock_format_time(p->because.wall_us, at);
	at[5] = '\0'; /* without seconds */
	if (words[p->why].behind_zh)
		snprintf(buf, room, "%s%s%s%s", words[p->why].zh, at, words[p->why].behind_zh,
			 words[p->why].room ? sign_room_zh(p->room) : "");
	else
		snprintf(buf, room, "%s", words[p->why].zh);
	return buf;
}

const char *presence_why_en(const struct presence *p, const struct home_view *v, char *buf, size_t room)
{
	char at[CLOCK_ISO_MAX];
	const char *name = sign_room_name(p->room);

	if (p->why == PRESENCE_BLIND && v->healthy_rooms)
		return say_few(v, false, buf, room);
	clock_format_time(p->because.wall_us, at);
	at[5] = '\0';
	if (words[p->why].behind_en)
		snprintf(buf, room, "%s%s%s%s", words[p->why].en, at, words[p->why].behind_en,
			 !words[p->why].room ? ""
			 : name[0]           ? name
					     : "home");
	else
		snprintf(buf, room, "%s", words[p->why].en);
	return buf;
}
