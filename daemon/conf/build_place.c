/* build_place.c: the estate itself and its places. */
#include "conf/build.h"

#include "conf/zone.h"

/* A zone that the system does not know would silently be UTC. */
static void check_zone(struct fields *f, const char *zone)
{
	char near[ZONE_NAME_MAX];
	const char *meant;

	if (zone_exists(zone))
		return;
	meant = zone_nearest(zone, near);
	if (meant)
		fields_error(f, "timezone", "no such zone; did you mean '%s'?", meant);
	else
		fields_error(f, "timezone", "no such zone; expected a name like \"Asia/Shanghai\"");
}

void build_place_estate(struct build *b, const struct build_entries *e)
{
	struct estate *estate = &b->conf->estate;
	struct fields f;

	if (e->count == 0)
		return;
	build_read(b, "estate", &e->entries[0], &f);
	for (size_t i = 1; i < e->count; i++) {
		struct fields other;

		build_read(b, "estate", &e->entries[i], &other);
		if (e->entries[i].file != e->entries[0].file) /* else it is told already */
			diag_error(b->diag, other.at, "estate: stands twice; the other is at %s:%u", f.at.file,
				   f.at.line);
	}
	estate->id = build_text(b, fields_text(&f, "id"));
	estate->name = fields_said(&f, "name") ? build_text(b, fields_text(&f, "name")) : estate->id;
	estate->timezone = build_text(b, fields_text(&f, "timezone"));
	estate->self_test_us = fields_int(&f, "self_test");
	check_zone(&f, estate->timezone);
}

static void read_units(struct build *b, const struct fields *f, struct place *p)
{
	const config_setting_t *list = fields_get(f, "units")->setting;
	const char **units;

	if (!fields_said(f, "units"))
		return;
	p->unit_count = (size_t)config_setting_length(list);
	units = ARENA_ARRAY(b->arena, MAX(p->unit_count, (size_t)1), const char *);
	for (size_t i = 0; i < p->unit_count; i++)
		units[i] = build_text(b, config_setting_get_string_elem(list, (int)i));
	p->units = units;
}

/* A place deeper down may be declared to give it a name; its first part must be there too, in any order. */
static void check_outer(struct build *b, const struct place *p)
{
	size_t len = place_first_len(p->id);
	char first[PLACE_PATH_MAX];

	if (!p->id[len])
		return;
	memcpy(first, p->id, len);
	first[len] = '\0';
	if (!idents_find(&b->places, first) && !unread_may_have(b->unread, first))
		diag_error(b->diag, p->at, "place '%s': '%s' is not declared in places", p->id, first);
}

void build_place_all(struct build *b, const struct build_entries *e)
{
	struct conf *c = b->conf;

	c->places = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct place);
	for (size_t i = 0; i < e->count; i++) {
		struct place *p = &c->places[c->place_count];
		struct ident *id;
		struct fields f;

		build_read(b, "places", &e->entries[i], &f);
		id = build_declare(b, &b->places, &f);
		if (id->spare)
			continue;
		id->object = p;
		*p = (struct place){ .id = id->id, .floors = (int)fields_int(&f, "floors"), .at = f.at };
		p->name = fields_said(&f, "name") ? build_text(b, fields_text(&f, "name")) : p->id;
		read_units(b, &f, p);
		c->place_count++;
	}
	for (size_t i = 0; i < c->place_count; i++)
		check_outer(b, &c->places[i]);
}
