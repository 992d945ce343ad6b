/* changes.c: see changes.h. One row of a table is one key: where it stands in the struct, and how it is written. */
#include "conf/changes.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"

enum kind { TEXT, INT, I64, U16, U8, BOOL, NUMBER, DURATION, SIZE, LEVEL, WRITTEN };

struct member {
	const char *key;
	enum kind kind;
	size_t offset;
	void (*write)(const void *row, struct str_buf *to); /* of WRITTEN */
};

/* ---- what takes more than a member ---- */

static void bus_type(const void *row, struct str_buf *to)
{
	str_buf_add(to, bus_type_name(((const struct bus *)row)->type));
}

static void bus_port(const void *row, struct str_buf *to)
{
	const struct bus *b = row;

	if (b->type == BUS_RTU)
		str_buf_add(to, b->path);
	else
		str_buf_printf(to, "%u", b->port);
}

static void bus_parity(const void *row, struct str_buf *to)
{
	char parity = ((const struct bus *)row)->parity;

	if (parity)
		str_buf_add(to, parity == 'E' ? "even" : parity == 'O' ? "odd" : "none");
}

static void bus_rs485(const void *row, struct str_buf *to)
{
	static const char *const words[] = { "adapter", "rts-high", "rts-low" };

	str_buf_add(to, words[((const struct bus *)row)->rs485]);
}

static void bus_framing(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct bus *)row)->tcp_frames ? "tcp" : "rtu");
}

static void bus_registration(const void *row, struct str_buf *to)
{
	const struct bus *b = row;

	for (size_t i = 0; i < b->registration_len; i++)
		str_buf_printf(to, i == 0 ? "hex:%02x" : " %02x", b->registration[i]);
}

static void place_units(const void *row, struct str_buf *to)
{
	const struct place *p = row;

	for (size_t i = 0; i < p->unit_count; i++)
		str_buf_printf(to, "%s%s", i ? " " : "", p->units[i]);
}

static void device_bus(const void *row, struct str_buf *to)
{
	const struct device *d = row;

	str_buf_add(to, d->bus ? d->bus->id : "");
}

static void device_plugin(const void *row, struct str_buf *to)
{
	const struct device *d = row;

	str_buf_add(to, d->plugin ? d->plugin->id : "");
}

/* "class:tank" is the profile of devices that name a class. */
static void device_profile(const void *row, struct str_buf *to)
{
	const char *id = ((const struct device *)row)->profile->id;

	str_buf_add(to, strchr(id, ':') ? "" : id);
}

static void device_class(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct device *)row)->class->id);
}

static void device_tid(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct device *)row)->loose ? "loose" : "strict");
}

static void profile_class(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct profile *)row)->class->id);
}

static void rule_class(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	str_buf_add(to, r->class ? r->class->id : "");
}

static void rule_condition(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct rule *)row)->condition == RULE_CONDITION_ENTRAPMENT ? "entrapment" : "");
}

static void write_ids(const char *const *ids, size_t count, struct str_buf *to)
{
	for (size_t i = 0; i < count; i++)
		str_buf_printf(to, "%s%s", i ? " " : "", ids[i]);
}

static void rule_needs(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	write_ids(r->needs, r->needs_count, to);
}

static void rule_inhibited_by(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	write_ids(r->inhibited_by, r->inhibited_by_count, to);
}

/* "10m: 2, 30m: 1" */
static void rule_rise(const void *row, struct str_buf *to)
{
	const struct rule *r = row;
	char after[STR_DURATION_MAX];

	for (size_t i = 0; i < r->rise_count; i++)
		str_buf_printf(to, "%s%s: %d", i ? ", " : "", str_from_duration(r->rises[i].after_us, after),
			       r->rises[i].priority);
}

/* ---- the keys of each group ---- */

#define M(group, key, kind, member)                             \
	{                                                       \
		key, kind, offsetof(struct group, member), NULL \
	}
#define W(key, write)                  \
	{                              \
		key, WRITTEN, 0, write \
	}

/* clang-format off */
static const struct member estate_members[] = {
	M(estate, "name", TEXT, name),
	M(estate, "timezone", TEXT, timezone),
	M(estate, "self_test", DURATION, self_test_us),
	{ 0 }
};

static const struct member log_members[] = {
	M(conf_log, "level", LEVEL, plan.all),
	M(conf_log, "rooms.api", LEVEL, plan.rooms[LOG_ROOM_API]),
	M(conf_log, "rooms.app", LEVEL, plan.rooms[LOG_ROOM_APP]),
	M(conf_log, "rooms.field", LEVEL, plan.rooms[LOG_ROOM_FIELD]),
	M(conf_log, "rooms.plugin", LEVEL, plan.rooms[LOG_ROOM_PLUGIN]),
	M(conf_log, "rooms.store", LEVEL, plan.rooms[LOG_ROOM_STORE]),
	{ 0 }
};

