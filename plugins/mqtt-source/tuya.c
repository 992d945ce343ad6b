#include "mqtt-source/tuya.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define ID_MAX      128
#define VALUES_MAX  256 /* more than the daemon takes of one device */
#define DEVICES_MAX 128 /* behind one gateway, in one message */

struct tuya {
	const char *base, *also;
	struct teller *teller;
};

/* One message, of one device. */
struct report {
	char id[ID_MAX]; /* "": the topic does not say it */
	const char *name, *model;
	const struct teller_input *input;
	int64_t at_us; /* of the message; 0: it does not say when */
};

/* A value and when it became so. */
struct said {
	const char *code;
	json_t *value;
	int64_t at_us;
};

struct said_list {
	struct said said[VALUES_MAX];
	size_t count;
};

/* Telling. */

/* Many products say 1 and 2, some under an older code, or the code of one gas. */
static void add_status(json_t *fields)
{
	static const char *const codes[][2] = {
		{ "smoke_sensor_status", "smoke_sensor_status" },
		{ "smoke_sensor_state", "smoke_sensor_status" },
		{ "gas_sensor_status", "gas_sensor_status" },
		{ "gas_sensor_state", "gas_sensor_status" },
		{ "ch4_sensor_state", "gas_sensor_status" },
		{ "co_status", "co_status" },
		{ "co_state", "co_status" },
		{ "watersensor_state", "watersensor_state" },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *code = codes[i][0], *name = codes[i][1];
		const char *state = json_string_value(json_object_get(fields, code));

		if (!state || (strcmp(name, code) != 0 && json_object_get(fields, name)))
			continue;
		if (strcmp(state, "1") == 0 || strcmp(state, "alarm") == 0)
			json_object_set_new(fields, name, json_string("alarm"));
		else if (strcmp(state, "2") == 0 || strcmp(state, "normal") == 0)
			json_object_set_new(fields, name, json_string("normal"));
	}
}

static void tell(struct tuya *t, const struct report *r, json_t *fields, int64_t at_us)
{
	const json_t *ids = teller_find(t->teller, r->id);

	add_status(fields);
	if (ids)
		teller_sample(t->teller, &(struct teller_sample){
						 .ids = ids, .fields = fields, .input = r->input, .at_us = at_us });
	else
		teller_discovered(t->teller,
				  &(struct teller_stranger){
					  .address = r->id, .name = r->name, .model = r->model, .fields = fields });
}

static void tell_life(struct tuya *t, const struct report *r, bool online)
{
	const json_t *ids = teller_find(t->teller, r->id);

	if (ids)
		teller_life(t->teller, &(struct teller_sample){ .ids = ids, .input = r->input, .at_us = r->at_us },
			    online);
}

static int by_time(const void *a, const void *b)
{
	const struct said *x = a, *y = b;

	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

/* A press of an hour ago is not of now because the temperature is: each moment is a sample of its own, the oldest first. A
 * stranger is told of with all at once. */
static void tell_said(struct tuya *t, const struct report *r, struct said_list *list)
{
	bool known = teller_find(t->teller, r->id) != NULL;

	qsort(list->said, list->count, sizeof(list->said[0]), by_time);
	for (size_t i = 0; i < list->count;) {
		int64_t at_us = list->said[i].at_us;
		json_t *fields = json_object();

		for (; i < list->count && (list->said[i].at_us == at_us || !known); i++)
			json_object_set(fields, list->said[i].code, list->said[i].value);
		tell(t, r, fields, at_us);
		json_decref(fields);
	}
}

static void say(struct said_list *list, const struct report *r, struct said said, const json_t *time)
{
	said.at_us = r->at_us;
	teller_parse_time(time, r->input->received_us, &said.at_us);
	if (said.code && said.value && list->count < VALUES_MAX)
		list->said[list->count++] = said;
}

/* {CODE:{"value":…,"time":…}} */
static void say_properties(struct said_list *list, const struct report *r, const json_t *properties)
{
	const char *code;
	json_t *property;

	json_object_foreach((json_t *)properties, code, property)
	{
		bool whole = json_is_object(property) && json_object_get(property, "value");

		say(list, r,
		    (struct said){ .code = code, .value = whole ? json_object_get(property, "value") : property },
		    whole ? json_object_get(property, "time") : NULL);
	}
}

/* [{"code":…,"value":…,"t":…}] */
static void say_status(struct said_list *list, const struct report *r, const json_t *status)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)status, i, item)
	{
		const json_t *time = json_object_get(item, "t");

		say(list, r,
		    (struct said){ .code = json_string_value(json_object_get(item, "code")),
				   .value = json_object_get(item, "value") },
		    time ? time : json_object_get(item, "time"));
	}
}

