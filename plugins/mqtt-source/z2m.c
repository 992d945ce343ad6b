#include "mqtt-source/z2m.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRIDGE_MAX        ((size_t)16 * 1024 * 1024) /* of bridge/devices: some 10 KiB a device */
#define NAMES_MAX         4096
#define WAITING_MAX       256
#define WAITING_BYTES_MAX ((size_t)512 * 1024)
#define UNHEARD_US        (INT64_C(60) * 1000000) /* a device that was paired and says nothing is told of then */

/* A message of a name that nobody knows yet. */
struct waiting {
	char *topic, *payload;
	struct teller_input input;
};

struct z2m {
	const char *base;
	struct teller *teller;
	json_t *names;   /* friendly name → {ieee, vendor, model} */
	json_t *unheard; /* friendly name → true: no message of it came yet */
	json_t *groups;  /* set of names */
	bool names_known;
	int64_t names_at_us;
	struct waiting waiting[WAITING_MAX];
	unsigned waiting_count;
	size_t waiting_bytes;
};

/* What a message is about, once its name is known. */
struct subject {
	const char *name;
	const json_t *known; /* of names; NULL: the bridge has not told of it */
	const char *address; /* IEEE if known, else the name */
	const json_t *ids;   /* NULL: no such device is configured */
};

/* Names. */

/* "+" does not match a name with a slash: such a device is subscribed to by its whole topic. */
static void subscribe_name(void *user, const char *name)
{
	struct z2m *z = user;

	if (!strchr(name, '/') || strpbrk(name, "+#") || strlen(name) > 255)
		return;
	teller_subscribe(z->teller, "%s/%s", z->base, name);
	teller_subscribe(z->teller, "%s/%s/availability", z->base, name);
}

static void subscribe_all(struct z2m *z)
{
	static const char *const topics[] = { "bridge/devices", "bridge/groups", "bridge/state", "+",
					      "+/availability" };

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		teller_subscribe(z->teller, "%s/%s", z->base, topics[i]);
	teller_each(z->teller, z, subscribe_name);
}

/* definition: of bridge/devices, may be NULL or null. */
static void learn_name(struct z2m *z, const char *name, const char *ieee, const json_t *definition)
{
	const char *vendor = json_string_value(json_object_get(definition, "vendor"));
	const char *model = json_string_value(json_object_get(definition, "model"));
	char buf[TELLER_KEY_MAX];

	if (!name || !ieee || !name[0] || json_object_size(z->names) >= NAMES_MAX)
		return;
	json_object_set_new(
		z->names, name,
		json_pack("{s:s,s:s*,s:s*}", "ieee", teller_key(ieee, buf), "vendor", vendor, "model", model));
	subscribe_name(z, name);
}

static struct subject find_subject(struct z2m *z, const char *name)
{
	const json_t *known = json_object_get(z->names, name);
	const char *ieee = json_string_value(json_object_get(known, "ieee"));
	struct subject s = { .name = name, .known = known, .address = ieee ? ieee : name };

	s.ids = teller_find(z->teller, name);
	if (!s.ids && ieee)
		s.ids = teller_find(z->teller, ieee);
	return s;
}

/* Samples. */

/* An empty action says nothing; an action that the broker had kept happened at some other time. */
static void drop_actions(json_t *fields, bool old)
{
	const json_t *action = json_object_get(fields, "action");
	const char *key;
	json_t *value;
	void *next;

	if (action && (json_is_null(action) || (json_is_string(action) && json_string_length(action) == 0)))
		json_object_del(fields, "action");
	if (!old)
		return;
	json_object_foreach_safe(fields, next, key, value)
	{
		if (strncmp(key, "action", 6) == 0 || strcmp(key, "click") == 0)
			json_object_del(fields, key);
	}
}

static void tell_discovered(struct z2m *z, const struct subject *s, json_t *fields)
{
	teller_discovered(z->teller, &(struct teller_stranger){
					     .address = s->address,
					     .name = s->name,
					     .vendor = json_string_value(json_object_get(s->known, "vendor")),
					     .model = json_string_value(json_object_get(s->known, "model")),
					     .fields = fields,
				     });
}

/* With include_device_information the payload itself says whose it is. */
static void learn_from_payload(struct z2m *z, const char *name, json_t *fields)
{
	const json_t *device = json_object_get(fields, "device");
	const char *ieee = json_string_value(json_object_get(device, "ieeeAddr"));
	const char *known = json_string_value(json_object_get(json_object_get(z->names, name), "ieee"));
	char buf[TELLER_KEY_MAX];

	if (ieee && (!known || strcmp(known, teller_key(ieee, buf)) != 0))
		learn_name(z, name, ieee, device);
}

