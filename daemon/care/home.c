#include "care/home.h"

#include <string.h>

#include "base/mem.h"

#define KIND(k) (1U << (k))
#define BLINK   (30 * MINUTE) /* not seen for no longer: the quiet goes on where it was */

/* ---- making ---- */

struct home *home_new(const char *place)
{
	struct home *h = MEM_NEW(struct home);
	struct home_state *s = &h->state;

	h->place = mem_strdup(place);
	settings_usual(&h->settings);
	presence_init(&s->presence);
	rhythm_init(&s->rhythm);
	bathroom_init(&s->bathroom);
	hush_init(&s->hush);
	welfare_init(&s->welfare);
	start_init(&s->start);
	absence_init(&s->absence);
	cross_init(&s->cross);
#define INIT(name, type, rule) name##_init(&s->name);
	HOME_RULES(INIT)
	return h;
}

void home_free(struct home *h)
{
	if (!h)
		return;
	free(h->sensors);
	free(h->place);
	free(h);
}

bool home_watches(const struct home *h, enum concern_rule rule)
{
	return !h->asleep && h->concern.rules & (1U << rule);
}

/* ---- what can be seen ---- */

static void spoil(struct home *h)
{
	rhythm_spoil(&h->state.rhythm);
	bathroom_spoil(&h->state.bathroom);
}

/* What was not seen is not held against them: after a moment the quiet goes on without it, else a new one begins. A quiet that
 * somebody is told of goes on. */
static void see_again(struct home *h, int64_t blind_us, const struct home_view *v)
{
	struct home_state *s = &h->state;
	int64_t dark_us = v->now.at.mono_us - blind_us;

	if (s->welfare.stage >= 2)
		return;
	if (dark_us > BLINK) {
		s->dark = 1;
		s->start.away = true; /* the morning may have begun */
		rhythm_back(&s->rhythm, v);
		s->bathroom.since_us = 0;
		return;
	}
	sign_move(&s->rhythm.since_us, dark_us);
	sign_move(&s->bathroom.since_us, dark_us);
	if (s->welfare.stage)
		welfare_move(&s->welfare, dark_us);
	spoil(h);
}

void home_darken(struct home *h, int64_t dark_us)
{
	if (dark_us <= BLINK || h->state.welfare.stage >= 2)
		return;
	h->state.dark = 1;
	h->state.start.away = true;
	h->state.bathroom.since_us = 0;
	spoil(h);
}

static void look_around(struct home *h, const struct sign_moment *now)
{
	struct home_state *s = &h->state;
	bool seeing = home_look_sees(h, now->at.mono_us);
	int64_t blind_us = s->blind_us;

	if (seeing && blind_us) {
		s->blind_us = 0;
		see_again(h, blind_us, home_look(h, now));
	} else if (!seeing && !blind_us) {
		s->blind_us = MAX(now->at.mono_us, 1);
		spoil(h);
	}
}

bool home_hear_quality(struct home *h, const struct home_news *n, const struct sign_moment *now)
{
	struct home_device *d = &h->state.devices[n->device];
	uint16_t good = n->good ? (uint16_t)(d->good | KIND(n->kind)) : (uint16_t)(d->good & ~KIND(n->kind));

	if (good == d->good)
		return false;
	h->version++;
	d->good = good;
	if (good)
		d->lost_s = 0;
	else if (!d->lost_s && d->known)
		d->lost_s = (int32_t)MAX(now->at.mono_us / S, 1);
	if (d->lost_s && !h->sensors[n->device].entrance)
		spoil(h);
	home_pass(h, now);
	return true;
}

/* ---- signs and time ---- */

/* The mode has changed without a sign. */
static void moved(struct home *h, const struct sign_moment *now)
{
	struct home_state *s = &h->state;

	if (s->presence.why == PRESENCE_STAYED)
		rhythm_back(&s->rhythm, home_look(h, now));
	if (s->presence.mode == HOME_AWAY) {
		spoil(h);
		s->bathroom.since_us = 0;
	}
	if (presence_is_visited(&s->presence))
		spoil(h); /* whether they were in is not known */
}

/* The estate's day is another. */
static void turn_day(struct home *h, const struct sign_moment *now)
{
	struct home_state *s = &h->state;
	const struct home_view *v;

	if (now->minute < 0 || s->day == now->day)
		return;
	/* A clock that went back over midnight has no second end of that day; one that was wrong by more has a new day. */
	if (!s->day || now->day < s->day - 1) {
		s->day = now->day;
		return;
	}
	if (now->day < s->day)
		return;
	s->day = now->day;
	h->version++;
	v = home_look(h, now);
	rhythm_day(&s->rhythm, v);
	bathroom_day(&s->bathroom, v);
	hush_day(&s->hush);
	start_day(&s->start, v);
	cross_day(&s->cross, v);
#define TURN(name, type, rule) name##_day(&s->name, v);
	HOME_RULES(TURN)
}

