#include "http-source/isapi_event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http-source/xml_flat.h"
#include "sdk/sdk_clock.h"

#define CARD_MAX   64
#define CODE_MAX   16
#define SERIAL_MAX INT64_C(0x7fffffffffff)

/* ---- codes ---- */

enum major { MAJOR_ALARM = 1, MAJOR_EXCEPTION = 2, MAJOR_OPERATION = 3, MAJOR_EVENT = 5 };

/* sets: names of bools, each with + or - behind it. event: an event with `word`, or with none. */
struct code {
	int major, minor;
	const char *event, *word, *sets;
	enum isapi_event_tamper tamper;
};

#define GRANTED(minor, by)                                                       \
	{                                                                        \
		MAJOR_EVENT, minor, "granted", by, NULL, ISAPI_EVENT_TAMPER_NONE \
	}
#define DENIED(minor, why)                                                       \
	{                                                                        \
		MAJOR_EVENT, minor, "denied", why, NULL, ISAPI_EVENT_TAMPER_NONE \
	}
#define STATE(major, minor, sets)                                       \
	{                                                               \
		major, minor, NULL, NULL, sets, ISAPI_EVENT_TAMPER_NONE \
	}
#define TAMPER(minor, whose, sign)                                                        \
	{                                                                                 \
		MAJOR_ALARM, minor, NULL, NULL, "tamper" sign, ISAPI_EVENT_TAMPER_##whose \
	}

static const struct code codes[] = {
	/* Let in. */
	GRANTED(0x01, "card"),
	GRANTED(0x02, "card and pin"),
	GRANTED(0x10, "several people"),
	GRANTED(0x22, "pin"),
	GRANTED(0x26, "fingerprint"),
	GRANTED(0x28, "card and fingerprint"),
	GRANTED(0x2b, "card, fingerprint and pin"),
	GRANTED(0x2e, "fingerprint and pin"),
	GRANTED(0x36, "face and fingerprint"),
	GRANTED(0x39, "face and pin"),
	GRANTED(0x3c, "face and card"),
	GRANTED(0x3f, "face, pin and fingerprint"),
	GRANTED(0x42, "face, card and fingerprint"),
	GRANTED(0x45, "number and fingerprint"),
	GRANTED(0x48, "number, fingerprint and pin"),
	GRANTED(0x4b, "face"),
	GRANTED(0x4d, "number and face"),
	GRANTED(0x65, "number and pin"),
	GRANTED(0x69, "identity card"),
	GRANTED(0x99, "several ways"),
	GRANTED(0x9e, "householder"),
	GRANTED(0x9f, "bluetooth"),
	GRANTED(0xb5, "pin"),
	/* Not let in. */
	DENIED(0x03, "wrong pin"),
	DENIED(0x04, "pin too late"),
	DENIED(0x05, "too many tries"),
	DENIED(0x06, "not for this door"),
	DENIED(0x07, "not at this time"),
	DENIED(0x08, "expired"),
	DENIED(0x09, "unknown card"),
	DENIED(0x0a, "passback"),
	DENIED(0x0b, "other door open"),
	DENIED(0x0c, "not in the group"),
	DENIED(0x0d, "not at this time"),
	DENIED(0x0e, "supervisor missing"),
	DENIED(0x0f, "remote consent missing"),
	DENIED(0x23, "same person twice"),
	DENIED(0x24, "too late"),
	DENIED(0x27, "fingerprint"),
	DENIED(0x29, "fingerprint"),
	DENIED(0x2a, "too late"),
	DENIED(0x2c, "fingerprint or pin"),
	DENIED(0x2d, "too late"),
	DENIED(0x2f, "fingerprint or pin"),
	DENIED(0x30, "too late"),
	DENIED(0x31, "unknown fingerprint"),
	DENIED(0x37, "face or fingerprint"),
	DENIED(0x38, "too late"),
	DENIED(0x3a, "face or pin"),
	DENIED(0x3b, "too late"),
	DENIED(0x3d, "face or card"),
	DENIED(0x3e, "too late"),
	DENIED(0x40, "face, pin or fingerprint"),
	DENIED(0x41, "too late"),
	DENIED(0x43, "face, card or fingerprint"),
	DENIED(0x44, "too late"),
	DENIED(0x46, "fingerprint"),
	DENIED(0x47, "too late"),
	DENIED(0x49, "fingerprint or pin"),
	DENIED(0x4a, "too late"),
	DENIED(0x4c, "unknown face"),
	DENIED(0x4e, "face"),
	DENIED(0x4f, "too late"),
	DENIED(0x50, "unknown face"),
	DENIED(0x66, "wrong pin"),
	DENIED(0x67, "too late"),
	DENIED(0x68, "no living face"),
	DENIED(0x70, "identity card"),
	DENIED(0x71, "on the black list"),
	DENIED(0x97, "wrong pin"),
	DENIED(0x98, "unknown number"),
	DENIED(0x9a, "too late"),
	DENIED(0x9b, "not in this way"),
	/* The door itself. */
	STATE(MAJOR_EVENT, 0x13, "always_open+"),
	STATE(MAJOR_EVENT, 0x14, "always_open-"),
	STATE(MAJOR_EVENT, 0x15, "unlocked+"),
	STATE(MAJOR_EVENT, 0x16, "unlocked-"),
	{ MAJOR_EVENT, 0x17, "egress", NULL, NULL, ISAPI_EVENT_TAMPER_NONE },
	STATE(MAJOR_EVENT, 0x19, "open+ forced-"),
	STATE(MAJOR_EVENT, 0x1a, "open- forced- held-"),
	STATE(MAJOR_EVENT, 0x1b, "open+ forced+"),
	STATE(MAJOR_EVENT, 0x1c, "open+ held+"),
	STATE(MAJOR_EVENT, 0x34, "fire_release+"),
	STATE(MAJOR_EVENT, 0x35, "fire_release-"),
	{ MAJOR_EVENT, 0x25, "bell", NULL, NULL, ISAPI_EVENT_TAMPER_NONE },
	{ MAJOR_EVENT, 0x33, "call", NULL, NULL, ISAPI_EVENT_TAMPER_NONE },
	{ MAJOR_OPERATION, 0x400, "granted", "remote", NULL, ISAPI_EVENT_TAMPER_NONE },
	STATE(MAJOR_OPERATION, 0x402, "always_open+"),
	STATE(MAJOR_OPERATION, 0x401, "always_open-"),
	/* The controller, its readers, its mains. */
	TAMPER(0x404, HOST, "+"),
	TAMPER(0x405, HOST, "-"),
	TAMPER(0x406, READER, "+"),
	TAMPER(0x407, READER, "-"),
	TAMPER(0x40f, MODULE, "+"),
	TAMPER(0x410, MODULE, "-"),
	STATE(MAJOR_ALARM, 0x40a, "duress+"),
	STATE(MAJOR_ALARM, 0x418, "fire_release+"),
	STATE(MAJOR_ALARM, 0x419, "fire_release-"),
	STATE(MAJOR_EXCEPTION, 0x403, "battery_low+"),
	STATE(MAJOR_EXCEPTION, 0x404, "battery_low-"),
	STATE(MAJOR_EXCEPTION, 0x405, "mains-"),
	STATE(MAJOR_EXCEPTION, 0x406, "mains+"),
};

