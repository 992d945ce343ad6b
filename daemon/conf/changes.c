/* changes.c: see changes.h. What a key says is changes_member.h's. */
#include "conf/changes.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/changes_member.h"

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

static void compare_members(const struct difference_row *row, struct changes *c)
{
	for (const struct changes_member *m = changes_member_list(row->group); m && m->key; m++) {
		_cleanup_str_buf_ struct str_buf from = { 0 }, to = { 0 };

		changes_member_write(m, row->from, &from);
		changes_member_write(m, row->to, &to);
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
	compare_members(row, ret_changes);
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
