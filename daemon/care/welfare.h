/* welfare.h: rule 5, is this person all right: the stages of a quiet that is too long. Pure; a flat block within the dwelling's.
 *
 *   NONE -- quiet beyond its line --> 1 asked in the home -- prompt_for --> 2 the desk -- desk_for --> 3 call out
 *    ^------------------------- any sign of life inside, or a person's word ------------------------'
 *
 * The line itself is rhythm.h's. What crossed it stays crossed until the quiet ends, wherever the line goes meanwhile. While
 * nobody is thought to be in, or the sensors cannot be believed, silence says nothing: what is under way stands still. */
#pragma once

#include "care/home_view.h"
#include "care/rhythm.h"
#include "care/verdict.h"

struct welfare {
	int64_t quiet_us;   /* mono: the beginning of the quiet that crossed its line; 0: none did */
	int64_t crossed_us; /* mono */
	uint8_t stage;
	uint8_t spare[7];
};

/* The quiet as it is judged. */
struct welfare_case {
	int64_t since_us; /* mono; 0: no sign so far */
	struct rhythm_limit limit;
};

void welfare_init(struct welfare *w);
void welfare_judge(struct welfare *w, const struct home_view *v, const struct welfare_case *c,
		   struct verdict *ret_verdict);
int64_t welfare_due(const struct welfare *w, const struct home_view *v,
		    const struct welfare_case *c); /* mono; INT64_MAX */
/* For another reason it is called out for at once: stage 3 of the quiet that began then. */
void welfare_rise(struct welfare *w, int64_t quiet_us, int64_t now_us);
void welfare_move(struct welfare *w, int64_t by_us);
/* Whether silence can be judged at all now. */
bool welfare_is_judged(const struct home_view *v);
