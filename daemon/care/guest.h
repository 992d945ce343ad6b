/* guest.h: whether a visitor is in beside who lives there: a carer, a grid worker, family. Then a door that moves, and nothing inside
 * after it, may be the visitor's leaving, and says nothing of who lives there. Pure; its few bytes are struct presence's; never logs.
 *
 *   NONE -- a card at the door, or a word --> EXPECTED -- the entrance moves --> AT_DOOR -- something inside --> IN
 *    ^                                                                                                          |  ^
 *    |  something inside, and the entrance moves much later                            the entrance moves      |  |
 *    +------------------------------------------------------------------------- WENT <-------------------------'  |
 *                                                                                 '-- and soon again: an errand --'
 *
 * Something elsewhere while bed, chair or radar have been occupied since before the door moved is a visitor, too.
 * What is over by its time is forgotten with the next card or movement of the door; those who live there and have a card are no visitors.
 * A card at the unit's door makes a visitor only of who comes while somebody is in, and is noticed: others of that unit come and go. */
#pragma once

#include "care/presence.h"

/* A card: at the dwelling's own door, or at the unit's. */
void guest_card(struct presence *p, const struct sign *s);
/* Somebody is there, as a person says. */
void guest_arrived(struct presence *p, int64_t now_us);
/* Somebody was there, as a person says: a door that has just moved was theirs. */
void guest_met(struct presence *p, int64_t now_us);
/* The entrance moved; before presence takes notice of that. */
void guest_door(struct presence *p, const struct sign *s);
/* Something inside that is not the last of one who leaves. */
void guest_inside(struct presence *p, const struct sign *s);
/* Nothing inside since the entrance moved: it may have been a visitor who left. */
bool guest_may_have_left(const struct presence *p, int64_t now_us);
/* What became of that is judged. Who came and was not noticed yet may be in still. */
void guest_left(struct presence *p);