static const struct member outbox_members[] = {
	M(conf_outbox, "bytes", SIZE, bytes),
	M(conf_outbox, "age", DURATION, age_us),
	M(conf_outbox, "rate", INT, rate),
	M(conf_outbox, "ack_within", DURATION, ack_within_us),
	{ 0 }
};

static const struct member audit_members[] = {
	M(conf_audit, "age", DURATION, age_us),
	M(conf_audit, "rows", INT, rows),
	{ 0 }
};

static const struct member history_members[] = {
	M(conf_history, "keep", DURATION, keeping.keep_us),
	M(conf_history, "keep_sums", DURATION, keeping.keep_days_us),
	M(conf_history, "bytes", SIZE, keeping.max_bytes),
	{ 0 }
};

static const struct member place_members[] = {
	M(place, "name", TEXT, name),
	M(place, "floors", INT, floors),
	W("units", place_units),
	{ 0 }
};

static const struct member bus_members[] = {
	M(bus, "name", TEXT, name),
	W("type", bus_type),
	M(bus, "host", TEXT, host),
	W("port", bus_port),
	M(bus, "standby", TEXT, standby),
	M(bus, "standby_port", U16, standby_port),
	W("registration", bus_registration),
	W("framing", bus_framing),
	M(bus, "baud", INT, baud),
	W("parity", bus_parity),
	M(bus, "data_bits", INT, data_bits),
	M(bus, "stop_bits", INT, stop_bits),
	W("rs485", bus_rs485),
	M(bus, "rs485_before", DURATION, rs485_before_us),
	M(bus, "rs485_after", DURATION, rs485_after_us),
	M(bus, "timeout", DURATION, timeout_us),
	M(bus, "turnaround", DURATION, turnaround_us),
	M(bus, "pause_after_connect", DURATION, pause_after_connect_us),
	M(bus, "min_interval", DURATION, min_interval_us),
	M(bus, "idle_close", DURATION, idle_close_us),
	{ 0 }
};

static const struct member plugin_members[] = {
	M(plugin, "program", TEXT, program),
	M(plugin, "options", TEXT, options_json),
	M(plugin, "max_age", DURATION, max_age_us),
	{ 0 }
};

static const struct member device_members[] = {
	M(device, "name", TEXT, name),
	M(device, "place", TEXT, place),
	M(device, "room", TEXT, room),
	M(device, "entrance", BOOL, entrance),
	W("bus", device_bus),
	M(device, "unit", U8, unit),
	W("plugin", device_plugin),
	M(device, "address", TEXT, address),
	W("profile", device_profile),
	W("class", device_class),
	M(device, "max_age", DURATION, max_age_us),
	M(device, "max_registers", U16, max_registers),
	M(device, "max_bits", U16, max_bits),
	M(device, "late_bound", DURATION, late_bound_us),
	M(device, "min_interval", DURATION, min_interval_us),
	W("tid", device_tid),
	M(device, "writes", BOOL, writes),
	{ 0 }
};

static const struct member profile_members[] = {
	W("class", profile_class),
	M(profile, "mask_write", BOOL, mask_write),
	{ 0 }
};

static const struct member class_members[] = {
	{ 0 }
};

static const struct member rule_members[] = {
	W("class", rule_class),
	M(rule, "device", TEXT, device),
	M(rule, "when", TEXT, when),
	W("needs", rule_needs),
	W("condition", rule_condition),
	M(rule, "level_for", DURATION, level_for_us),
	M(rule, "between_for", DURATION, between_for_us),
	M(rule, "for", DURATION, for_us),
	M(rule, "off_for", DURATION, off_for_us),
	M(rule, "hysteresis", NUMBER, hysteresis),
	M(rule, "latch", BOOL, latch),
	M(rule, "times", INT, times),
	M(rule, "within", DURATION, within_us),
	M(rule, "realarm", DURATION, realarm_us),
	M(rule, "priority", INT, priority),
	W("rise", rule_rise),
	M(rule, "ladder", TEXT, ladder),
	M(rule, "life_safety", BOOL, life_safety),
	W("inhibited_by", rule_inhibited_by),
	M(rule, "suppressed_when", TEXT, suppressed_when),
	M(rule, "acked_when", TEXT, acked_when),
	M(rule, "enabled", BOOL, enabled),
	M(rule, "text.zh", TEXT, text.zh),
	M(rule, "text.en", TEXT, text.en),
	M(rule, "guidance.zh", TEXT, guidance.zh),
	M(rule, "guidance.en", TEXT, guidance.en),
	{ 0 }
};