static const struct code *find_code(int64_t major, int64_t minor)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].major == major && codes[i].minor == minor)
			return &codes[i];
	return NULL;
}

/* ---- members: of JSON, or of XML, where each is a text ---- */

static int64_t number_at(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	const char *text = json_string_value(v);
	int64_t value = 0;

	if (json_is_integer(v))
		return json_integer_value(v);
	for (; text && *text; text++) {
		if (*text < '0' || *text > '9' || value > SERIAL_MAX / 10)
			return 0;
		value = value * 10 + (*text - '0');
	}
	return value;
}

static bool is_false(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	const char *text = json_string_value(v);

	return json_is_false(v) || (text && strcmp(text, "false") == 0);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_t *read_document(const char *text, size_t len)
{
	json_t *root = NULL;

	if (len && text[0] == '<')
		return xml_flat_read(text, len, &root) == 0 ? root : NULL;
	root = json_loadb(text, len, 0, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

/* ---- one event ---- */

/* "open+ forced-" */
static void apply_sets(json_t *fields, const char *sets)
{
	char name[32];

	while (sets && *sets) {
		size_t len = strcspn(sets, "+-");

		snprintf(name, sizeof(name), "%.*s", (int)len, sets);
		json_object_set_new(fields, name, json_boolean(sets[len] == '+'));
		sets += len + 1;
		sets += strspn(sets, " ");
	}
}

/* A number of a person alone could be taken for a yes or a no. */
static void add_card(json_t *fields, const char *name, const json_t *inner)
{
	const char *card = text_at(inner, "cardNo"), *number = text_at(inner, "employeeNoString");
	char text[CARD_MAX + 16];

	if (card[0])
		snprintf(text, sizeof(text), "%.*s", CARD_MAX, card);
	else if (number[0])
		snprintf(text, sizeof(text), "employee-%.*s", CARD_MAX, number);
	else if (number_at(inner, "employeeNo") > 0)
		snprintf(text, sizeof(text), "employee-%lld", (long long)number_at(inner, "employeeNo"));
	else
		return;
	/* A cut within a character is no text: then there is none. */
	json_object_set_new(fields, name, json_string(text));
}

static void fill_fields(const struct code *code, const json_t *inner, json_t *fields)
{
	if (!code)
		return;
	apply_sets(fields, code->sets);
	if (!code->event)
		return;
	json_object_set_new(fields, code->event, code->word ? json_string(code->word) : json_true());
	if (strcmp(code->event, "granted") == 0)
		add_card(fields, "card", inner);
	else if (strcmp(code->event, "denied") == 0)
		add_card(fields, "denied_card", inner);
}

/* What happened to nobody's knowledge is told as far as it is dangerous; all else is over. */
static void keep_dangers(json_t *fields)
{
	static const char *const dangers[] = { "code", "forced", "duress", "tamper", "fire_release" };
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(fields, next, key, value)
	{
		bool keep = false;

		for (size_t i = 0; i < sizeof(dangers) / sizeof(dangers[0]); i++)
			keep |= strcmp(key, dangers[i]) == 0;
		if (!keep)
			json_object_del(fields, key);
	}
}

static int door_of(const json_t *inner)
{
	int64_t door = number_at(inner, "doorNo");

	return door >= 1 && door <= ISAPI_EVENT_DOORS_MAX ? (int)door : 0;
}

static void read_access(const json_t *root, const json_t *inner, struct isapi_event *e)
{
	int64_t major = number_at(inner, "majorEventType"), minor = number_at(inner, "subEventType");
	const struct code *code;
	char text[CODE_MAX + 32];

	if (minor == 0)
		minor = number_at(inner, "minorEventType");
	code = find_code(major, minor);
	snprintf(text, sizeof(text), "%lld.%lld", (long long)major, (long long)minor);
	e->kind = ISAPI_EVENT_ACCESS;
	e->door = door_of(inner);
	e->everywhere =
		major == MAJOR_ALARM || major == MAJOR_EXCEPTION || (code && code->sets && strstr(code->sets, "fire"));
	e->serial = number_at(inner, "serialNo");
	e->fields = json_pack("{s:s}", "code", text);
	fill_fields(code, inner, e->fields);
	if (is_false(inner, "currentEvent") || is_false(root, "currentEvent"))
		keep_dangers(e->fields);
	e->duress = json_is_true(json_object_get(e->fields, "duress"));
	e->tamper = code ? code->tamper : ISAPI_EVENT_TAMPER_NONE;
	e->tampered = json_is_true(json_object_get(e->fields, "tamper"));
}

int isapi_event_read(const char *text, size_t len, struct isapi_event *ret_event, const char **ret_why)
{
	json_t *root = read_document(text, len);
	const json_t *inner = json_object_get(root, "AccessControllerEvent");
	struct isapi_event e = { .kind = ISAPI_EVENT_LIFE };

	if (!root || !text_at(root, "eventType")[0]) {
		*ret_why = root ? "it has no eventType" : len && text[0] == '<' ? "it is no XML" : "it is no JSON";
		json_decref(root);
		return -EINVAL;
	}
	if (!json_is_object(inner))
		inner = root; /* XML, flat */
	if (sdk_clock_parse(text_at(root, "dateTime"), &e.at_us) < 0)
		e.at_us = 0;
	if (json_object_get(inner, "majorEventType"))
		read_access(root, inner, &e);
	json_decref(root);
	*ret_event = e;
	return 0;
}

/* ---- how things stand ---- */

/* The n-th number of a list; -1: there is none. In XML there are no lists. */
static int64_t listed(const json_t *object, const char *key, size_t n)
{
	const json_t *v = json_array_get(json_object_get(object, key), n);

	return json_is_integer(v) ? json_integer_value(v) : -1;
}

/* 0 no, 1 yes; the others are faults of the wire, which say neither. */
static void set_if_known(json_t *fields, const char *name, int64_t value)
{
	if (value == 0 || value == 1)
		json_object_set_new(fields, name, json_boolean(value == 1));
}

int isapi_event_status(const char *text, size_t len, json_t **ret_doors)
{
	json_t *root = read_document(text, len), *doors;
	const json_t *s = json_object_get(root, "AcsWorkStatus");
	const char *supply = text_at(s, "powerSupplyStatus");

	if (!json_is_object(s)) {
		json_decref(root);
		return -EINVAL;
	}
	doors = json_array();
	for (size_t i = 0; i < ISAPI_EVENT_DOORS_MAX; i++) {
		json_t *fields = json_object();

		set_if_known(fields, "open", listed(s, "magneticStatus", i));
		if (listed(s, "magneticStatus", i) == 0) /* it may have been shut while nobody listened */
			apply_sets(fields, "forced- held-");
		set_if_known(fields, "unlocked", listed(s, "doorLockStatus", i));
		if (listed(s, "doorStatus", i) >= 0)
			json_object_set_new(fields, "always_open", json_boolean(listed(s, "doorStatus", i) == 2));
		if (strstr(supply, "PowerSupply"))
			json_object_set_new(fields, "mains", json_boolean(strncmp(supply, "AC", 2) == 0));
		json_array_append_new(doors, fields);
	}
	json_decref(root);
	*ret_doors = doors;
	return 0;
}