/* Whether the very same was told before, by its own time: the broker says it again, or the bridge says what it kept. */
static bool is_repeated(struct z2m *z, const struct teller_input *input, int64_t at_us)
{
	return at_us && teller_is_repeated(z->teller, at_us, "%s %.*s", input->topic, (int)input->len, input->payload);
}

static void take_state(struct z2m *z, const char *name, const struct teller_input *input)
{
	json_t *fields = teller_parse(z->teller, input);
	struct teller_sample sample = { .input = input, .fields = fields };
	struct subject s;

	if (!fields)
		return;
	learn_from_payload(z, name, fields);
	json_object_del(z->unheard, name);
	teller_parse_time(json_object_get(fields, "last_seen"), input->received_us, &sample.at_us);
	sample.old = input->retained || is_repeated(z, input, sample.at_us);
	drop_actions(fields, sample.old);
	s = find_subject(z, name);
	sample.ids = s.ids;
	if (s.ids)
		teller_sample(z->teller, &sample);
	else if (!json_object_get(z->groups, name))
		tell_discovered(z, &s, fields);
	json_decref(fields);
}

/* Availability. */

static void take_availability(struct z2m *z, const char *name, const struct teller_input *input)
{
	struct subject s = find_subject(z, name);
	int life = teller_parse_life(input);

	if (life < 0)
		teller_complain(z->teller, input, "expected online or offline, plain or as {\"state\":\"online\"}");
	else if (s.ids) /* of a stranger a state message will tell, if it lives */
		teller_life(z->teller, &(struct teller_sample){ .ids = s.ids, .input = input }, life > 0);
}

/* Waiting for names. */

static bool ends_in_availability(const char *rest, size_t *ret_name_len)
{
	static const char suffix[] = "/availability";
	size_t len = strlen(rest), suffix_len = sizeof(suffix) - 1;

	if (len <= suffix_len || strcmp(rest + len - suffix_len, suffix) != 0)
		return false;
	*ret_name_len = len - suffix_len;
	return true;
}

/* rest: the topic behind BASE/. */
static void take_device(struct z2m *z, const char *rest, const struct teller_input *input)
{
	size_t name_len;
	char *name;

	if (!ends_in_availability(rest, &name_len)) {
		take_state(z, rest, input);
		return;
	}
	name = strndup(rest, name_len);
	if (!name)
		abort();
	take_availability(z, name, input);
	free(name);
}

static void release_first(struct z2m *z)
{
	struct waiting first = z->waiting[0];

	z->waiting_count--;
	z->waiting_bytes -= first.input.len;
	memmove(z->waiting, z->waiting + 1, z->waiting_count * sizeof(z->waiting[0]));
	take_device(z, dialect_rest(first.topic, z->base), &first.input);
	free(first.topic);
	free(first.payload);
}

static void keep_waiting(struct z2m *z, const struct teller_input *input)
{
	struct waiting w = { .input = *input };

	while (z->waiting_count &&
	       (z->waiting_count >= WAITING_MAX || z->waiting_bytes + input->len > WAITING_BYTES_MAX))
		release_first(z);
	w.topic = strdup(input->topic);
	w.payload = malloc(input->len + 1);
	if (!w.topic || !w.payload)
		abort();
	memcpy(w.payload, input->payload, input->len);
	w.payload[input->len] = '\0';
	w.input.topic = w.topic;
	w.input.payload = w.payload;
	z->waiting[z->waiting_count++] = w;
	z->waiting_bytes += input->len;
	teller_counts(z->teller)->waited++;
}

static bool must_wait(struct z2m *z, const char *rest)
{
	size_t len = strlen(rest);
	char *name;
	bool known;

	if (z->names_known)
		return false;
	ends_in_availability(rest, &len);
	name = strndup(rest, len);
	if (!name)
		abort();
	known = find_subject(z, name).ids || json_object_get(z->names, name);
	free(name);
	return !known;
}

static void names_overdue(void *state)
{
	struct z2m *z = state;

	z->names_known = true;
	while (z->waiting_count)
		release_first(z);
}

static void disconnected(void *state)
{
	struct z2m *z = state;

	z->names_known = false;
}

/* The bridge. */

static json_t *parse_list(struct z2m *z, const struct teller_input *input)
{
	json_error_t error;
	json_t *list = json_loadb(input->payload, input->len, 0, &error);

	if (json_is_array(list))
		return list;
	teller_complain(z->teller, input, "expected a list: %s", list ? "it is none" : error.text);
	json_decref(list);
	return NULL;
}

