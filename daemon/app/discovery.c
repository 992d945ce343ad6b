#include "app/discovery.h"

#include <math.h>

#include "api/rows.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "plugin/protocol.h"
#include "upstream/alarm_json.h"

#define TEXT_MAX_BYTES 100 /* of a name, vendor or model */
#define FIELDS_MAX     24
#define LINES_MAX      40 /* of the log, in an hour */

struct entry {
	char *plugin, *address;
	char *name, *vendor, *model; /* NULL: not said */
	double battery;              /* NAN: not said */
	json_t *fields;              /* flat, bounded */
	int64_t at_us;               /* wall time, when it was told first */
};

struct discovery {
	struct entry *entries[DISCOVERY_MAX]; /* as they were told, the oldest first */
	size_t count;
	uint64_t dropped;
	int64_t said_since_us; /* monotonic: of this hour's lines in the log */
	unsigned said;
};

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	free(e->plugin);
	free(e->address);
	free(e->name);
	free(e->vendor);
	free(e->model);
	json_decref(e->fields);
	free(e);
}

struct discovery *discovery_new(void)
{
	return MEM_NEW(struct discovery);
}

void discovery_free(struct discovery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		entry_free(d->entries[i]);
	free(d);
}

/* ---- what is kept of one ---- */

/* Short, and with nothing in it that steers a terminal. NULL where nothing is left. */
static char *bounded(const char *text)
{
	char *copy;

	if (!text || !*text)
		return NULL;
	copy = mem_strndup(text, str_utf8_cut(text, TEXT_MAX_BYTES));
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return copy;
}

static bool is_battery(const char *path)
{
	size_t len = strlen(path), tail = strlen(".battery");

	return str_equal(path, "battery") || (len > tail && str_equal(path + len - tail, ".battery"));
}

/* Returns the battery where one is among them, else NAN. */
static double keep_fields(struct entry *e, const json_t *fields)
{
	double battery = NAN;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct mapping_field flat[FIELDS_MAX];
	size_t count =
		fields ? protocol_fields(fields,
					 &(struct protocol_flat){ .arena = arena, .fields = flat, .max = FIELDS_MAX })
		       : 0;

	json_decref(e->fields);
	e->fields = json_object();
	for (size_t i = 0; i < count; i++) {
		if (strlen(flat[i].path) > TEXT_MAX_BYTES)
			continue;
		json_object_set_new(e->fields, flat[i].path, alarm_json_value(&flat[i].value));
		if (flat[i].value.type == VALUE_NUMBER && is_battery(flat[i].path))
			battery = flat[i].value.number;
	}
	return battery;
}

/* A plugin that was started anew may say less than it had learned before. */
static void renew(char **text, const char *said)
{
	char *now = bounded(said);

	if (!now)
		return;
	free(*text);
	*text = now;
}

static void keep(struct entry *e, const struct supervisor_discovery *what)
{
	double among = keep_fields(e, what->fields), battery = isnan(what->battery) ? among : what->battery;

	renew(&e->name, what->name);
	renew(&e->vendor, what->vendor);
	renew(&e->model, what->model);
	if (battery >= 0 && battery <= 100)
		e->battery = battery;
}

/* ---- the list ---- */

static void drop(struct discovery *d, size_t index)
{
	entry_free(d->entries[index]);
	d->count--;
	memmove(&d->entries[index], &d->entries[index + 1], (d->count - index) * sizeof(struct entry *));
}

/* One plugin never pushes out what others have heard, as long as there is room for all. */
static void make_room(struct discovery *d, const char *plugin)
{
	size_t own = 0, oldest = SIZE_MAX;

	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->entries[i]->plugin, plugin)) {
			oldest = MIN(oldest, i);
			own++;
		}
	if (own < DISCOVERY_OF_PLUGIN_MAX && d->count < DISCOVERY_MAX)
		return;
	d->dropped++;
	drop(d, own < DISCOVERY_OF_PLUGIN_MAX ? 0 : oldest);
}

/* Of a radio: "0x00158D…", or the 16 digits of "24-E1-24-…". */
static bool is_radio(const char *address)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t count = 0;

	if (str_starts(address, "0x"))
		return address[2 + strspn(address + 2, digits)] == '\0';
	for (const char *c = address; *c; c++)
		count += strchr(digits, *c) != NULL;
	return count == 16 && address[strspn(address, "0123456789abcdefABCDEF-:")] == '\0';
}

/* The next character that counts, in small letters. */
static char next_of(const char **at)
{
	char c;

	*at += strspn(*at, "-:");
	c = **at;
	*at += c != '\0';
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Plugins take an address of a radio however it is spelt, and a name as it stands. */
static bool same_address(const char *a, const char *b)
{
	char c;

	if (!is_radio(a) || !is_radio(b))
		return str_equal(a, b);
	do {
		c = next_of(&a);
		if (c != next_of(&b))
			return false;
	} while (c);
	return true;
}

static struct entry *find(const struct discovery *d, const char *plugin, const char *address)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->entries[i]->plugin, plugin) && same_address(d->entries[i]->address, address))
			return d->entries[i];
	return NULL;
}

