/* build_touch.c: the points of contacts: a siren or a lamp that tells, a button that acknowledges; and cards, which are one
 * person's each. */
#include "conf/build.h"

#include "base/mem.h"

/* The point "device.name" of the key. NULL where there is none (an error then), or where nobody can know. */
static const struct profile_point *find(struct build *b, const struct contact *c, const char *key, const char *name,
					const struct device **ret_device)
{
	const char *dot = strrchr(name, '.');
	_cleanup_(freep) char *id = mem_strndup(name, dot ? (size_t)(dot - name) : strlen(name));
	const struct ident *device = idents_find(&b->devices, id);
	const struct device *d = device ? device->object : NULL;
	_cleanup_str_buf_ struct str_buf expected = { 0 };

	if ((device && !d) || unread_may_have(b->unread, id))
		return NULL;
	for (size_t i = 0; d && dot && i < d->profile->point_count; i++)
		if (str_equal(d->profile->points[i].name, dot + 1)) {
			*ret_device = d;
			return &d->profile->points[i];
		}
	if (!d)
		idents_expect(&b->devices, id, &expected);
	else if (!unread_may_have(&b->lost, dot ? dot + 1 : ""))
		str_buf_printf(&expected, "; expected a point of %s", d->profile->id);
	diag_error(b->diag, c->at, "contact '%s': %s = \"%s\": no such point%s", c->id, key, name,
		   str_buf_text(&expected));
	return NULL;
}

static void check_output(struct build *b, const struct contact *c)
{
	const struct device *d;
	const struct profile_point *p = c->output ? find(b, c, "output", c->output, &d) : NULL;
	const char *problem = NULL;

	if (!p)
		return;
	if (p->type != VALUE_BOOL)
		problem = "expected a point that is on or off";
	else if (!d->bus)
		problem = "its device is on no bus: nothing can be switched there";
	else if (!p->writable)
		problem = "its profile does not say writable = true";
	else if (!d->writes)
		problem = "its device does not say writes = true";
	if (problem)
		diag_error(b->diag, c->at, "contact '%s': output = \"%s\": %s", c->id, c->output, problem);
}

static void check_button(struct build *b, const struct contact *c)
{
	const struct device *d;
	const struct profile_point *p = c->button ? find(b, c, "button", c->button, &d) : NULL;

	if (p && p->type != VALUE_BOOL && p->type != VALUE_EVENT)
		diag_error(b->diag, c->at,
			   "contact '%s': button = \"%s\": expected a point that is on or off, or an event", c->id,
			   c->button);
}

static void check_cards(struct build *b, const struct contact *c, struct map *owners)
{
	for (size_t i = 0; i < c->card_count; i++) {
		const struct contact *other = map_put(owners, c->cards[i], (void *)c);

		if (other)
			diag_error(b->diag, c->at, "contact '%s': cards: \"%s\" is one of '%s', too: whose is it?",
				   c->id, c->cards[i], other->id);
	}
}

void build_touch_all(struct build *b)
{
	_cleanup_(map_freep) struct map *owners = map_new();

	for (size_t i = 0; i < b->conf->contact_count; i++) {
		const struct contact *c = &b->conf->contacts[i];

		check_output(b, c);
		check_button(b, c);
		check_cards(b, c, owners);
	}
}