static void learn_device(struct z2m *z, const json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));

	if (!type || strcmp(type, "Coordinator") != 0)
		learn_name(z, json_string_value(json_object_get(entry, "friendly_name")),
			   json_string_value(json_object_get(entry, "ieee_address")),
			   json_object_get(entry, "definition"));
}

/* Unheard are those that the bridge had not told of before, and those that still are. */
static void note_unheard(struct z2m *z, const json_t *before)
{
	json_t *unheard = json_object(), *entry;
	const char *name;

	json_object_foreach(z->names, name, entry)
	{
		if (!json_object_get(before, name) || json_object_get(z->unheard, name))
			json_object_set_new(unheard, name, json_true());
	}
	json_decref(z->unheard);
	z->unheard = unheard;
}

static void take_devices(struct z2m *z, const struct teller_input *input)
{
	json_t *list = parse_list(z, input), *before = z->names, *entry;
	size_t i;

	if (!list)
		return;
	z->names = json_object();
	json_array_foreach(list, i, entry)
	{
		learn_device(z, entry);
	}
	note_unheard(z, before);
	json_decref(before);
	json_decref(list);
	z->names_at_us = input->now_us;
	names_overdue(z);
}

static void take_groups(struct z2m *z, const struct teller_input *input)
{
	json_t *list = parse_list(z, input), *entry;
	size_t i;

	if (!list)
		return;
	json_object_clear(z->groups);
	json_array_foreach(list, i, entry)
	{
		const char *name = json_string_value(json_object_get(entry, "friendly_name"));

		if (name && json_object_size(z->groups) < NAMES_MAX)
			json_object_set_new(z->groups, name, json_true());
	}
	json_decref(list);
}

static void take_bridge(struct z2m *z, const char *rest, const struct teller_input *input)
{
	int life;

	if (strcmp(rest, "bridge/devices") == 0) {
		take_devices(z, input);
	} else if (strcmp(rest, "bridge/groups") == 0) {
		take_groups(z, input);
	} else if (strcmp(rest, "bridge/state") == 0) {
		life = teller_parse_life(input);
		if (life < 0)
			teller_complain(z->teller, input,
					"expected online or offline, plain or as {\"state\":\"online\"}");
		else
			teller_trouble(z->teller, life ? NULL : "Zigbee2MQTT is offline");
	}
}

static void take(void *state, const struct teller_input *input)
{
	struct z2m *z = state;
	const char *rest = dialect_rest(input->topic, z->base);
	bool bridge;

	if (!rest || input->len == 0)
		return; /* not ours; an empty payload is how a retained message is removed */
	bridge = strncmp(rest, "bridge/", 7) == 0;
	if (bridge && input->len > BRIDGE_MAX)
		teller_complain(z->teller, input, "%zu bytes: expected at most %zu", input->len, BRIDGE_MAX);
	else if (bridge)
		take_bridge(z, rest, input);
	else if (input->len <= TELLER_PAYLOAD_MAX && must_wait(z, rest))
		keep_waiting(z, input);
	else
		take_device(z, rest, input);
}

/* A button speaks when it is pressed, which may be next year: it can be adopted before. */
static void tick(void *state, int64_t now_us)
{
	struct z2m *z = state;
	const char *name;
	json_t *yes;

	if (!z->names_known || now_us - z->names_at_us < UNHEARD_US || json_object_size(z->unheard) == 0)
		return;
	json_object_foreach(z->unheard, name, yes)
	{
		struct subject s = find_subject(z, name);
		json_t *fields = json_object();

		if (!s.ids)
			tell_discovered(z, &s, fields);
		json_decref(fields);
	}
	json_object_clear(z->unheard);
}

/* Life. */

static void *z2m_new(const struct dialect_setup *setup)
{
	struct z2m *z = calloc(1, sizeof(*z));

	if (!z)
		abort();
	z->base = setup->base;
	z->teller = setup->teller;
	z->names = json_object();
	z->unheard = json_object();
	z->groups = json_object();
	subscribe_all(z);
	return z;
}

static void z2m_free(void *state)
{
	struct z2m *z = state;

	for (unsigned i = 0; i < z->waiting_count; i++) {
		free(z->waiting[i].topic);
		free(z->waiting[i].payload);
	}
	json_decref(z->names);
	json_decref(z->unheard);
	json_decref(z->groups);
	free(z);
}

const struct dialect z2m_dialect = {
	.name = "zigbee2mqtt",
	.base = "zigbee2mqtt",
	.new = z2m_new,
	.free = z2m_free,
	.take = take,
	.overdue = names_overdue,
	.disconnected = disconnected,
	.tick = tick,
};
