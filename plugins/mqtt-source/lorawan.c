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

/* What a state is called, by what decoders of several years call it: in words, or the number itself (the codecs that come with
 * the maker's gateways). A field that is there already stays. */
static const struct {
	const char *name, *said, *yes, *no;
} states[] = {
	{ "open", "magnet_status", "open", "close" },
	{ "open", "door", "open", "close" },
	{ "tamper", "tamper_status", "uninstalled", "installed" },
	{ "motion", "pir_status", "trigger", "normal" },
	{ "motion", "pir", "trigger", "normal" },
	{ "motion", "pir_trigger", "trigger", "normal" },
	{ "leak", "leakage_status", "leak", "normal" },
	{ "leak", "water_leak", "leak", "normal" },
	{ "gas", "gas_status", NULL, "normal" }, /* whatever is not normal is gas */
	{ "occupied", "occupancy", "occupied", "vacant" },
};

/* A whole number from 0 to 9, with a fraction of nothing or without (ChirpStack writes 1.0); -1: anything else. */
static int digit_of(const json_t *value)
{
	double number = json_number_value(value);

	return json_is_number(value) && number >= 0 && number <= 9 && number == (int)number ? (int)number : -1;
}

static bool is_said(const json_t *value, const char *word, int number)
{
	const char *text = json_string_value(value);

	return text ? word && strcmp(text, word) == 0 : digit_of(value) == number;
}

static void add_states(json_t *fields)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const json_t *said = json_object_get(fields, states[i].said);
		bool no = is_said(said, states[i].no, 0), other = json_is_string(said) || json_is_number(said);
		bool yes = states[i].yes ? is_said(said, states[i].yes, 1) : other && !no;

		if ((yes || no) && !json_object_get(fields, states[i].name))
			json_object_set_new(fields, states[i].name, json_boolean(yes));
	}
}

/* "short press", "short", {"status":"short press"}, 1, as decoders of several years say it. */
static void add_press(json_t *fields)
{
	static const char *const names[] = { "press", "button_event", "button" };
	static const char *const words[] = { "short", "long", "double" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *said = json_object_get(fields, names[i]);
		const char *text;
		int number;

		if (json_is_object(said))
			said = json_object_get(said, "status");
		number = digit_of(said);
		text = number >= 1 && number <= 3 ? words[number - 1] : json_string_value(said);
		if (text && *text && !json_is_string(json_object_get(fields, "press")))
			json_object_set_new(fields, "press", json_stringn(text, strcspn(text, " ")));
	}
}

enum fall { FALL_UNSAID, FALL_OVER, FALL_NOW };

static enum fall worse(enum fall a, enum fall b)
{
	return a > b ? a : b;
}

/* 1 triggered, 2 deactivated, 3 ignored; 4 says that nothing changed. */
static enum fall fall_of_number(int number)
{
	return number == 1 ? FALL_NOW : number == 2 || number == 3 ? FALL_OVER : FALL_UNSAID;
}

/* "alarm triggered", "alarm_triggered", "triggered", 1, or several of one frame: "1, 2, 1", each of another fall. */
static enum fall fall_of_status(const json_t *status)
{
	const char *text = json_string_value(status);
	enum fall fall = FALL_UNSAID;

	if (json_is_number(status))
		return fall_of_number(digit_of(status));
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

static bool is_fall(const json_t *type)
{
	return is_said(type, "fall", 0);
}

static enum fall fall_of_events(const json_t *events)
{
	enum fall fall = FALL_UNSAID;
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		if (is_fall(json_object_get(event, "alarm_type")))
			fall = worse(fall, fall_of_status(json_object_get(event, "alarm_status")));
	}
	return fall;
}

/* The state of a room that a radar sees: "in bed", "in_bed", 2. Nothing where it is none of these. */
static const char *posture_of(const json_t *said)
{
	static const char *const words[][2] = {
		{ "normal", "normal" },         { "vacant", "vacant" }, { "in bed", "in_bed" },
		{ "out of bed", "out_of_bed" }, { "fall", "fall" },
	};

	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (is_said(said, words[i][0], i) || is_said(said, words[i][1], i))
			return words[i][0];
	return NULL;
}

static void add_posture(json_t *fields, const char *posture)
{
	const struct {
		const char *name;
		json_t *value;
	} added[] = { { "posture", json_string(posture) },
		      { "presence", json_boolean(strcmp(posture, "vacant") != 0) },
		      { "occupied", json_boolean(strcmp(posture, "in bed") == 0) } };

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		if (!json_object_get(fields, added[i].name))
			json_object_set(fields, added[i].name, added[i].value);
		json_decref(added[i].value);
	}
}

/* The state of the room, the alarm of its own, or the list of events: any of them is reason enough to look. */
static void add_fall(json_t *fields)
{
	const char *posture = posture_of(json_object_get(fields, "detection_status"));
	enum fall fall = FALL_UNSAID;

	if (posture) {
		fall = strcmp(posture, "fall") == 0 ? FALL_NOW : FALL_OVER;
		add_posture(fields, posture);
	}
	fall = worse(fall, fall_of_status(json_object_get(json_object_get(fields, "fall_alarm"), "alarm_status")));
	fall = worse(fall, fall_of_events(json_object_get(fields, "events")));
	if (is_fall(json_object_get(fields, "alarm_type")))
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
	add_states(u->fields);
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