/* The event by its code, and what comes with it by its own names. */
static void tell_event(struct tuya *t, const struct report *r, const char *code, const json_t *event)
{
	const json_t *parameters = json_object_get(event, "outputParams");
	int64_t at_us = r->at_us;
	json_t *fields;

	if (!code)
		return;
	fields = json_pack("{s:s}", "event", code);
	json_object_update_missing(fields, (json_t *)parameters);
	if (!json_object_get(fields, code))
		json_object_set_new(fields, code, json_true());
	teller_parse_time(json_object_get(event, "eventTime"), r->input->received_us, &at_us);
	tell(t, r, fields, at_us);
	json_decref(fields);
}

/* What a device says of itself in a batch. */
static void tell_batch(struct tuya *t, const struct report *r, const json_t *batch)
{
	const json_t *events = json_object_get(batch, "events"), *event;
	struct said_list list = { .count = 0 };
	const char *code;

	say_properties(&list, r, json_object_get(batch, "properties"));
	tell_said(t, r, &list);
	json_object_foreach((json_t *)events, code, event)
	{
		tell_event(t, r, code, event);
	}
}

/* Topics of the open protocol. */

static bool set_id(struct report *r, const char *id)
{
	if (!id || !*id || strlen(id) >= ID_MAX)
		return false;
	memcpy(r->id, id, strlen(id) + 1);
	return true;
}

static void take_properties(struct tuya *t, struct report *r, const json_t *message)
{
	struct said_list list = { .count = 0 };

	say_properties(&list, r, json_object_get(message, "data"));
	tell_said(t, r, &list);
}

static void take_event(struct tuya *t, struct report *r, const json_t *message)
{
	const json_t *data = json_object_get(message, "data");

	tell_event(t, r, json_string_value(json_object_get(data, "eventCode")), data);
}

static void take_batch(struct tuya *t, struct report *r, const json_t *message)
{
	const json_t *data = json_object_get(message, "data"), *device;
	size_t i;

	tell_batch(t, r, data);
	json_array_foreach(json_object_get(data, "subDevices"), i, device)
	{
		if (i < DEVICES_MAX && set_id(r, json_string_value(json_object_get(device, "deviceId"))))
			tell_batch(t, r, device);
	}
}

static void take_sub(struct tuya *t, struct report *r, const json_t *message, bool online)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_object_get(message, "data"), i, id)
	{
		if (i < DEVICES_MAX && set_id(r, json_string_value(id)))
			tell_life(t, r, online);
	}
}

static void take_login(struct tuya *t, struct report *r, const json_t *message)
{
	take_sub(t, r, message, true);
}

static void take_logout(struct tuya *t, struct report *r, const json_t *message)
{
	take_sub(t, r, message, false);
}

/* Messages of the cloud's queue, and all others. */

static const char *text_of(const json_t *message, const json_t *inner, const char *key)
{
	const char *text = json_string_value(json_object_get(inner, key));

	return text ? text : json_string_value(json_object_get(message, key));
}

/* {"devId":…,"status":[…]} or {"bizCode":…,"bizData":{…}} */
static void take_queued(struct tuya *t, struct report *r, const json_t *message)
{
	const json_t *data = json_object_get(message, "bizData"), *status = json_object_get(message, "status");
	const char *code = json_string_value(json_object_get(message, "bizCode"));
	struct said_list list = { .count = 0 };

	if (!set_id(r, text_of(message, data, "devId")))
		return;
	r->name = text_of(message, data, "name");
	r->model = text_of(message, data, "productId");
	if (!r->model)
		r->model = text_of(message, data, "productKey");
	teller_parse_time(json_object_get(data, "time"), r->input->received_us, &r->at_us);
	if (code && (strcmp(code, "online") == 0 || strcmp(code, "deviceOnline") == 0)) {
		tell_life(t, r, true);
	} else if (code && (strcmp(code, "offline") == 0 || strcmp(code, "deviceOffline") == 0)) {
		tell_life(t, r, false);
	} else if (code && strcmp(code, "deviceEventMessage") == 0) {
		tell_event(t, r, text_of(message, data, "eventCode"), data);
	} else if (!code || strcmp(code, "devicePropertyMessage") == 0 || strcmp(code, "statusReport") == 0) {
		say_status(&list, r, status ? status : json_object_get(data, "properties"));
		say_status(&list, r, json_object_get(data, "status"));
		tell_said(t, r, &list);
	}
}

