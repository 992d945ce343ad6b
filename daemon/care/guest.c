#include "care/guest.h"

#include "base/util.h"

#define EXPECTED_UNIT (15 * MINUTE) /* from the unit's door to their own */
#define EXPECTED_OWN  HOUR
#define PASSAGE       (2 * MINUTE)  /* all that a door does within it is one passage */
#define ERRAND        (10 * MINUTE) /* who is back by then had not left */
#define AT_ONCE       MINUTE        /* who comes in does not open the door once more after it */
#define STAYS_MOST    (12 * HOUR)   /* since the door moved last */

enum guest_state { GUEST_NONE, GUEST_EXPECTED, GUEST_AT_DOOR, GUEST_IN, GUEST_WENT };

static void become(struct presence *p, enum guest_state state, int64_t at_us)
{
	p->guest = (uint8_t)state;
	p->guest_s = (int32_t)(at_us / S);
}

static int64_t ago(const struct presence *p, int64_t now_us)
{
	return now_us - p->guest_s * S;
}

static void forget(struct presence *p)
{
	p->guest = GUEST_NONE;
	p->guest_own = p->guest_to_gone = 0;
}

void guest_left(struct presence *p)
{
	if (p->guest != GUEST_AT_DOOR)
		forget(p);
}

/* Nobody came by that card; they have left, or nothing was ever noticed of them. */
static bool is_over(const struct presence *p, int64_t now_us)
{
	int64_t ago_us = ago(p, now_us);

	switch (p->guest) {
	case GUEST_EXPECTED: return ago_us > (p->guest_own ? EXPECTED_OWN : EXPECTED_UNIT);
	case GUEST_AT_DOOR: return ago_us > EXPECTED_UNIT;
	case GUEST_IN: return ago_us > STAYS_MOST;
	case GUEST_WENT: return ago_us > ERRAND;
	default: return false;
	}
}

static void expect(struct presence *p, bool own, int64_t now_us)
{
	if (is_over(p, now_us))
		forget(p);
	if (p->guest >= GUEST_IN)
		return; /* another one, or the card of one who leaves */
	p->guest_own = p->guest_own || own;
	if (p->guest == GUEST_AT_DOOR)
		return; /* it is of who has just come, or of another one */
	p->guest_to_gone = presence_is_gone(p);
	become(p, GUEST_EXPECTED, now_us);
}

void guest_card(struct presence *p, const struct sign *s)
{
	int64_t now_us = s->moment.at.mono_us;

	if (!s->on)
		return;
	if (s->entrance && p->guest >= GUEST_IN && !is_over(p, now_us) && ago(p, now_us) > PASSAGE) {
		p->guest_own = true; /* whoever was in: this one comes now */
		become(p, GUEST_EXPECTED, now_us);
		return;
	}
	expect(p, s->entrance, now_us);
}

/* The entrance moved not long ago: whoever it was. */
static bool door_moved_by(const struct presence *p, int64_t now_us)
{
	return p->door.mono_us && now_us - p->door.mono_us <= EXPECTED_UNIT;
}

void guest_arrived(struct presence *p, int64_t now_us)
{
	expect(p, true, now_us);
	if (p->guest == GUEST_EXPECTED && door_moved_by(p, now_us))
		become(p, p->left ? GUEST_AT_DOOR : GUEST_IN, p->door.mono_us);
}

void guest_met(struct presence *p, int64_t now_us)
{
	if (p->left && door_moved_by(p, now_us))
		guest_arrived(p, now_us);
}

void guest_door(struct presence *p, const struct sign *s)
{
	int64_t now_us = s->moment.at.mono_us, ago_us = ago(p, now_us);

	/* Who was noticed since a visitor went lives there; nobody was noticed: it may be the visitor who went now. */
	if (is_over(p, now_us) && !(p->guest == GUEST_WENT && p->left))
		forget(p);
	switch (p->guest) {
	case GUEST_EXPECTED: become(p, GUEST_AT_DOOR, now_us); break;
	case GUEST_AT_DOOR:
		if (!p->guest_own && s->on && ago_us > AT_ONCE)
			forget(p); /* out and in again: who lives there, on an errand */
		else
			become(p, GUEST_AT_DOOR, now_us);
		break;
	case GUEST_IN:
		if (ago_us > PASSAGE)
			become(p, GUEST_WENT, now_us);
		break;
	case GUEST_WENT:
		if (ago_us > PASSAGE)
			become(p, ago_us <= ERRAND ? GUEST_IN : GUEST_WENT, now_us);
		break;
	default: break;
	}
}

/* Who is in bed did not open the door: who moves elsewhere did. */
static bool is_beside(const struct presence *p, const struct sign *s)
{
	for (size_t i = 0; i < PRESENCE_LASTING; i++) {
		const struct presence_lasting *l = &p->lasting[i];

		if (l->on_us && l->of != PRESENCE_OF_WATER && l->room != s->room && l->device != s->device &&
		    l->on_us < p->door.mono_us && s->moment.at.mono_us - l->on_us < PRESENCE_STUCK_AFTER)
			return true;
	}
	return false;
}

void guest_inside(struct presence *p, const struct sign *s)
{
	if (p->guest != GUEST_IN && is_beside(p, s)) {
		p->guest_own = true;
		p->guest_to_gone = false;
		become(p, GUEST_IN, p->door.mono_us);
	} else if (p->guest == GUEST_AT_DOOR && (p->guest_own || !p->guest_to_gone)) {
		become(p, GUEST_IN, p->guest_s * S);
	} else if (p->guest == GUEST_AT_DOOR) {
		forget(p); /* who lives there has come home */
	}
}

bool guest_may_have_left(const struct presence *p, int64_t now_us)
{
	if (p->guest == GUEST_AT_DOOR)
		return p->guest_own;
	return p->guest >= GUEST_IN && ago(p, now_us) <= STAYS_MOST;
}
