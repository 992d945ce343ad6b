#include "mqtt-source/lorawan.h"

#include <string.h>

#define DOUBLED_MAX ((size_t)28 * 1024) /* what is said twice must still fit into a line */

bool lorawan_is_eui(const char *text)
{
	return strlen(text) == 16 && strspn(text, "0123456789abcdefABCDEF") == 16;
}

const json_t *lorawan_find(const struct teller *t, const char *eui, const char *name)
{
	const json_t *ids = teller_find(t, eui);

	return ids || !name ? ids : teller_find(t, name);
}

bool lorawan_is_repeated(struct teller *t, const struct lorawan_uplink *u)
{
	const json_t *count = json_object_get(u->fields, "fCnt");
	int64_t at_us = u->at_us ? u->at_us : u->input->received_us;
	char buf[TELLER_KEY_MAX];

	/* A counter of 0 is left out by servers that leave out what is 0. */
	return teller_is_repeated(t, at_us, "%s/%s/%lld", teller_key(u->eui, buf), u->session ? u->session : "",
				  (long long)json_integer_value(count));
}

/* What the payload says. */

static void hoist(json_t *fields, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (!json_object_get(fields, key))
			json_object_set(fields, key, value);
	}
}

static const json_t *signal_of(const json_t *gateway, const char *name, const char *older)
{
	const json_t *value = json_object_get(gateway, name);

	return value ? value : json_object_get(gateway, older);
}

/* One of several gateways is enough to be heard. A list would be no field anyhow. */
static void add_radio(json_t *fields)
{
	const json_t *gateways = json_object_get(fields, "rxInfo"), *best = NULL, *gateway;
	size_t i;

	json_array_foreach(gateways, i, gateway)
	{
		const json_t *rssi = json_object_get(gateway, "rssi");

		if (json_is_number(rssi) &&
		    (!best || json_number_value(rssi) > json_number_value(json_object_get(best, "rssi"))))
			best = gateway;
	}
	if (best && !json_object_get(fields, "rssi"))
		json_object_set(fields, "rssi", json_object_get(best, "rssi"));
	if (json_is_number(signal_of(best, "snr", "loRaSNR")) && !json_object_get(fields, "snr"))
		json_object_set(fields, "snr", (json_t *)signal_of(best, "snr", "loRaSNR"));
	if (json_is_array(gateways))
		json_object_del(fields, "rxInfo");
}

/* What decoders of earlier years called otherwise. */
static void add_newer_names(json_t *fields)
{
	static const char *const names[][2] = {
		{ "door", "magnet_status" },
		{ "pir", "pir_status" },
		{ "water_leak", "leakage_status" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *value = json_object_get(fields, names[i][0]);

		if (json_is_string(value) && !json_object_get(fields, names[i][1]))
			json_object_set(fields, names[i][1], value);
	}
}

/* "short press", "short", {"status":"short press"}, as decoders of several years say it. */
static void add_press(json_t *fields)
{
	const json_t *said = json_object_get(fields, "button_event");
	const char *text;

	if (json_is_object(said))
		said = json_object_get(said, "status");
	text = json_string_value(said);
	if (text && *text && !json_object_get(fields, "press"))
		json_object_set_new(fields, "press", json_stringn(text, strcspn(text, " ")));
}

enum fall { FALL_UNSAID, FALL_OVER, FALL_NOW };

static enum fall worse(enum fall a, enum fall b)
{
	return a > b ? a : b;
}

/* 1 triggered, 2 deactivated, 3 ignored; 4 says that nothing changed. */
static enum fall fall_of_number(long long number)
{
	return number == 1 ? FALL_NOW : number == 2 || number == 3 ? FALL_OVER : FALL_UNSAID;
}

/* "alarm triggered", "alarm_triggered", "triggered", 1, or several of one frame: "1, 2, 1", each of another fall. */
static enum fall fall_of_status(const json_t *status)
{
	const char *text = json_string_value(status);
	enum fall fall = FALL_UNSAID;

	if (json_is_integer(status))
		return fall_of_number(json_integer_value(status));
	if (!text)
		return FALL_UNSAID;
	if (strstr(text, "triggered"))
		return FALL_NOW;
	if (strstr(text, "deactivated") || strstr(text, "ignored"))
		return FALL_OVER;
	for (; strspn(text, "1234, ") == strlen(text) && *text; text++)
		fall = worse(fall, fall_of_number(*text - '0'));
	return fall;
}

static enum fall fall_of_events(const json_t *events)
{
	enum fall fall = FALL_UNSAID;
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		const char *type = json_string_value(json_object_get(event, "alarm_type"));

		if (type && strcmp(type, "fall") == 0)
			fall = worse(fall, fall_of_status(json_object_get(event, "alarm_status")));
	}
	return fall;
}

/* The state of the room, the alarm of its own, or the list of events: any of them is reason enough to look. */
static void add_fall(json_t *fields)
{
	const char *state = json_string_value(json_object_get(fields, "detection_status"));
	const char *type = json_string_value(json_object_get(fields, "alarm_type"));
	enum fall fall = FALL_UNSAID;

	if (state)
		fall = strcmp(state, "fall") == 0 ? FALL_NOW : FALL_OVER;
	fall = worse(fall, fall_of_status(json_object_get(json_object_get(fields, "fall_alarm"), "alarm_status")));
	fall = worse(fall, fall_of_events(json_object_get(fields, "events")));
	if (type && strcmp(type, "fall") == 0)
		fall = worse(fall, fall_of_status(json_object_get(fields, "alarm_status")));
	if (fall != FALL_UNSAID && !json_object_get(fields, "fall"))
		json_object_set_new(fields, "fall", json_boolean(fall == FALL_NOW));
}

void lorawan_tell(struct teller *t, const struct lorawan_uplink *u)
{
	const json_t *ids = lorawan_find(t, u->eui, u->name);
	char buf[TELLER_KEY_MAX];

	if (u->object && u->input->len <= DOUBLED_MAX)
		hoist(u->fields, u->object);
	add_radio(u->fields);
	add_newer_names(u->fields);
	add_press(u->fields);
	add_fall(u->fields);
	if (ids)
		teller_sample(t, &(struct teller_sample){
					 .ids = ids, .fields = u->fields, .input = u->input, .at_us = u->at_us });
	else
		teller_discovered(t, &(struct teller_stranger){ .address = teller_key(u->eui, buf),
								.name = u->name,
								.model = u->model,
								.fields = u->fields });
}
