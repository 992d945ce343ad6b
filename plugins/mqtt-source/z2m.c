#include "mqtt-source/z2m.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define PAYLOAD_MAX       ((size_t)60 * 1024)        /* of a device: its sample must fit into a line */
#define BRIDGE_MAX        ((size_t)16 * 1024 * 1024) /* of bridge/devices: some 10 KiB a device */
#define NAMES_MAX         4096
#define DISCOVERED_MAX    1024
#define COMPLAINTS_MAX    256
#define WAITING_MAX       256
#define WAITING_BYTES_MAX ((size_t)512 * 1024)
#define SECONDS_BELOW     1e11 /* a last_seen below this is in seconds, else in milliseconds */

/* A message of a name that nobody knows yet. */
struct waiting {
	char *name, *payload;
	struct z2m_input input;
};

struct z2m {
	char *base, *id_prefix;
	size_t base_len;
	struct z2m_calls calls;
	json_t *devices;    /* address (see address_key) → array of device ids */
	json_t *names;      /* friendly name → IEEE address */
	json_t *discovered; /* set of addresses told */
	json_t *complained; /* set of topics told */
	bool names_known;
	struct waiting waiting[WAITING_MAX];
	unsigned waiting_count;
	size_t waiting_bytes;
	uint64_t sequence;
	struct z2m_counts counts;
};

/* What a message is about, once its name is known. */
struct subject {
	const char *name;
	const char *address; /* IEEE if known, else the name */
	const json_t *ids;   /* NULL: no such device is configured */
};

const struct z2m_counts *z2m_counts(const struct z2m *z)
{
	return &z->counts;
}

static void __attribute__((format(printf, 3, 4)))
complain(struct z2m *z, const struct z2m_input *input, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	z->counts.bad_payloads++;
	if (json_object_get(z->complained, input->topic) || json_object_size(z->complained) >= COMPLAINTS_MAX)
		return;
	json_object_set_new(z->complained, input->topic, json_true());
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	sdk_log_warning("%.200s: the payload is ignored: %s; more of this topic are only counted", input->topic, what);
}

/* IEEE addresses are compared without regard to case, friendly names exactly. */
static const char *address_key(const char *address, char buf[static 32])
{
	size_t len = strlen(address);

	if (strncmp(address, "0x", 2) != 0 || len >= 32 || strspn(address + 2, "0123456789abcdefABCDEF") != len - 2)
		return address;
	for (size_t i = 0; i <= len; i++)
		buf[i] = (char)(address[i] >= 'A' && address[i] <= 'F' ? address[i] + 0x20 : address[i]);
	return buf;
}

static const json_t *find_ids(const struct z2m *z, const char *address)
{
	char buf[32];

	return json_object_get(z->devices, address_key(address, buf));
}

/* Names. */

/* "+" does not match a name with a slash: such a device is subscribed to by its whole topic. */
static void subscribe_name(struct z2m *z, const char *name)
{
	char topic[512];

	if (strpbrk(name, "+#") || strlen(name) > 255)
		return;
	snprintf(topic, sizeof(topic), "%s/%s", z->base, name);
	z->calls.subscribe(z->calls.user, topic);
	snprintf(topic, sizeof(topic), "%s/%s/availability", z->base, name);
	z->calls.subscribe(z->calls.user, topic);
}

static void subscribe_all(struct z2m *z)
{
	static const char *const topics[] = { "bridge/devices", "bridge/state", "+", "+/availability" };
	char topic[512];
	const char *address;
	json_t *ids;

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		snprintf(topic, sizeof(topic), "%s/%s", z->base, topics[i]);
		z->calls.subscribe(z->calls.user, topic);
	}
	json_object_foreach(z->devices, address, ids)
	{
		if (strchr(address, '/'))
			subscribe_name(z, address);
	}
}

static void learn_name(struct z2m *z, const char *name, const char *ieee)
{
	char buf[32];

	if (!name || !ieee || !name[0] || json_object_size(z->names) >= NAMES_MAX)
		return;
	json_object_set_new(z->names, name, json_string(address_key(ieee, buf)));
	if (strchr(name, '/'))
		subscribe_name(z, name);
}

static struct subject find_subject(struct z2m *z, const char *name)
{
	const char *ieee = json_string_value(json_object_get(z->names, name));
	struct subject s = { .name = name, .address = ieee ? ieee : name };

	s.ids = find_ids(z, name);
	if (!s.ids && ieee)
		s.ids = find_ids(z, ieee);
	return s;
}

/* Samples. */

/* The time that the device was heard, if the payload says it; never later than now. */
static bool last_seen(const json_t *fields, int64_t received_us, int64_t *ret_at_us)
{
	const json_t *value = json_object_get(fields, "last_seen");
	int64_t at_us = 0;

	if (json_is_number(value)) {
		double number = json_number_value(value);

		if (number <= 0 || number > 1e14)
			return false;
		at_us = (int64_t)(number < SECONDS_BELOW ? number * 1e6 : number * 1e3);
	} else if (!json_is_string(value) || sdk_clock_parse(json_string_value(value), &at_us) < 0) {
		return false;
	}
	*ret_at_us = at_us < received_us ? at_us : received_us;
	return true;
}