static const struct {
	const char *group;
	const struct member *members;
} groups[] = {
	{ "log", log_members },
	{ "outbox", outbox_members },
	{ "audit", audit_members },
	{ "history", history_members },
	{ "estate", estate_members },   { "places", place_members },     { "buses", bus_members },
	{ "plugins", plugin_members },  { "devices", device_members },   { "profiles", profile_members },
	{ "classes", class_members },   { "rules", rule_members },
};
/* clang-format on */

/* A duration that was not said is not 0s. */
static void write_duration(int64_t us, struct str_buf *to)
{
	char text[STR_DURATION_MAX];

	str_buf_add(to, us ? str_from_duration(us, text) : "0s");
}

static void write_member(const struct member *m, const void *row, struct str_buf *to)
{
	const void *at = (const char *)row + m->offset;
	char text[STR_DOUBLE_MAX];

	switch (m->kind) {
	case TEXT: str_buf_add(to, *(const char *const *)at ? *(const char *const *)at : ""); break;
	case INT: str_buf_printf(to, "%d", *(const int *)at); break;
	case I64: str_buf_printf(to, "%" PRId64, *(const int64_t *)at); break;
	case U16: str_buf_printf(to, "%u", *(const uint16_t *)at); break;
	case U8: str_buf_printf(to, "%u", *(const uint8_t *)at); break;
	case BOOL: str_buf_add(to, *(const bool *)at ? "true" : "false"); break;
	case NUMBER: str_buf_add(to, str_from_double(*(const double *)at, text)); break;
	case SIZE: str_buf_printf(to, "%" PRId64 "MB", *(const int64_t *)at / SCHEMA_MB); break;
	case DURATION: write_duration(*(const int64_t *)at, to); break;
	case LEVEL:
		if (*(const enum log_level *)at) /* 0: as all */
			str_buf_add(to, logid_level_name(*(const enum log_level *)at));
		break;
	case WRITTEN: m->write(row, to); break;
	}
}

/* ---- gathering ---- */

static enum schema_reload reload_of(const char *group, const char *key)
{
	const struct schema_group *g = schema_group(group);
	char first[64];
	const struct schema_key *k;

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(key, "."), key);
	k = schema_find_key(g, first);
	return k ? k->reload : SCHEMA_RESTARTS;
}

static void add(struct changes *c, const char *group, const char *key, const char *from, const char *to)
{
	if ((c->count & (c->count - 1)) == 0)
		c->keys = mem_realloc(c->keys, c->count ? c->count * 2 : 1, sizeof(*c->keys));
	c->keys[c->count++] = (struct changes_key){
		.key = mem_strdup(key), .from = mem_strdup(from), .to = mem_strdup(to), .reload = reload_of(group, key)
	};
}

static void compare_members(const struct difference_row *row, const struct member *members, struct changes *c)
{
	for (const struct member *m = members; m->key; m++) {
		_cleanup_str_buf_ struct str_buf from = { 0 }, to = { 0 };

		write_member(m, row->from, &from);
		write_member(m, row->to, &to);
		if (!str_equal(str_buf_text(&from), str_buf_text(&to)))
			add(c, row->group, m->key, str_buf_text(&from), str_buf_text(&to));
	}
}

/* How points are walked, told apart and written: those of profiles, those of classes. */
struct points {
	const void *(*at)(const void *of, size_t i); /* NULL: no more */
	const char *(*name)(const void *point);
	bool (*same)(const void *from, const void *to);
	void (*write)(const void *point, struct str_buf *to);
};

static const void *profile_point(const void *of, size_t i)
{
	const struct profile *p = of;

	return i < p->point_count ? &p->points[i] : NULL;
}

static const char *profile_point_name(const void *point)
{
	return ((const struct profile_point *)point)->name;
}

static bool same_profile_point(const void *from, const void *to)
{
	return difference_same_point(from, to);
}

/* "holding:30.4-7 u16 1s", or the field of a message. */
static void write_profile_point(const void *point, struct str_buf *to)
{
	const struct profile_point *p = point;
	char text[STR_DURATION_MAX], number[STR_DOUBLE_MAX];
	double scale = p->wire.table == CODEC_TABLE_NONE ? p->field.scale : p->wire.scale;

	if (p->wire.table == CODEC_TABLE_NONE) {
		str_buf_add(to, p->field.path);
	} else {
		str_buf_printf(to, "%s:%u", codec_table_name(p->wire.table), p->wire.address);
		if (p->wire.bit_low >= 0)
			str_buf_printf(to, ".%d", p->wire.bit_low);
		if (p->wire.bit_low >= 0 && p->wire.bit_high != p->wire.bit_low)
			str_buf_printf(to, "-%d", p->wire.bit_high);
		str_buf_printf(to, " %s every %s", codec_type_name(p->wire.type),
			       str_from_duration(p->period_us, text));
	}
	if (scale != 1)
		str_buf_printf(to, " × %s", str_from_double(scale, number));
}

