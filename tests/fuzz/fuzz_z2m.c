/* fuzz_z2m.c: plugins/mqtt-source/z2m.c: any topics and payloads: every message to the daemon is whole and fits into a line,
 * is of a device that is configured, has an id that was never used before, and no action that is old.
 *
 * Input: lines: a letter, a blank, the topic behind the base, a blank, the payload. m a message, r a retained one, b a
 * message of any topic at all (the base is not put before it), o the names are overdue, d the connection was lost. */
#include "fuzz.h"

#include "base/str.h"
#include "mqtt-source/z2m.h"
#include "sdk/sdk_line.h"

#define RECEIVED_US INT64_C(1700000000000000)
#define INPUTS_MAX  400

struct world {
	json_t *devices, *ids; /* ids: those of samples, each once */
	bool retained, state;  /* of the message that is being taken, where nothing waits */
	uint64_t samples, discovered;
};

static const char *text_of(const json_t *message, const char *key)
{
	const char *text = json_string_value(json_object_get(message, key));

	FUZZ_CLAIM(text);
	return text;
}

static void check_device(const struct world *w, const json_t *message)
{
	const char *id = text_of(message, "device");
	json_t *device;
	size_t i;

	json_array_foreach(w->devices, i, device)
	{
		if (strcmp(text_of(device, "id"), id) == 0)
			return;
	}
	FUZZ_CLAIM(!"a device that is not configured");
}

static void check_sample(struct world *w, const json_t *message)
{
	const json_t *at = json_object_get(message, "at"), *fields = json_object_get(message, "fields");
	bool retained = json_is_true(json_object_get(message, "retained"));
	const char *id = text_of(message, "id"), *key;
	json_t *value;

	w->samples++;
	check_device(w, message);
	FUZZ_CLAIM(json_is_object(fields) && !json_object_get(w->ids, id));
	json_object_set_new(w->ids, id, json_true());
	FUZZ_CLAIM(!at || (json_is_real(at) && json_real_value(at) <= RECEIVED_US / 1e6));
	FUZZ_CLAIM(at || retained);
	json_object_foreach((json_t *)fields, key, value)
	{
		FUZZ_CLAIM(!retained || (strncmp(key, "action", 6) != 0 && strcmp(key, "click") != 0));
		FUZZ_CLAIM(strcmp(key, "action") != 0 || !json_is_string(value) || json_string_length(value) > 0);
	}
}

static void take_message(void *user, json_t *message)
{
	struct world *w = user;
	const char *type;
	char *line;

	FUZZ_CLAIM(message);
	line = json_dumps(message, JSON_COMPACT);
	FUZZ_CLAIM(line && strlen(line) < 6 * SDK_LINE_MAX && !strchr(line, '\n'));
	free(line);
	type = text_of(message, "type");
	if (strcmp(type, "sample") == 0)
		check_sample(w, message);
	else if (strcmp(type, "stale") == 0)
		check_device(w, message);
	else {
		FUZZ_CLAIM(strcmp(type, "discovered") == 0 && text_of(message, "address"));
		w->discovered++;
	}
	json_decref(message);
}

static void take_bridge(void *user, bool online)
{
	(void)user;
	(void)online;
}

static void take_subscription(void *user, const char *topic)
{
	(void)user;
	FUZZ_CLAIM(strncmp(topic, "zigbee2mqtt/", 12) == 0 && topic[12] && str_is_utf8(topic, strlen(topic)));
	FUZZ_CLAIM(!strchr(topic, '#') && (!strchr(topic, '+') || topic[12] == '+'));
}

/* The payload in a copy to the byte; a broker sends no topic that is not UTF-8 or has wildcards. */
static void take_input(struct z2m *z, char kind, struct fuzz_bytes rest)
{
	const uint8_t *blank = rest.left ? memchr(rest.at, ' ', rest.left) : NULL;
	char *name = fuzz_text(fuzz_part(&rest, blank ? (size_t)(blank - rest.at) : rest.left));
	struct str_buf topic = { 0 };
	uint8_t *payload;

	fuzz_u8(&rest);
	payload = malloc(rest.left ? rest.left : 1);
	if (!payload)
		abort();
	if (rest.left)
		memcpy(payload, rest.at, rest.left);
	str_buf_printf(&topic, "%s%s", kind == 'b' ? "" : "zigbee2mqtt/", name);
	if (str_is_utf8(topic.text, topic.len) && !strpbrk(topic.text, "+#"))
		z2m_take(z, &(struct z2m_input){ .topic = topic.text,
						 .payload = (const char *)payload,
						 .len = rest.left,
						 .retained = kind == 'r',
						 .received_us = RECEIVED_US });
	str_buf_fini(&topic);
	free(payload);
	free(name);
}

static void take_line(struct z2m *z, struct fuzz_bytes line)
{
	char kind = (char)fuzz_u8(&line);

	fuzz_u8(&line);
	if (kind == 'o')
		z2m_names_overdue(z);
	else if (kind == 'd')
		z2m_disconnected(z);
	else
		take_input(z, kind, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct world w = { .ids = json_object() };
	struct z2m_setup setup = { .base = "zigbee2mqtt", .id_prefix = "r1" };
	struct z2m *z;

	w.devices = json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s}]", "id", "sos-1204", "address",
			      "0x00158D0001A2b3c4", "id", "door-1204", "address", "hall/door", "id", "door-again",
			      "address", "hall/door", "id", "none");
	setup.devices = w.devices;
	setup.calls = (struct z2m_calls){ &w, take_message, take_bridge, take_subscription };
	z = z2m_new(&setup);
	for (int i = 0; in.left && i < INPUTS_MAX; i++)
		take_line(z, fuzz_line(&in));
	z2m_names_overdue(z);
	FUZZ_CLAIM(z2m_counts(z)->samples == w.samples && z2m_counts(z)->discovered == w.discovered);
	z2m_free(z);
	json_decref(w.devices);
	json_decref(w.ids);
	return 0;
}
