/* build_device.c: devices: what ties place, bus or plugin, and profile together. */
#include "conf/build.h"

#define POINTS_MAX 1000000 /* in one estate */

static void check_place(struct build *b, struct fields *f)
{
	_cleanup_str_buf_ struct str_buf expected = { 0 };
	const char *path = fields_text(f, "place");
	char first[PLACE_PATH_MAX];
	size_t len;

	if (!path)
		return;
	len = place_first_len(path);
	memcpy(first, path, len);
	first[len] = '\0';
	if (idents_find(&b->places, first) || unread_may_have(b->unread, first))
		return;
	if (b->diag->count < DIAG_MAX)
		idents_expect(&b->places, first, &expected);
	fields_error(f, "place", "'%s' is not declared in places%s", first, str_buf_text(&expected));
}

static void read_bus(struct build *b, struct fields *f, struct device *d)
{
	const struct ident *bus = build_refer(b, &b->buses, f, "bus");

	d->bus = bus ? bus->object : NULL;
	d->unit = (uint8_t)fields_int(f, "unit");
	if (fields_get(f, "bus")->setting && !fields_get(f, "unit")->setting)
		fields_error(f, "unit", "missing: expected 1..247, its Modbus address on the bus");
}

/* Two devices of one address would both take every message; of one unit and profile, both read the same. */
static void check_address(struct build *b, struct fields *f, const struct device *d, struct map *addresses)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };
	const struct device *other;

	if (d->plugin && d->address)
		str_buf_printf(&key, "%s %s", d->plugin->id, d->address);
	else if (d->bus && d->unit && d->profile)
		str_buf_printf(&key, "%s %u %s", d->bus->id, d->unit, d->profile->id);
	else
		return;
	other = map_find(addresses, str_buf_text(&key));
	if (!other)
		map_put(addresses, build_text(b, str_buf_text(&key)), (void *)d);
	else if (d->plugin)
		fields_warning(f, "address", "device '%s' at %s:%u has this address already", other->id, other->at.file,
			       other->at.line);
	else
		fields_warning(f, "unit",
			       "device '%s' at %s:%u reads the same unit by the same profile: both show the same "
			       "values",
			       other->id, other->at.file, other->at.line);
}

static void read_plugin(struct build *b, struct fields *f, struct device *d)
{
	const struct ident *plugin = build_refer(b, &b->plugins, f, "plugin");

	d->plugin = plugin ? plugin->object : NULL;
	d->address = build_text(b, fields_text(f, "address"));
	if (d->plugin && !d->address)
		d->address = d->id; /* many plugins know their devices by the name they have here */
}

static void read_way(struct build *b, struct fields *f, struct device *d)
{
	bool bus = fields_get(f, "bus")->setting != NULL, plugin = fields_get(f, "plugin")->setting != NULL;

	read_bus(b, f, d);
	read_plugin(b, f, d);
	if (bus && plugin)
		fields_error(f, "plugin", "bus = \"%s\" is said too: expected one of them",
			     fields_said(f, "bus") ? fields_text(f, "bus") : "…");
	else if (!bus && !plugin && !fields_get(f, "bus")->wrong)
		diag_warning(b->diag, f->at, "%s: neither bus nor plugin: only replay and the API can feed it",
			     f->subject);
	if (!bus && fields_said(f, "unit"))
		fields_warning(f, "unit", "has no effect without a bus");
	if (!plugin && fields_said(f, "address"))
		fields_warning(f, "address", "has no effect without a plugin");
}

