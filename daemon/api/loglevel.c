#include "api/loglevel.h"

#include "api/rows.h"

#define FOR_MIN S
#define FOR_MAX (7 * DAY)

static json_t *room_json(enum log_room room, const struct status_log_room *r)
{
	json_t *json = json_object();

	json_object_set_new(json, "room", json_string(logid_room_name(room)));
	json_object_set_new(json, "level", json_string(logid_level_name(r->level)));
	json_object_set_new(json, "configured", json_string(logid_level_name(r->configured)));
	json_object_set_new(json, "until", rows_time(r->until_us));
	json_object_set_new(json, "by", r->who ? json_string(r->who) : json_null());
	return json;
}

static void answer(struct call *x)
{
	const struct api_source *source = x->api->source;
	struct status_log log;
	json_t *json = json_object(), *rooms = json_array();

	source->log(source->context, &log);
	for (size_t i = 0; i < LOG_ROOMS; i++)
		json_array_append_new(rooms, room_json((enum log_room)i, &log.rooms[i]));
	json_object_set_new(json, "rooms", rooms);
	json_object_set_new(json, "lost", json_integer((json_int_t)log.lost));
	json_object_set_new(json, "suppressed", json_integer((json_int_t)log.suppressed));
	call_json(x, json);
}

void loglevel_get(struct call *x)
{
	answer(x);
}

/* All below answer the error and return false where the body is not as it should be. */

static bool keys_good(struct call *x, json_t *body)
{
	static const char *const keys[] = { "room", "level", "for" };
	const char *key;
	json_t *value;

	json_object_foreach(body, key, value)
	{
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			known = known || str_equal(keys[i], key);
		if (known && json_is_string(value))
			continue;
		call_error(x, (struct call_problem){ 400, key },
			   known ? "%s: expected a text" : "unknown key '%s': expected room, level and for", key);
		return false;
	}
	return true;
}

static bool read_room(struct call *x, const json_t *body, struct api_log_request *request)
{
	const char *name = json_string_value(json_object_get(body, "room"));
	enum log_room room;

	request->room = -1;
	if (!name)
		return true;
	if (logid_room_parse(name, &room) < 0) {
		call_error(x, (struct call_problem){ 400, "room" },
			   "room '%s': expected api, app, field, plugin or store; or none, for all", name);
		return false;
	}
	request->room = (int)room;
	return true;
}

static bool read_level(struct call *x, const json_t *body, struct api_log_request *request)
{
	const char *name = json_string_value(json_object_get(body, "level"));

	if (str_equal(name, "configured") || (name && logid_level_parse(name, &request->level) == 0))
		return true;
	call_error(x, (struct call_problem){ 400, "level" },
		   "level: expected error, warning, notice, info, debug or configured");
	return false;
}

static bool read_for(struct call *x, const json_t *body, struct api_log_request *request)
{
	const char *text = json_string_value(json_object_get(body, "for"));

	if (!text ||
	    (str_to_duration(text, &request->for_us) == 0 && request->for_us >= FOR_MIN && request->for_us <= FOR_MAX))
		return true;
	call_error(x, (struct call_problem){ 400, "for" }, "for: expected a duration like \"10m\", from 1s to 7d");
	return false;
}

void loglevel_post(struct call *x)
{
	const struct api_source *source = x->api->source;
	struct api_log_request request = { .who = x->by.who };
	json_t *body = call_body(x);

	if (!body)
		return;
	if (keys_good(x, body) && read_room(x, body, &request) && read_level(x, body, &request) &&
	    read_for(x, body, &request)) {
		source->set_log(source->context, &request);
		answer(x);
	}
	json_decref(body);
}
