#include "mqtt-source/milesight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mqtt-source/lorawan.h"
#include "sdk/sdk_log.h"

#define SEGMENT_MAX 128 /* of a topic: an address is shorter */

struct milesight {
	const char *base;
	struct teller *teller;
	bool undecoded; /* said once */
};

/* It is written in more than one way, by what template it went through. */
static const char *eui_of(const json_t *message)
{
	static const char *const names[] = { "devEUI", "devEui", "deveui", "DevEUI", "dev_eui", "deviceEUI" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *eui = json_string_value(json_object_get(message, names[i]));
		char buf[TELLER_KEY_MAX];

		if (eui && lorawan_is_eui(teller_key(eui, buf)))
			return eui;
	}
	return NULL;
}

static const json_t *time_of(const json_t *message)
{
	static const char *const names[] = { "time", "gatewayTime", "timestamp", "eventCreatedTime" };
	const json_t *value = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !value; i++)
		value = json_object_get(message, names[i]);
	return value;
}

/* Members that every uplink has; anything else was decoded. */
static bool is_decoded(const json_t *message)
{
	static const char *const others[] = { "applicationID", "applicationName", "data", "devEUI",
					      "deviceName",    "deviceID",        "fCnt", "fPort",
					      "rxInfo",        "txInfo",          "time", "metadata",
					      "gatewaySN",     "gatewayTime",     "adr",  "devAddr",
					      "confirmed" };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)message, key, value)
	{
		bool other = false;

		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !other; i++)
			other = strcasecmp(key, others[i]) == 0;
		if (!other)
			return true;
	}
	return false;
}

static void warn_undecoded(struct milesight *m, const struct lorawan_uplink *u)
{
	if (m->undecoded || u->object || !json_object_get(u->fields, "data") || is_decoded(u->fields))
		return;
	m->undecoded = true;
	sdk_log_warning(
		"the messages of %s (%.100s) are not decoded: choose a payload codec for it in the gateway; more are "
		"not told",
		u->eui, u->name ? u->name : "");
}

/* Of the gateway. */
static void take_uplink(struct milesight *m, struct lorawan_uplink *u)
{
	json_t *object = json_object_get(u->fields, "object");

	u->object = json_is_object(object) ? object : NULL;
	if (!u->name)
		u->name = json_string_value(json_object_get(u->fields, "deviceName"));
	u->session = json_string_value(json_object_get(u->fields, "devAddr"));
	warn_undecoded(m, u);
	/* Without a counter there is no telling. */
	if (u->input->retained || !json_object_get(u->fields, "fCnt") || !lorawan_is_repeated(m->teller, u))
		lorawan_tell(m->teller, u);
}

/* Of the platform. */
static void take_event(struct milesight *m, struct lorawan_uplink *u, const json_t *data)
{
	const json_t *profile = json_object_get(data, "deviceProfile");
	const char *type = json_string_value(json_object_get(data, "type"));
	const char *id = json_string_value(json_object_get(u->fields, "eventID"));
	const json_t *ids = lorawan_find(m->teller, u->eui, NULL);
	bool online = type && strcmp(type, "ONLINE") == 0, offline = type && strcmp(type, "OFFLINE") == 0;

	if (id && !u->input->retained &&
	    teller_is_repeated(m->teller, u->at_us ? u->at_us : u->input->received_us, "%s", id))
		return;
	u->name = json_string_value(json_object_get(profile, "name"));
	u->model = json_string_value(json_object_get(profile, "model"));
	if (!online && !offline) {
		json_t *payload = json_object_get(data, "payload");

		u->fields = json_is_object(payload) ? json_copy(payload) : json_object();
		lorawan_tell(m->teller, u);
		json_decref(u->fields);
	} else if (ids) {
		teller_life(m->teller, &(struct teller_sample){ .ids = ids, .input = u->input, .at_us = u->at_us },
			    online);
	}
}

/* The address of a message that does not say it: a segment of its topic, the last one first. */
static bool find_eui(const struct milesight *m, const char *rest, char ret_segment[static SEGMENT_MAX])
{
	char buf[TELLER_KEY_MAX];
	size_t end = rest ? strlen(rest) : 0;

	while (end > 0) {
		size_t begin = end;

		while (begin > 0 && rest[begin - 1] != '/')
			begin--;
		snprintf(ret_segment, SEGMENT_MAX, "%.*s", end - begin < SEGMENT_MAX ? (int)(end - begin) : 0,
			 rest + begin);
		if (lorawan_is_eui(teller_key(ret_segment, buf)) || teller_find(m->teller, ret_segment))
			return true;
		end = begin > 0 ? begin - 1 : 0;
	}
	return false;
}

static void take_message(struct milesight *m, const struct teller_input *input, const char *rest)
{
	json_t *message = teller_parse(m->teller, input);
	const json_t *data = json_object_get(message, "data");
	struct lorawan_uplink u = { .input = input, .fields = message };
	char segment[SEGMENT_MAX];

	if (!message)
		return;
	u.eui = eui_of(json_is_object(data) ? json_object_get(data, "deviceProfile") : message);
	if (!u.eui && !json_is_object(data) && find_eui(m, rest, segment))
		u.eui = segment;
	teller_parse_time(time_of(message), input->received_us, &u.at_us);
	if (!u.eui)
		teller_complain(m->teller, input, "expected \"devEUI\", or a topic with it");
	else if (json_is_object(data))
		take_event(m, &u, data);
	else if (!json_object_get(message, "error"))
		take_uplink(m, &u);
	json_decref(message);
}

/* The topic of all is the base itself. */
static bool is_base(const struct milesight *m, const char *topic)
{
	return strcmp(topic + (topic[0] == '/'), m->base + (m->base[0] == '/')) == 0;
}

static void take(void *state, const struct teller_input *input)
{
	struct milesight *m = state;
	const char *rest = dialect_rest(input->topic, m->base);

	if (input->len > 0 && (rest ? !dialect_is_order(rest) : is_base(m, input->topic)))
		take_message(m, input, rest);
}

/* Life. */

static void *milesight_new(const struct dialect_setup *setup)
{
	struct milesight *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->base = setup->base;
	m->teller = setup->teller;
	/* Topics in the maker's papers begin with a '/', those of others do not. */
	teller_subscribe(m->teller, "%s/#", m->base + (m->base[0] == '/'));
	teller_subscribe(m->teller, "/%s/#", m->base + (m->base[0] == '/'));
	return m;
}

const struct dialect milesight_dialect = {
	.name = "milesight",
	.base = "milesight",
	.new = milesight_new,
	.free = free,
	.take = take,
};