static const struct build_profile *profile_of(struct build *b, struct fields *f)
{
	const struct ident *profile = build_refer(b, &b->profiles, f, "profile");
	const struct ident *class = build_refer(b, &b->classes, f, "class");
	const struct build_profile *built = profile ? profile->object : NULL;
	const struct build_class *wanted = class ? class->object : NULL;

	if (fields_get(f, "profile")->wrong && !fields_get(f, "profile")->setting)
		return NULL; /* it is no group at all: an error was told */
	if (!fields_get(f, "profile")->setting && !fields_get(f, "class")->setting) {
		fields_error(f, "profile",
			     "missing: expected a profile, or a class for a device that names its fields like it");
		return NULL;
	}
	if (built && wanted && built->profile->class && built->profile->class != wanted->class)
		fields_error(f, "class", "profile '%s' is of class '%s'", built->profile->id,
			     built->profile->class->id);
	if (!fields_get(f, "profile")->setting && wanted)
		built = build_profile_of_class(b, wanted);
	return built;
}

static void check_profile(struct build *b, struct fields *f, const struct device *d, const struct build_profile *p)
{
	const char *key = fields_get(f, "profile")->setting ? "profile" : "class";

	if (unread_may_have(b->unread, p->profile->id))
		return; /* another one with its id may stand there */
	if (d->bus && p->fields && !p->registers)
		fields_error(f, key, "it has JSON fields, no registers: it does not fit a device on a bus");
	if (d->plugin && p->registers && !p->fields)
		fields_error(f, key, "it has registers, no JSON fields: it does not fit a device behind a plugin");
	if (d->bus && p->widest > d->max_registers)
		fields_error(f, "max_registers", "point '%s' alone takes %u", p->widest_name, p->widest);
}

static void read_limits(struct fields *f, struct device *d)
{
	d->max_age_us = fields_int(f, "max_age");
	d->max_registers = (uint16_t)fields_int(f, "max_registers");
	d->max_bits = (uint16_t)fields_int(f, "max_bits");
	d->late_bound_us = fields_int(f, "late_bound");
	d->min_interval_us = fields_int(f, "min_interval");
	d->writes = fields_bool(f, "writes");
	d->loose = fields_int(f, "tid") == 1;
	if (d->loose && d->bus && d->bus->type != BUS_TCP && !d->bus->tcp_frames)
		fields_warning(f, "tid", "has no effect: RTU frames have no transaction ids");
}

/* Profiles that devices use are settled: they neither move nor change after this. */
static void read_device(struct build *b, struct fields *f, struct device *d)
{
	const struct build_profile *p = profile_of(b, f);

	d->name = fields_said(f, "name") ? build_text(b, fields_text(f, "name")) : d->id;
	d->place = build_text(b, fields_text(f, "place"));
	d->room = fields_said(f, "room") ? build_text(b, fields_text(f, "room")) : "";
	d->entrance = fields_bool(f, "entrance");
	d->at = f->at;
	check_place(b, f);
	read_way(b, f, d);
	read_limits(f, d);
	if (!p)
		return;
	if (!(d->bus && d->plugin)) /* an error was told */
		check_profile(b, f, d, p);
	d->profile = p->profile;
	d->class = p->profile->class;
}

void build_device_all(struct build *b, const struct build_entries *e)
{
	_cleanup_(map_freep) struct map *addresses = map_new();
	struct conf *c = b->conf;

	c->devices = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct device);
	for (size_t i = 0; i < e->count; i++) {
		struct device *d = &c->devices[c->device_count];
		struct ident *id;
		struct fields f;

		build_read(b, "devices", &e->entries[i], &f);
		id = build_declare(b, &b->devices, &f);
		id->object = d;
		*d = (struct device){ .id = id->id };
		read_device(b, &f, d);
		if (id->spare)
			continue; /* its slot is used again; an error was told */
		check_address(b, &f, d, addresses);
		if (d->profile && d->class) {
			d->first_point = (uint32_t)c->point_count;
			c->point_count += d->profile->point_count;
			c->device_count++;
		} else {
			id->object = NULL; /* its slot is used again; an error was told */
		}
		if (c->point_count > POINTS_MAX) {
			diag_error(b->diag, f.at, "%s: more than %d points in one estate", f.subject, POINTS_MAX);
			return;
		}
	}
}