/* Of a bridge: values by code, or by number below "dps". */
static void take_values(struct tuya *t, struct report *r, json_t *message)
{
	set_id(r, json_string_value(json_object_get(message, "devId"))); /* else the topic's */
	if (r->id[0])
		tell(t, r, message, r->at_us);
	else
		teller_complain(t->teller, r->input, "expected \"devId\", or a topic of a device");
}

static void take_numbers(struct tuya *t, struct report *r, const json_t *message)
{
	json_t *fields = json_pack("{s:O}", "dps", message);

	tell(t, r, fields, r->at_us);
	json_decref(fields);
}

static void take_other(struct tuya *t, struct report *r, const json_t *message)
{
	const json_t *inner = json_object_get(message, "data");

	/* The queue's own envelope, where a bridge has left it around. */
	if (json_object_get(inner, "devId") || json_object_get(inner, "bizCode"))
		message = inner;
	if (json_object_get(message, "bizCode") || json_is_array(json_object_get(message, "status")))
		take_queued(t, r, message);
	else
		take_values(t, r, (json_t *)message);
}

static const struct action {
	const char *name; /* behind BASE/ID/ */
	void (*take)(struct tuya *t, struct report *r, const json_t *message);
} actions[] = {
	{ "thing/property/report", take_properties }, { "thing/event/trigger", take_event },
	{ "thing/data/batch_report", take_batch },    { "device/sub/login", take_login },
	{ "device/sub/logout", take_logout },         { "dps/state", take_numbers },
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(name, actions[i].name) == 0)
			return &actions[i];
	return NULL;
}

/* Answers, models, updates: nothing of what a device measures. */
static bool is_other_business(const char *name)
{
	return strncmp(name, "thing/", 6) == 0 || strncmp(name, "device/", 7) == 0 || strncmp(name, "ota/", 4) == 0 ||
	       strncmp(name, "ext/", 4) == 0 || strncmp(name, "channel/", 8) == 0 || strncmp(name, "dps/", 4) == 0;
}

/* The message's own id, or all of it where it says when it was made. */
static bool is_repeated(struct tuya *t, const struct report *r, const json_t *message)
{
	const char *id = json_string_value(json_object_get(message, "msgId"));
	int64_t at_us = r->at_us ? r->at_us : r->input->received_us;

	if (!id)
		id = json_string_value(json_object_get(message, "dataId"));
	if (!id)
		id = json_string_value(json_object_get(json_object_get(message, "bizData"), "dataId"));
	if (r->input->retained || (!id && !r->at_us))
		return false;
	if (id)
		return teller_is_repeated(t->teller, at_us, "%s %s", r->input->topic, id);
	return teller_is_repeated(t->teller, at_us, "%s %.*s", r->input->topic, (int)r->input->len, r->input->payload);
}

static void take_message(struct tuya *t, struct report *r, const struct action *action)
{
	static const char *const times[] = { "time", "t", "ts" };
	json_t *message = teller_parse(t->teller, r->input);

	if (!message)
		return;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && !r->at_us; i++)
		teller_parse_time(json_object_get(message, times[i]), r->input->received_us, &r->at_us);
	if (!is_repeated(t, r, message)) {
		if (action)
			action->take(t, r, message);
		else
			take_other(t, r, message);
	}
	json_decref(message);
}

static void take(void *state, const struct teller_input *input)
{
	struct tuya *t = state;
	const char *rest = dialect_rest(input->topic, t->base), *name;
	struct report r = { .input = input };
	const struct action *action;
	int life;

	if (!rest && t->also)
		rest = dialect_rest(input->topic, t->also);
	if (!rest || input->len == 0 || dialect_is_order(rest))
		return;
	name = rest + strcspn(rest, "/");
	snprintf(r.id, sizeof(r.id), "%.*s", (int)(name - rest), rest);
	if ((size_t)(name - rest) >= sizeof(r.id))
		return;
	name += *name == '/';
	action = find_action(name);
	life = strcmp(name, "status") == 0 || strcmp(name, "availability") == 0 ? teller_parse_life(input) : -1;
	if (life >= 0)
		tell_life(t, &r, life > 0);
	else if (action || !is_other_business(name))
		take_message(t, &r, action);
}

static void *tuya_new(const struct dialect_setup *setup)
{
	struct tuya *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->base = setup->base;
	t->teller = setup->teller;
	t->also = setup->also;
	teller_subscribe(t->teller, "%s/#", t->base);
	if (t->also)
		teller_subscribe(t->teller, "%s/#", t->also);
	return t;
}

const struct dialect tuya_dialect = {
	.name = "tuya",
	.base = "tylink",
	.also = "tuya",
	.new = tuya_new,
	.free = free,
	.take = take,
};