static bool is_configured(const struct discovery_heard *h, const char *name)
{
	const struct plugin *plugin = conf_find_plugin(h->conf, h->plugin);

	for (size_t i = 0; plugin && i < h->conf->device_count; i++) {
		const struct device *dev = &h->conf->devices[i];

		if (dev->plugin == plugin &&
		    (same_address(dev->address, h->what->address) || str_equal(dev->address, name)))
			return true;
	}
	return !plugin; /* it is on its way out: who would adopt what it has heard? */
}

static void say(struct discovery *d, const struct discovery_heard *h, const struct entry *e)
{
	if (!d->said || h->now.mono_us - d->said_since_us > HOUR) {
		d->said_since_us = h->now.mono_us;
		d->said = 0;
	}
	if (++d->said <= LINES_MAX)
		log_event(LOGID_NONE, LOG_ABOUT(.plugin = h->plugin),
			  "plugin %s: a device that is not configured: %s%s%s: estatectl devices --discovered",
			  h->plugin, e->address, e->model ? ", model " : "", e->model ? e->model : "");
	else if (d->said == LINES_MAX + 1)
		log_event(LOGID_NONE, LOG_ABOUT(.plugin = h->plugin),
			  "plugin %s: more devices that are not configured: in this hour they are listed, not logged",
			  h->plugin);
}

void discovery_heard(struct discovery *d, const struct discovery_heard *h)
{
	struct entry *e = find(d, h->plugin, h->what->address);

	if (e) {
		keep(e, h->what);
		return;
	}
	if (is_configured(h, h->what->name))
		return;
	make_room(d, h->plugin);
	e = MEM_NEW(struct entry);
	*e = (struct entry){ .plugin = mem_strdup(h->plugin),
			     .address = mem_strdup(h->what->address),
			     .battery = NAN,
			     .at_us = h->now.wall_us };
	keep(e, h->what);
	d->entries[d->count++] = e;
	say(d, h, e);
}

/* ---- another configuration ---- */

/* "zigbee 0x00158d…": equal for addresses that are the same. */
static void key_of(const char *plugin, const char *address, struct str_buf *to)
{
	char c;

	str_buf_clear(to);
	str_buf_printf(to, "%s ", plugin);
	if (!is_radio(address)) {
		str_buf_add(to, address);
		return;
	}
	while ((c = next_of(&address)))
		str_buf_add_len(to, &c, 1);
}

/* A walk over all devices, which may be many, each looked up once. Values are the addresses. */
static struct map *configured_keys(const struct conf *conf, struct arena *arena)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };
	struct map *keys = map_new();

	for (size_t i = 0; i < conf->device_count; i++) {
		const struct device *dev = &conf->devices[i];

		if (!dev->plugin)
			continue;
		key_of(dev->plugin->id, dev->address, &key);
		map_put(keys, arena_strdup(arena, str_buf_text(&key)), (void *)dev->address);
	}
	return keys;
}

static bool is_gone(const struct entry *e, const struct conf *conf, const struct map *keys)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };

	if (!conf_find_plugin(conf, e->plugin))
		return true;
	key_of(e->plugin, e->address, &key);
	if (map_find(keys, str_buf_text(&key)))
		return true;
	if (!e->name)
		return false;
	key_of(e->plugin, e->name, &key);
	return map_find(keys, str_buf_text(&key));
}

void discovery_rebind(struct discovery *d, const struct conf *conf)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	_cleanup_(map_freep) struct map *keys = NULL;

	if (!d->count)
		return;
	arena = arena_new();
	keys = configured_keys(conf, arena);
	for (size_t i = d->count; i-- > 0;)
		if (is_gone(d->entries[i], conf, keys))
			drop(d, i);
}

/* ---- what is told ---- */

size_t discovery_count(const struct discovery *d)
{
	return d->count;
}

uint64_t discovery_dropped(const struct discovery *d)
{
	return d->dropped;
}

static bool is_wanted(const struct entry *e, const char *match)
{
	return str_match(match, e->address) || str_match(match, e->plugin) || (e->name && str_match(match, e->name)) ||
	       (e->model && str_match(match, e->model));
}

/* For people: what they would have to look up. */
static json_t *profiles_for(const struct conf *conf, const char *model)
{
	json_t *list = json_array();

	for (size_t i = 0; model && i < conf->profile_count; i++)
		if (profile_fits(&conf->profiles[i], model) && profile_has_fields(&conf->profiles[i]))
			json_array_append_new(list, json_string(conf->profiles[i].id));
	return list;
}

json_t *discovery_row(const struct discovery *d, const struct conf *conf, size_t index, const char *match)
{
	const struct entry *e = index < d->count ? d->entries[d->count - 1 - index] : NULL;
	struct value battery;

	if (!e || !is_wanted(e, match))
		return NULL;
	battery = isnan(e->battery) ? (struct value){ .type = VALUE_NONE } : value_number(e->battery);
	return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:O, s:o}", "plugin", e->plugin, "address", e->address,
			 "name", e->name, "vendor", e->vendor, "model", e->model, "battery", alarm_json_value(&battery),
			 "at", rows_time(e->at_us), "fields", e->fields, "profiles", profiles_for(conf, e->model));
}
