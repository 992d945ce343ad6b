/* touch.h: what people do at the things themselves: a button pressed acknowledges what is open where it stands, a card shown
 * at a door says who has arrived behind it. Owned by who owns the engine; reads no clock.
 *
 * - A button is pressed when its point becomes true and was known to be false before, or with each event. Which alarms: those
 *   at the contact's places, or where it names none at the place of the button's device. In test it acknowledges tests only.
 * - A card belongs to one contact. Its owner has arrived at what is open behind that door and urgent (priority 1 and 2).
 *
 * What is noted while readings are applied is done by touch_go, when they all are. */
#pragma once

#include "app/engine.h"

struct touch;

/* conf and table are lent; the table only for the call: what buttons say now is how they stand. */
struct touch *touch_new(const struct conf *conf, const struct point_table *table);
void touch_free(struct touch *t);

/* Value or quality of a point changed; change is a set of enum point_change. */
void touch_point(struct touch *t, const struct point *p, unsigned change);
bool touch_waits(const struct touch *t); /* something was noted */
/* Calls with each card that was noted, but for tests. */
void touch_cards(const struct touch *t, void (*card)(void *context, const struct device *door, const char *whose),
		 void *context);
/* Does what was noted; appends what came of it. */
void touch_go(struct touch *t, struct engine *e, struct clock_now now, struct alarm_effects *out);