/* Too hot or too cold for hours: somebody is to go there, once for each time. */
static void mind_climate(struct home *h, const struct home_view *v)
{
	bool harsh = home_watches(h, CONCERN_WELFARE) && cross_is_harsh(&h->state.cross, v);

	if (harsh && !h->state.harsh)
		visit_ask(&h->state.visit, v);
	h->state.harsh = harsh;
}

void home_pass(struct home *h, const struct sign_moment *now)
{
	turn_day(h, now);
	look_around(h, now);
	cross_note(&h->state.cross, home_look(h, now));
	mind_climate(h, home_look(h, now));
	if (!presence_judge(&h->state.presence, home_look(h, now)))
		return;
	h->version++;
	moved(h, now);
}

/* A quiet that people were called for ends: it is learned only if they say that it was nothing. */
static void doubt(struct home *h, const struct home_view *v)
{
	struct home_state *s = &h->state;

	if (s->welfare.stage < 2 && h->told[CONCERN_BATHROOM].stage < 2)
		return;
	s->doubt = (struct home_doubt){ .since_us = s->rhythm.since_us,
					.until_us = welfare_quiet_until(&s->welfare, v),
					.bathroom_us = s->bathroom.since_us,
					.minute = s->rhythm.minute,
					.room = s->rhythm.room };
	spoil(h);
}

static void notice(struct home *h, const struct sign *s)
{
	struct home_last last = { .at = s->moment.at, .room = s->room, .device = s->device };

	h->state.dark = 0;
	h->state.inside = last;
	h->state.room[s->room] = last;
}

void home_sign(struct home *h, const struct sign *s)
{
	struct home_state *state = &h->state;
	const struct home_view *v;
	bool changed, back;

	home_pass(h, &s->moment);
	h->version++;
	v = home_look(h, &s->moment);
	changed = presence_sign(&state->presence, s, v);
	start_sign(&state->start, s, v);
	cross_sign(&state->cross, s, v);
	bathroom_follow(&state->bathroom, s);
#define FEED(name, type, rule) name##_sign(&state->name, s, v);
	HOME_RULES(FEED)
	if (s->entrance && s->kind == SIGN_CONTACT)
		hush_door(&state->hush, s);
	if (s->kind == SIGN_CARD)
		state->card_us = s->moment.at.mono_us;
	back = changed && state->presence.mode == HOME_HOME;
	if (sign_is_inside(s) && !presence_is_gone(&state->presence) && welfare_sign(&state->welfare, s, v)) {
		if (back && !home_view_counts(v))
			rhythm_back(&state->rhythm, v);
		doubt(h, v);
		rhythm_sign(&state->rhythm, s, v);
		bathroom_sign(&state->bathroom, s, v);
		hush_sign(&state->hush, s);
		notice(h, s);
		if (home_look(h, &s->moment)->misses_newly)
			spoil(h);
	}
	home_pass(h, &s->moment);
}

/* ---- rules ---- */

static void welfare_case_of(const struct home *h, struct welfare_case *ret_case)
{
	const struct home_view *v = &h->view;
	int64_t buffer_us = settings_us(v->settings, SETTINGS_WELFARE_BUFFER), less_us;

	ret_case->since_us = h->state.rhythm.since_us;
	rhythm_limit(&h->state.rhythm, v, &ret_case->limit);
	less_us = buffer_us - cross_buffer(&h->state.cross, v, buffer_us);
	if (ret_case->limit.basis != RHYTHM_COLD && less_us > 0) {
		ret_case->limit.limit_us -= less_us;
		ret_case->limit.due_us -= less_us;
	}
}

/* Only where somebody is watched for it: else anything that runs in a kitchen would call everybody. */
static bool stove_on(const struct home *h)
{
	return home_watches(h, CONCERN_STOVE) && stove_is_left_on(&h->state.stove, &h->view);
}

static struct cross_case cross_case_of(const struct home *h, const struct welfare_case *c)
{
	return (struct cross_case){ .age_us = h->view.now.at.mono_us - c->since_us,
				    .limit_us = c->limit.limit_us,
				    .stove = stove_on(h) };
}

/* Rules 5, 6 and 7 are about one silence: what is told by one is not told by another. */
static void judge_welfare(struct home *h, struct verdict *ret_verdict)
{
	struct home_state *s = &h->state;
	struct welfare_case c;
	struct verdict bathroom;

	welfare_case_of(h, &c);
	bathroom_judge(&s->bathroom, &h->view, &bathroom);
	if (bathroom.active && home_watches(h, CONCERN_BATHROOM) && !s->welfare.stage) {
		*ret_verdict = (struct verdict){ .active = false };
		return;
	}
	welfare_judge(&s->welfare, &h->view, &c, ret_verdict);
	if (welfare_is_judged(&h->view) && c.since_us) {
		struct cross_case crossing = cross_case_of(h, &c);

		if (cross_mend(&s->cross, &h->view, &crossing, ret_verdict))
			welfare_rise(&s->welfare, c.since_us, h->view.now.at.mono_us);
	}
	h->view.welfare_stage = s->welfare.stage;
}