/* An empty action says nothing; an action that the broker had kept happened at some other time. */
static void drop_actions(json_t *fields, bool retained)
{
	const json_t *action = json_object_get(fields, "action");
	const char *key;
	json_t *value;
	void *next;

	if (action && (json_is_null(action) || (json_is_string(action) && json_string_length(action) == 0)))
		json_object_del(fields, "action");
	if (!retained)
		return;
	json_object_foreach_safe(fields, next, key, value)
	{
		if (strncmp(key, "action", 6) == 0 || strcmp(key, "click") == 0)
			json_object_del(fields, key);
	}
}

static void send_sample(struct z2m *z, const char *device, json_t *fields, const struct z2m_input *input)
{
	int64_t at_us = input->received_us;
	bool dated = last_seen(fields, input->received_us, &at_us);
	char id[64];
	json_t *sample;

	snprintf(id, sizeof(id), "%s-%llu", z->id_prefix, (unsigned long long)++z->sequence);
	sample = json_pack("{s:s,s:s,s:O,s:s}", "type", "sample", "device", device, "fields", fields, "id", id);
	/* A kept message without a time has an age that nobody knows: it must not look fresh. */
	if (dated || !input->retained)
		json_object_set_new(sample, "at", json_real((double)at_us / 1e6));
	if (input->retained)
		json_object_set_new(sample, "retained", json_true());
	z->counts.samples++;
	z->calls.send(z->calls.user, sample);
}

static void send_to_all(struct z2m *z, const json_t *ids, json_t *fields, const struct z2m_input *input)
{
	size_t i;
	json_t *id;

	json_array_foreach((json_t *)ids, i, id)
	{
		send_sample(z, json_string_value(id), fields, input);
	}
}

static void tell_discovered(struct z2m *z, const struct subject *s, json_t *fields)
{
	if (json_object_get(z->discovered, s->address) || json_object_size(z->discovered) >= DISCOVERED_MAX)
		return;
	json_object_set_new(z->discovered, s->address, json_true());
	z->counts.discovered++;
	z->calls.send(z->calls.user, json_pack("{s:s,s:s,s:s,s:O}", "type", "discovered", "address", s->address, "name",
					       s->name, "fields", fields));
}

/* With include_device_information the payload itself says whose it is. */
static void learn_from_payload(struct z2m *z, const char *name, json_t *fields)
{
	const char *ieee = json_string_value(json_object_get(json_object_get(fields, "device"), "ieeeAddr"));

	if (ieee)
		learn_name(z, name, ieee);
}

static json_t *parse_fields(struct z2m *z, const struct z2m_input *input)
{
	json_error_t error;
	json_t *fields = json_loadb(input->payload, input->len, JSON_DECODE_ANY, &error);

	if (!fields)
		complain(z, input, "expected a JSON object: %s", error.text);
	else if (!json_is_object(fields))
		complain(z, input, "expected a JSON object { … }");
	if (json_is_object(fields))
		return fields;
	json_decref(fields);
	return NULL;
}

static void take_state(struct z2m *z, const char *name, const struct z2m_input *input)
{
	json_t *fields = parse_fields(z, input);
	struct subject s;

	if (!fields)
		return;
	learn_from_payload(z, name, fields);
	drop_actions(fields, input->retained);
	s = find_subject(z, name);
	if (s.ids)
		send_to_all(z, s.ids, fields, input);
	else
		tell_discovered(z, &s, fields);
	json_decref(fields);
}

/* Availability. */

/* "online", or {"state":"online"}: 1, 0 for offline, -EINVAL for anything else. */
static int parse_life(const struct z2m_input *input)
{
	json_t *payload = json_loadb(input->payload, input->len, 0, NULL);
	const char *state = json_string_value(json_object_get(payload, "state"));
	char text[16];
	int life = -EINVAL;

	snprintf(text, sizeof(text), "%.*s", input->len < 15 ? (int)input->len : 15, input->payload);
	if (!state)
		state = text;
	if (strcmp(state, "online") == 0)
		life = 1;
	else if (strcmp(state, "offline") == 0)
		life = 0;
	json_decref(payload);
	return life;
}

static void take_availability(struct z2m *z, const char *name, const struct z2m_input *input)
{
	struct subject s = find_subject(z, name);
	int life = parse_life(input);
	json_t *fields, *id;
	size_t i;

	if (life < 0) {
		complain(z, input, "expected online or offline, plain or as {\"state\":\"online\"}");
		return;
	}
	if (!s.ids)
		return; /* a state message will tell of it, if it lives */
	fields = json_pack("{s:b}", "link", life);
	send_to_all(z, s.ids, fields, input);
	json_decref(fields);
	if (life)
		return;
	json_array_foreach((json_t *)s.ids, i, id)
	{
		z->calls.send(z->calls.user, json_pack("{s:s,s:O}", "type", "stale", "device", id));
	}
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
static void take_device(struct z2m *z, const char *rest, const struct z2m_input *input)
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
	take_device(z, first.input.topic + z->base_len + 1, &first.input);
	free(first.name);
	free(first.payload);
}

