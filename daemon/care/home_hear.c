/* home_hear.c: what people say of a dwelling, and what is made of it; see home.h. */
#include "care/home.h"

#include "care/guest.h"

static bool is_silence(enum concern_rule rule)
{
	return rule == CONCERN_WELFARE || rule == CONCERN_BATHROOM || rule == CONCERN_NO_START;
}

/* They are being called for: the silence goes on. */
static bool is_silent(const struct home *h)
{
	return h->state.welfare.stage || h->told[CONCERN_BATHROOM].active || h->told[CONCERN_NO_START].active;
}

/* The quiet of an alarm that was closed as false is one of those that are usual here. */
static void pardon(struct home *h, const struct home_view *v)
{
	struct home_state *s = &h->state;
	struct home_view then = *v;
	struct rhythm now = s->rhythm;
	int64_t bathroom_us = s->bathroom.since_us;

	if (is_silent(h)) {
		then.now.at.mono_us = welfare_quiet_until(&s->welfare, v);
		rhythm_pardon(&s->rhythm, &then);
		bathroom_pardon(&s->bathroom, v);
		return;
	}
	if (!s->doubt.since_us)
		return;
	then.now.at.mono_us = s->doubt.until_us;
	s->rhythm.since_us = s->doubt.since_us;
	s->rhythm.minute = s->doubt.minute;
	s->rhythm.room = s->doubt.room;
	rhythm_pardon(&s->rhythm, &then);
	s->rhythm.since_us = now.since_us;
	s->rhythm.minute = now.minute;
	s->rhythm.room = now.room;
	s->rhythm.spoilt = now.spoilt;
	s->bathroom.since_us = s->doubt.bathroom_us;
	bathroom_pardon(&s->bathroom, &then);
	s->bathroom.since_us = bathroom_us;
}

/* Somebody knows of them now: the quiet begins anew. */
static void begin_anew(struct home *h, enum home_word word, const struct home_view *v)
{
	struct home_state *s = &h->state;

	if (s->rhythm.since_us)
		rhythm_back(&s->rhythm, v);
	if (word != HOME_WORD_FALSE)
		rhythm_spoil(&s->rhythm);
	s->bathroom.since_us = 0;
	welfare_init(&s->welfare);
	if (v->now.minute >= START_MORNING && s->start.today == START_NONE)
		s->start.away = true;
}

void home_hear(struct home *h, const struct home_said *said, const struct sign_moment *now)
{
	struct home_state *s = &h->state;
	const struct home_view *v = home_look(h, now);
	bool in_person = said->word == HOME_WORD_SEEN || said->word == HOME_WORD_ARRIVED,
	     met = in_person || said->word == HOME_WORD_SPOKEN;
	bool silent = is_silent(h) && is_silence(said->rule);

	h->version++;
	if (is_silence(said->rule) && said->word == HOME_WORD_FALSE) {
		pardon(h, v);
		hush_suspect(&s->hush);
	}
	if (said->rule == CONCERN_STOVE && (said->word == HOME_WORD_REAL || said->word == HOME_WORD_FALSE))
		stove_heard(&s->stove, said->word == HOME_WORD_REAL);
	if (silent && said->word == HOME_WORD_REAL) {
		rhythm_spoil(&s->rhythm);
		bathroom_spoil(&s->bathroom);
	}
	if (is_silence(said->rule))
		s->doubt.since_us = 0;
	if (in_person)
		visit_met(&s->visit, 0, v);
	if (said->word == HOME_WORD_ARRIVED)
		guest_arrived(&s->presence, now->at.mono_us);
	else if (in_person)
		guest_met(&s->presence, now->at.mono_us);
	if (met || said->rule == CONCERN_LONG_ABSENCE)
		absence_heard(&s->absence, v);
	if (met || silent)
		begin_anew(h, said->word, v);
	home_look(h, now);
}
