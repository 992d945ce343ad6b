#include "app/touch.h"

#include "base/mem.h"
#include "base/str.h"

#define ARRIVES_MAX 2 /* less urgent things are not what somebody was called for */

struct button {
	const struct contact *contact;
	bool armed; /* it is known not to be pressed */
};

/* A press, or a card. */
struct deed {
	const struct contact *contact;
	const struct device *device;
	bool card, test;
};

struct touch {
	struct map *buttons; /* by point: struct button */
	struct map *owners;  /* by card: struct contact */
	struct deed *deeds;
	size_t count, room;
};

static void add_button(struct touch *t, const struct contact *c, const struct point_table *table)
{
	const struct point *p = point_find(table, c->button);
	struct button *b = MEM_NEW(struct button);

	b->contact = c;
	b->armed = p && p->quality == QUALITY_GOOD && p->value.type == VALUE_BOOL && !p->value.boolean;
	free(map_put(t->buttons, c->button, b)); /* of two who share one the later */
}

struct touch *touch_new(const struct conf *conf, const struct point_table *table)
{
	struct touch *t = MEM_NEW(struct touch);

	t->buttons = map_new();
	t->owners = map_new();
	for (size_t i = 0; i < conf->contact_count; i++) {
		const struct contact *c = &conf->contacts[i];

		if (c->button)
			add_button(t, c, table);
		for (size_t k = 0; k < c->card_count; k++)
			map_put(t->owners, c->cards[k], (void *)c);
	}
	return t;
}

void touch_free(struct touch *t)
{
	struct button *b;

	if (!t)
		return;
	for (size_t position = 0; (b = map_next(t->buttons, &position));)
		free(b);
	map_free(t->buttons);
	map_free(t->owners);
	free(t->deeds);
	free(t);
}

/* ---- what happens ---- */

static void note(struct touch *t, const struct deed *d)
{
	if (t->count == t->room) {
		t->room = MAX(t->room * 2, (size_t)4);
		t->deeds = mem_realloc(t->deeds, t->room, sizeof(*t->deeds));
	}
	t->deeds[t->count++] = *d;
}

static bool is_pressed(struct button *b, const struct point *p, unsigned change)
{
	bool pressed;

	if (p->value.type == VALUE_EVENT)
		return change & POINT_VALUE;
	if (p->quality != QUALITY_GOOD || p->value.type != VALUE_BOOL) {
		b->armed = false;
		return false;
	}
	pressed = b->armed && p->value.boolean;
	b->armed = !p->value.boolean;
	return pressed;
}

/* Whose card was shown there; NULL: nobody's that is known. */
static const struct contact *owner_of(const struct touch *t, const struct point *p, unsigned change)
{
	if (!(change & POINT_VALUE) || p->value.type != VALUE_EVENT || !p->value.text[0] ||
	    !str_equal(p->device->class->id, "door"))
		return NULL;
	return map_find(t->owners, p->value.text);
}

void touch_point(struct touch *t, const struct point *p, unsigned change)
{
	struct button *b;
	const struct contact *owner;

	if (p->value.type != VALUE_BOOL && p->value.type != VALUE_EVENT)
		return;
	b = map_count(t->buttons) ? map_find(t->buttons, p->name) : NULL;
	if (b && is_pressed(b, p, change))
		note(t, &(struct deed){ .contact = b->contact, .device = p->device, .test = p->test });
	owner = owner_of(t, p, change);
	if (owner)
		note(t, &(struct deed){ .contact = owner, .device = p->device, .card = true, .test = p->test });
}

/* ---- what comes of it ---- */

static bool concerns(const struct deed *d, const struct alarm *a)
{
	bool at_places = !d->card && d->contact->place_count;
	const char *place = a->place ? a->place : "";

	if (alarm_hidden(a) || (d->test && !a->test))
		return false;
	if (at_places ? !contact_covers(d->contact, place) : !place_contains(d->device->place, place))
		return false;
	if (d->card)
		return a->state != ALARM_NORMAL && !a->arrived_us && a->priority <= ARRIVES_MAX;
	return a->state == ALARM_UNACKED || a->state == ALARM_RTN_UNACKED;
}

/* The ids of all that it concerns: commands move what is walked over. */
static size_t find_alarms(const struct deed *d, const struct evaluator *e, char ***ret_ids)
{
	char **ids = NULL;
	size_t count = 0;
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(e, &position));)
		if (concerns(d, a)) {
			ids = mem_realloc(ids, count + 1, sizeof(*ids));
			ids[count++] = mem_strdup(a->id);
		}
	*ret_ids = ids;
	return count;
}

static void carry_out(const struct deed *d, struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	_cleanup_str_buf_ struct str_buf who = { 0 };
	char **ids;
	size_t count = find_alarms(d, engine_evaluator(e), &ids);

	str_buf_printf(&who, d->card ? "%s (card at %s)" : "%s (button of %s)", d->contact->name, d->device->id);
	for (size_t i = 0; i < count; i++) {
		struct evaluator_command c = { .alarm = ids[i],
					       .input = d->card ? ALARM_IN_ARRIVE : ALARM_IN_ACK,
					       .who = str_buf_text(&who) };

		engine_command(e, &c, now, out); /* what is so already stays so */
		free(ids[i]);
	}
	free(ids);
}

bool touch_waits(const struct touch *t)
{
	return t->count > 0;
}

void touch_cards(const struct touch *t, void (*card)(void *context, const struct device *door, const char *whose),
		 void *context)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->deeds[i].card && !t->deeds[i].test)
			card(context, t->deeds[i].device, t->deeds[i].contact->name);
}

void touch_go(struct touch *t, struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	size_t count = t->count;

	t->count = 0;
	for (size_t i = 0; i < count; i++)
		carry_out(&t->deeds[i], e, now, out);
}