static void keep_waiting(struct z2m *z, const struct z2m_input *input)
{
	struct waiting w = { .input = *input };

	while (z->waiting_count &&
	       (z->waiting_count >= WAITING_MAX || z->waiting_bytes + input->len > WAITING_BYTES_MAX))
		release_first(z);
	w.name = strdup(input->topic);
	w.payload = malloc(input->len + 1);
	if (!w.name || !w.payload)
		abort();
	memcpy(w.payload, input->payload, input->len);
	w.payload[input->len] = '\0';
	w.input.topic = w.name;
	w.input.payload = w.payload;
	z->waiting[z->waiting_count++] = w;
	z->waiting_bytes += input->len;
	z->counts.waited++;
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

void z2m_names_overdue(struct z2m *z)
{
	z->names_known = true;
	while (z->waiting_count)
		release_first(z);
}

void z2m_disconnected(struct z2m *z)
{
	z->names_known = false;
}

/* The bridge. */

static void take_bridge_devices(struct z2m *z, const struct z2m_input *input)
{
	json_error_t error;
	json_t *list = json_loadb(input->payload, input->len, 0, &error), *entry;
	size_t i;

	if (!json_is_array(list)) {
		complain(z, input, "expected a list of devices: %s", list ? "it is none" : error.text);
		json_decref(list);
		return;
	}
	json_object_clear(z->names);
	json_array_foreach(list, i, entry)
	{
		const char *type = json_string_value(json_object_get(entry, "type"));

		if (!type || strcmp(type, "Coordinator") != 0)
			learn_name(z, json_string_value(json_object_get(entry, "friendly_name")),
				   json_string_value(json_object_get(entry, "ieee_address")));
	}
	json_decref(list);
	z2m_names_overdue(z);
}

static void take_bridge(struct z2m *z, const char *rest, const struct z2m_input *input)
{
	int life;

	if (strcmp(rest, "bridge/devices") == 0) {
		take_bridge_devices(z, input);
		return;
	}
	if (strcmp(rest, "bridge/state") != 0)
		return;
	life = parse_life(input);
	if (life < 0)
		complain(z, input, "expected online or offline, plain or as {\"state\":\"online\"}");
	else
		z->calls.bridge(z->calls.user, life > 0);
}

void z2m_take(struct z2m *z, const struct z2m_input *input)
{
	const char *rest = input->topic + z->base_len + 1;
	bool bridge;

	if (strncmp(input->topic, z->base, z->base_len) != 0 || input->topic[z->base_len] != '/' || input->len == 0)
		return; /* not ours; an empty payload is how a retained message is removed */
	bridge = strncmp(rest, "bridge/", 7) == 0;
	if (input->len > (bridge ? BRIDGE_MAX : PAYLOAD_MAX)) {
		complain(z, input, "%zu bytes: expected at most %zu", input->len, bridge ? BRIDGE_MAX : PAYLOAD_MAX);
		return;
	}
	if (bridge)
		take_bridge(z, rest, input);
	else if (must_wait(z, rest))
		keep_waiting(z, input);
	else
		take_device(z, rest, input);
}

/* Life. */

static void add_device(struct z2m *z, const json_t *device)
{
	json_t *id = json_object_get(device, "id");
	const char *address = json_string_value(json_object_get(device, "address"));
	char buf[32];
	json_t *ids;

	if (!json_is_string(id))
		return;
	if (!address || !address[0]) {
		sdk_log_warning("device '%.63s' has no address: expected its IEEE address (0x…) or its friendly name",
				json_string_value(id));
		return;
	}
	ids = json_object_get(z->devices, address_key(address, buf));
	if (!ids) {
		ids = json_array();
		json_object_set_new(z->devices, address_key(address, buf), ids);
	}
	json_array_append(ids, id);
}

struct z2m *z2m_new(const struct z2m_setup *setup)
{
	struct z2m *z = calloc(1, sizeof(*z));
	json_t *device;
	size_t i;

	if (!z)
		abort();
	z->base = strdup(setup->base);
	z->id_prefix = strdup(setup->id_prefix);
	if (!z->base || !z->id_prefix)
		abort();
	z->base_len = strlen(z->base);
	z->calls = setup->calls;
	z->devices = json_object();
	z->names = json_object();
	z->discovered = json_object();
	z->complained = json_object();
	json_array_foreach((json_t *)setup->devices, i, device)
	{
		add_device(z, device);
	}
	subscribe_all(z);
	return z;
}

void z2m_free(struct z2m *z)
{
	if (!z)
		return;
	for (unsigned i = 0; i < z->waiting_count; i++) {
		free(z->waiting[i].name);
		free(z->waiting[i].payload);
	}
	json_decref(z->devices);
	json_decref(z->names);
	json_decref(z->discovered);
	json_decref(z->complained);
	free(z->base);
	free(z->id_prefix);
	free(z);
}
