/* fuzz_dialect.h: what the targets of the dialects of mqtt-source share: any topics and payloads: every message to the daemon
 * is whole and fits into a line, a sample is of a device that is configured, has an id that was never used before, a time
 * that is not of the future, and no action that is old; an address is told of as discovered once.
 *
 * Input: lines: a letter, a blank, the topic behind the base, a blank, the payload. m a message, r a retained one, b a
 * message of any topic at all (the base is not put before it), o the names are overdue, d the connection was lost, c it is
 * there, t time passes (as many seconds as the topic is long, squared). */
#pragma once

#include "fuzz.h"

#include "base/str.h"
#include "mqtt-source/dialect.h"
#include "sdk/sdk_line.h"

#define RECEIVED_US INT64_C(1700000000000000)
#define INPUTS_MAX  400

struct world {
	const struct dialect *dialect;
	void *state;
	struct teller *teller;
	json_t *devices, *ids, *strangers; /* ids, strangers: those told, each once */
	int64_t now_us;
	uint64_t samples, discovered;
};

static inline const char *text_of(const json_t *message, const char *key)
{
	const char *text = json_string_value(json_object_get(message, key));

	FUZZ_CLAIM(text);
	return text;
}

static inline void check_device(const struct world *w, const json_t *message)
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

static inline void check_sample(struct world *w, const json_t *message)
{
	const json_t *at = json_object_get(message, "at"), *fields = json_object_get(message, "fields");
	bool retained = json_is_true(json_object_get(message, "retained"));
	bool z2m = strcmp(w->dialect->name, "zigbee2mqtt") == 0;
	const char *id = text_of(message, "id"), *key;
	json_t *value;

	w->samples++;
	check_device(w, message);
	FUZZ_CLAIM(json_is_object(fields) && !json_object_get(w->ids, id));
	json_object_set_new(w->ids, id, json_true());
	FUZZ_CLAIM(!at || (json_is_real(at) && json_real_value(at) <= (double)(RECEIVED_US + w->now_us) / 1e6));
	FUZZ_CLAIM(at || retained);
	json_object_foreach((json_t *)fields, key, value)
	{
		FUZZ_CLAIM(!z2m || !retained || (strncmp(key, "action", 6) != 0 && strcmp(key, "click") != 0));
		FUZZ_CLAIM(!z2m || strcmp(key, "action") != 0 || !json_is_string(value) ||
			   json_string_length(value) > 0);
	}
}

static inline void check_stranger(struct world *w, const json_t *message)
{
	const char *address = text_of(message, "address");

	FUZZ_CLAIM(*address && strlen(address) <= 255 && !json_object_get(w->strangers, address));
	FUZZ_CLAIM(json_is_object(json_object_get(message, "fields")));
	FUZZ_CLAIM(!json_object_get(message, "battery") || json_is_number(json_object_get(message, "battery")));
	json_object_set_new(w->strangers, address, json_true());
	w->discovered++;
}

static inline void take_told(void *user, json_t *message)
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
		FUZZ_CLAIM(strcmp(type, "discovered") == 0);
		check_stranger(w, message);
	}
	json_decref(message);
}

static inline void take_trouble(void *user, const char *text)
{
	(void)user;
	FUZZ_CLAIM(!text || *text);
}

/* All below one topic, or what Zigbee2MQTT and ChirpStack have in one segment. */
static inline void take_subscription(void *user, const char *topic)
{
	const char *hash = strchr(topic, '#');

	(void)user;
	FUZZ_CLAIM(*topic && str_is_utf8(topic, strlen(topic)));
	FUZZ_CLAIM(!hash || (hash > topic && hash[-1] == '/' && !hash[1]));
}

/* The payload in a copy to the byte; a broker sends no topic that is not UTF-8 or has wildcards. */
static inline void take_input(struct world *w, char kind, struct fuzz_bytes rest)
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
	str_buf_printf(&topic, "%s%s%s", kind == 'b' ? "" : w->dialect->base, kind == 'b' ? "" : "/", name);
	if (topic.len && str_is_utf8(topic.text, topic.len) && !strpbrk(topic.text, "+#"))
		w->dialect->take(w->state, &(struct teller_input){ .topic = topic.text,
								   .payload = (const char *)payload,
								   .len = rest.left,
								   .retained = kind == 'r',
								   .received_us = RECEIVED_US + w->now_us,
								   .now_us = w->now_us });
	str_buf_fini(&topic);
	free(payload);
	free(name);
}

static inline void pass(struct world *w, size_t length)
{
	w->now_us += (int64_t)(length * length) * 1000000;
	teller_tick(w->teller, w->now_us);
	if (w->dialect->tick)
		w->dialect->tick(w->state, w->now_us);
}

static inline void take_line(struct world *w, struct fuzz_bytes line)
{
	char kind = (char)fuzz_u8(&line);

	fuzz_u8(&line);
	if (kind == 'o' && w->dialect->overdue)
		w->dialect->overdue(w->state);
	else if (kind == 'd' && w->dialect->disconnected)
		w->dialect->disconnected(w->state);
	else if (kind == 'c')
		teller_listen(w->teller, w->now_us);
	else if (kind == 't')
		pass(w, line.left);
	else
		take_input(w, kind, line);
}

/* devices: as in hello; taken. */
static inline int fuzz_dialect(const struct dialect *dialect, json_t *devices, struct fuzz_bytes in)
{
	struct world w = { .dialect = dialect, .devices = devices, .ids = json_object(), .strangers = json_object() };

	w.teller = teller_new(&(struct teller_setup){
		.id_prefix = "r1",
		.devices = devices,
		.silent_after_us = INT64_C(3600000000),
		.calls = { &w, take_told, take_trouble, take_subscription },
	});
	w.state = dialect->new (
		&(struct dialect_setup){ .base = dialect->base, .also = dialect->also, .teller = w.teller });
	for (int i = 0; in.left && i < INPUTS_MAX; i++)
		take_line(&w, fuzz_line(&in));
	if (dialect->overdue)
		dialect->overdue(w.state);
	FUZZ_CLAIM(teller_counts(w.teller)->samples == w.samples &&
		   teller_counts(w.teller)->discovered == w.discovered);
	dialect->free(w.state);
	teller_free(w.teller);
	json_decref(w.devices);
	json_decref(w.ids);
	json_decref(w.strangers);
	return 0;
}