static const void *class_point(const void *of, size_t i)
{
	const struct class *c = of;

	return i < c->point_count ? &c->points[i] : NULL;
}

static const char *class_point_name(const void *point)
{
	return ((const struct class_point *)point)->name;
}

static bool same_class_point(const void *from, const void *to)
{
	const struct class_point *a = from, *b = to;

	return a->type == b->type && str_equal(a->unit, b->unit);
}

static void write_class_point(const void *point, struct str_buf *to)
{
	const struct class_point *p = point;

	str_buf_printf(to, "%s%s%s", p->type == VALUE_EVENT ? "event" : value_type_name(p->type), *p->unit ? " " : "",
		       p->unit);
}

static const struct points profile_points = { profile_point, profile_point_name, same_profile_point,
					      write_profile_point };
static const struct points class_points = { class_point, class_point_name, same_class_point, write_class_point };

static const void *find_point(const struct points *points, const void *of, const char *name)
{
	const void *point;

	for (size_t i = 0; (point = points->at(of, i)); i++)
		if (str_equal(points->name(point), name))
			return point;
	return NULL;
}

/* sides: from and to; NULL where it is not. */
static void add_point(struct changes *c, const char *group, const struct points *points, const void *const *sides)
{
	_cleanup_str_buf_ struct str_buf key = { 0 }, from = { 0 }, to = { 0 };

	str_buf_printf(&key, "points.%s", points->name(sides[0] ? sides[0] : sides[1]));
	if (sides[0])
		points->write(sides[0], &from);
	if (sides[1])
		points->write(sides[1], &to);
	/* what differs has no place in a line */
	if (sides[0] && sides[1] && str_equal(str_buf_text(&from), str_buf_text(&to)))
		str_buf_clear(&from), str_buf_clear(&to);
	add(c, group, str_buf_text(&key), str_buf_text(&from), str_buf_text(&to));
}

static void compare_points(const struct difference_row *row, const struct points *points, struct changes *c)
{
	const void *point;

	for (size_t i = 0; (point = points->at(row->from, i)); i++) {
		const void *other = find_point(points, row->to, points->name(point));

		if (!other || !points->same(point, other))
			add_point(c, row->group, points, (const void *[]){ point, other });
	}
	for (size_t i = 0; (point = points->at(row->to, i)); i++)
		if (!find_point(points, row->from, points->name(point)))
			add_point(c, row->group, points, (const void *[]){ NULL, point });
}

void changes_find(const struct difference_row *row, struct changes *ret_changes)
{
	*ret_changes = (struct changes){ 0 };
	if (row->kind != DIFFERENCE_CHANGED)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (str_equal(groups[i].group, row->group))
			compare_members(row, groups[i].members, ret_changes);
	if (str_equal(row->group, "profiles"))
		compare_points(row, &profile_points, ret_changes);
	else if (str_equal(row->group, "classes"))
		compare_points(row, &class_points, ret_changes);
}

void changes_fini(struct changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->keys[i].key);
		free(c->keys[i].from);
		free(c->keys[i].to);
	}
	free(c->keys);
	*c = (struct changes){ 0 };
}

/* ---- what may stay ---- */

static bool all_live(const char *group, const void *from, const void *to)
{
	struct changes c;
	bool live = true;

	changes_find(&(struct difference_row){ DIFFERENCE_CHANGED, group, NULL, from, to }, &c);
	for (size_t i = 0; i < c.count; i++)
		live = live && c.keys[i].reload == SCHEMA_LIVE;
	changes_fini(&c);
	return live;
}

bool changes_keep_bus(const struct bus *from, const struct bus *to)
{
	return str_equal(from->id, to->id) && all_live("buses", from, to);
}

static size_t count_behind(const struct conf *c, const struct plugin *p)
{
	size_t count = 0;

	for (size_t i = 0; i < c->device_count; i++)
		count += c->devices[i].plugin == p;
	return count;
}

bool changes_keep_plugin(const struct conf *from, const struct plugin *a, const struct conf *to, const struct plugin *b)
{
	if (!str_equal(from->estate.id, to->estate.id) || !str_equal(a->id, b->id) || !all_live("plugins", a, b) ||
	    count_behind(from, a) != count_behind(to, b))
		return false;
	for (size_t i = 0; i < from->device_count; i++) {
		const struct device *device = &from->devices[i], *same;

		if (device->plugin != a)
			continue;
		same = conf_find_device(to, device->id);
		if (!same || !all_live("devices", device, same))
			return false;
	}
	return true;
}