void home_judge(struct home *h, enum concern_rule rule, struct verdict *ret_verdict)
{
	struct home_state *s = &h->state;

	*ret_verdict = (struct verdict){ .active = false };
	if (!home_watches(h, rule))
		return;
	switch (rule) {
	case CONCERN_WELFARE: judge_welfare(h, ret_verdict); break;
	case CONCERN_BATHROOM: bathroom_judge(&s->bathroom, &h->view, ret_verdict); break;
	case CONCERN_NO_START: start_judge(&s->start, &h->view, ret_verdict); break;
	case CONCERN_LONG_ABSENCE: absence_judge(&s->absence, &h->view, ret_verdict); break;
#define JUDGE(name, type, id) \
	case id: name##_judge(&s->name, &h->view, ret_verdict); break;
		HOME_RULES(JUDGE)
	case CONCERN_RULES: break;
	}
}

static int64_t silence_due(const struct home *h)
{
	const struct home_state *s = &h->state;
	const struct home_view *v = &h->view;
	struct welfare_case c;
	int64_t due_us;

	if (h->told[CONCERN_BATHROOM].active && !s->welfare.stage)
		return INT64_MAX; /* it is told by that one, until something stirs */
	welfare_case_of(h, &c);
	due_us = welfare_due(&s->welfare, v, &c);
	if (welfare_is_judged(v) && c.since_us) {
		struct cross_wait wait = { .last_us = c.since_us, .limit_us = c.limit.limit_us, .stove = stove_on(h) };

		due_us = MIN(due_us, cross_due(&s->cross, v, &wait));
	}
	return due_us;
}

/* The end of the day, and of what holds for a while. */
static int64_t passing_due(const struct home *h)
{
	const struct home_view *v = &h->view;
	int64_t due_us = v->now.minute < 0 ? INT64_MAX : sign_until(&v->now, 24 * 60);

	if (v->companion)
		due_us = MIN(due_us, h->state.card_us + HOME_COMPANY);
	if (h->check_us > 0)
		due_us = MIN(due_us, h->check_us);
	if (h->hold_us > v->now.at.mono_us)
		due_us = MIN(due_us, h->hold_us);
	return due_us;
}

int64_t home_due(struct home *h)
{
	const struct home_state *s = &h->state;
	const struct home_view *v = &h->view;
	int64_t due_us = MIN(passing_due(h), presence_due(&s->presence, v));

	if (home_watches(h, CONCERN_WELFARE))
		due_us = MIN(due_us, silence_due(h));
	if (home_watches(h, CONCERN_BATHROOM))
		due_us = MIN(due_us, bathroom_due(&s->bathroom, v));
	if (home_watches(h, CONCERN_NO_START))
		due_us = MIN(due_us, start_due(&s->start, v));
	if (home_watches(h, CONCERN_LONG_ABSENCE))
		due_us = MIN(due_us, absence_due(&s->absence, v));
#define DUE(name, type, rule)      \
	if (home_watches(h, rule)) \
		due_us = MIN(due_us, name##_due(&s->name, v));
	HOME_RULES(DUE)
	return due_us;
}

void home_move(struct home *h, int64_t by_us)
{
	struct home_state *s = &h->state;

	presence_move(&s->presence, by_us);
	rhythm_move(&s->rhythm, by_us);
	bathroom_move(&s->bathroom, by_us);
	welfare_move(&s->welfare, by_us);
	start_move(&s->start, by_us);
	absence_move(&s->absence, by_us);
	cross_move(&s->cross, by_us);
	hush_move(&s->hush, by_us);
#define MOVE(name, type, rule) name##_move(&s->name, by_us);
	HOME_RULES(MOVE)
	sign_move(&s->inside.at.mono_us, by_us);
	for (unsigned i = 0; i < SIGN_ROOMS; i++)
		sign_move(&s->room[i].at.mono_us, by_us);
	sign_move(&s->doubt.since_us, by_us);
	sign_move(&s->doubt.until_us, by_us);
	sign_move(&s->doubt.bathroom_us, by_us);
	sign_move(&s->blind_us, by_us);
	sign_move(&s->card_us, by_us);
	for (unsigned i = 0; i < HOME_DEVICES; i++)
		if (s->devices[i].lost_s)
			s->devices[i].lost_s += (int32_t)(by_us / S);
}
