/* welfare.h: rule 5, is this person all right: the stages of a quiet that is too long. Pure; a flat block within the dwelling's.
 *
 *   NONE -- quiet beyond its line --> 1 asked in the home -- prompt_for --> 2 the desk -- desk_for --> 3 call out
 *    ^------------------------- any sign of life inside, or a person's word ------------------------'
 *
 * Once the desk was told, motion of one moment does not end it where several rooms are seen and there is no entrance sensor, or it is
 * lost: it may be a ghost, or all that one who has fallen can do. It takes three within ten minutes, of two sensors, or anything but
 * motion; the desk is told of it. Where there is an entrance, who has left is known by it, and any sign ends it.
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
	/* Motion that does not end it: how often within ten minutes; of two sensors; longer ago, too; enum sign_room. */
	uint8_t stirs : 2, stirs_of_two : 1, stirred_before : 1, stir_room : 4;
	uint16_t stir_device; /* of the first of them */
	int32_t stir_s;       /* mono: the first of them; 0: none */
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
/* A sign inside; v as it was before it. True: it says that they are about, and ends the quiet; always so before the desk was told. */
bool welfare_sign(struct welfare *w, const struct sign *s, const struct home_view *v);
/* Until when that quiet is one, mono: now, or when it was seen to end. Where motion came again and again that did not end it: when the desk
 * was told; it may have been somebody, or nobody was in, and in neither case is all of it usual here. */
int64_t welfare_quiet_until(const struct welfare *w, const struct home_view *v);
void welfare_move(struct welfare *w, int64_t by_us);
/* Whether silence can be judged at all now. */
bool welfare_is_judged(const struct home_view *v);
