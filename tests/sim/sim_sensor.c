/* sim_sensor.c: see sim_sensor.h. */
#include "sim_sensor.h"

#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_home.h"
#include "sim_mqtt.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_world.h"

#define HOLD_US   (90 * S)
#define REPORT_US (55 * MINUTE)
#define KEYS      "address name id model room battery linkquality value"

static json_t *said(const struct sim_sensor *s, int r)
{
	if (r == -ENOTCONN)
		return sim_out_error("%s: expected a broker, and it does not answer", s->asset.name);
	if (r < 0)
		return sim_out_error("%s: the broker takes no more", s->asset.name);
	return json_pack("{s:b, s:s}", "ok", 1, "topic", s->name);
}

/* Under the sensor's topic; what stands below it is retained. Takes the payload. */
static int publish(const struct sim_sensor *s, const char *below, json_t *payload)
{
	struct sim_mqtt *mqtt = s->home->world->mqtt;
	_cleanup_(freep) char *text = json_dumps(payload, JSON_COMPACT | JSON_REAL_PRECISION(6));
	_cleanup_str_buf_ struct str_buf topic = { 0 };
	struct sim_mqtt_message message = { .payload = text, .retain = below[0] != '\0' };

	json_decref(payload);
	str_buf_printf(&topic, "%s/%s%s", sim_mqtt_base(mqtt), s->name, below);
	message.topic = str_buf_text(&topic);
	return sim_mqtt_publish(mqtt, &message);
}

static void add_common(const struct sim_sensor *s, json_t *payload)
{
	if (s->tamper)
		json_object_set_new(payload, "tamper", json_true());
	json_object_set_new(payload, "battery", json_integer(s->battery));
	if (s->battery < 10)
		json_object_set_new(payload, "battery_low", json_true());
	json_object_set_new(payload, "linkquality", json_integer(s->link_quality));
}

int sim_sensor_publish(struct sim_sensor *s)
{
	json_t *payload = json_object();

	if (sim_sensor_is(s, "temperature")) {
		json_object_set_new(payload, "temperature", json_real(s->value));
		json_object_set_new(payload, "humidity", json_real(48.5));
	} else if (s->kind->field) {
		json_object_set_new(payload, s->kind->field, json_boolean(s->on != s->kind->inverted));
	}
	if (s->test)
		json_object_set_new(payload, "test", json_true());
	add_common(s, payload);
	return publish(s, "", payload);
}

int sim_sensor_announce(struct sim_sensor *s)
{
	return publish(s, "/availability", json_pack("{s:s}", "state", s->online ? "online" : "offline"));
}

int sim_sensor_switch(struct sim_sensor *s, bool on)
{
	s->on = on;
	/* A motion sensor says "nobody" 90 s after the last movement, not before. */
	if (sim_sensor_is(s, "motion") && on)
		sim_world_arm(s->home->world, s->hold, HOLD_US);
	return s->online ? sim_sensor_publish(s) : 0;
}

bool sim_sensor_is(const struct sim_sensor *s, const char *kind)
{
	return str_equal(s->kind->name, kind);
}

static void on_hold(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	sim_sensor_switch(arg, false);
}

/* Battery devices say that they are alive every hour or so. */
static void on_report(evutil_socket_t fd, short what, void *arg)
{
	struct sim_sensor *s = arg;
	int64_t jitter_us = (int64_t)sim_rand_below(&s->rand, 600) * S;

	(void)fd, (void)what;
	if (sim_sensor_is(s, "temperature"))
		s->value = round(10 * (s->value + sim_rand_unit(&s->rand) - 0.5)) / 10;
	if (s->online)
		sim_sensor_publish(s);
	sim_world_arm(s->home->world, s->report, REPORT_US + jitter_us);
}

static json_t *run_press(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;
	json_t *payload;

	(void)words;
	if (!s->online) /* pressed in vain */
		return json_pack("{s:b, s:b}", "ok", 1, "sent", 0);
	payload = json_pack("{s:s}", "action", "emergency");
	add_common(s, payload);
	return said(s, publish(s, "", payload));
}

static json_t *run_on(void *object, const struct sim_words *words)
{
	((struct sim_sensor *)object)->test = str_equal(words->word[1], "test");
	return said(object, sim_sensor_switch(object, true));
}

static json_t *run_off(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;

	(void)words;
	s->test = false;
	evtimer_del(s->hold);
	return said(s, sim_sensor_switch(s, false));
}

static json_t *run_value(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;
	const char *word = sim_words_at(words, 2);

	if (!word || str_to_double(word, &s->value) < 0)
		return sim_out_error("set: expected a temperature in degrees");
	return said(s, sim_sensor_publish(s));
}

static json_t *run_battery(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;
	int64_t percent;

	if (sim_words_int(words, 2, (struct sim_words_range){ 0, 100 }, &percent) < 0)
		return sim_out_error("battery: expected 0..100");
	s->battery = (int)percent;
	return said(s, sim_sensor_publish(s));
}

static json_t *run_online(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;

	s->online = str_equal(words->word[1], "online");
	return said(s, sim_sensor_announce(s));
}

static json_t *run_tamper(void *object, const struct sim_words *words)
{
	struct sim_sensor *s = object;

	if (sim_words_switch(words, 2, &s->tamper) < 0)
		return sim_out_error("tamper: expected on or off");
	return said(s, sim_sensor_publish(s));
}

static json_t *run_report(void *object, const struct sim_words *words)
{
	(void)words;
	return said(object, sim_sensor_publish(object));
}

#define COMMON                                                                                                \
	{ "battery", "PERCENT", run_battery }, { "online", "it is reachable", run_online },                   \
		{ "offline", "it is not, and says nothing", run_online }, { "tamper", "on|off", run_tamper }, \
		{ "report", "tells its state again", run_report }, { 0 },

static const struct sim_verb sos_verbs[] = { { "press", "the button", run_press }, COMMON };
static const struct sim_verb motion_verbs[] = { { "motion", "somebody moves", run_on },
						{ "clear", "nobody", run_off },
						COMMON };
static const struct sim_verb contact_verbs[] = { { "open", "it opens", run_on },
						 { "close", "it shuts", run_off },
						 COMMON };
static const struct sim_verb bed_verbs[] = { { "in", "somebody lies down", run_on },
					     { "out", "gets up", run_off },
					     COMMON };
static const struct sim_verb alarm_verbs[] = {
	{ "alarm", "it goes off", run_on }, { "test", "its test button", run_on }, { "clear", "over", run_off }, COMMON
};
static const struct sim_verb value_verbs[] = { { "set", "DEGREES", run_value }, COMMON };

static const struct sim_sensor_kind kinds[] = {
	{ "sos", NULL, "Demo", "DM-SOS", "Emergency button", false, sos_verbs },
	{ "motion", "occupancy", "Demo", "DM-PIR", "Motion sensor", false, motion_verbs },
	{ "contact", "contact", "Demo", "DM-DOOR", "Door and window contact", true, contact_verbs },
	{ "smoke", "smoke", "Demo", "DM-SMOKE", "Smoke alarm", false, alarm_verbs },
	{ "gas", "gas", "Demo", "DM-GAS", "Gas alarm", false, alarm_verbs },
	{ "co", "carbon_monoxide", "Demo", "DM-CO", "Carbon monoxide alarm", false, alarm_verbs },
	{ "water_leak", "water_leak", "Demo", "DM-LEAK", "Water leak sensor", false, alarm_verbs },
	{ "bed", "occupancy", "Demo", "DM-BED", "Bed occupancy mat", false, bed_verbs },
	{ "temperature", NULL, "Demo", "DM-TH", "Temperature and humidity sensor", false, value_verbs },
};

static const struct sim_sensor_kind *kind_find(const struct sim_setting *s)
{
	const char *name = sim_setting_text(s, "model", "");
	_cleanup_str_buf_ struct str_buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (str_equal(kinds[i].name, name))
			return &kinds[i];
		str_buf_printf(&all, "%s%s", i ? ", " : "", kinds[i].name);
	}
	sim_setting_error(s, "model", "'%s': expected one of %s", name, str_buf_text(&all));
	return &kinds[0];
}

/* "sos-1204", the second one "sos-1204-2". */
static void give_name(struct sim_sensor *s, const struct sim_setting *set)
{
	const char *id = sim_setting_text(set, "id", NULL), *name = sim_setting_text(set, "name", NULL);
	_cleanup_str_buf_ struct str_buf made = { 0 };

	if (!id && name && str_is_id(name))
		id = name;
	if (id)
		str_buf_printf(&made, "%s%s", id, s->home->suffix);
	else
		str_buf_printf(&made, "%s-%s", s->kind->name, s->home->id);
	for (unsigned n = 2; !id && map_find(s->home->world->assets, str_buf_text(&made)) && n < 100; n++) {
		str_buf_clear(&made);
		str_buf_printf(&made, "%s-%s-%u", s->kind->name, s->home->id, n);
	}
	s->asset = (struct sim_asset){ str_buf_take(&made), s->kind->verbs, s };
	str_buf_printf(&made, "%s%s", name ? name : s->asset.name, name ? s->home->suffix : "");
	s->name = str_buf_take(&made);
	if (!str_is_id(s->asset.name))
		sim_setting_error(set, id ? "id" : NULL, "'%s': expected small letters, digits, - and _",
				  s->asset.name);
	if (sim_world_name(s->home->world, &s->asset) < 0)
		sim_setting_error(set, "id", "'%s': expected a name that nothing else has", s->asset.name);
	if (strpbrk(s->name, "+#"))
		sim_setting_error(set, "name", "'%s': expected no + and no #: it becomes a topic", s->name);
}

static void give_address(struct sim_sensor *s, const struct sim_setting *set)
{
	const char *address = sim_setting_text(set, "address", NULL);

	snprintf(s->address, sizeof(s->address), "0x00158d00%08x", (unsigned)sim_rand_of(0, s->asset.name));
	if (!address)
		return;
	if (!str_starts(address, "0x") || strlen(address) != 18 || strspn(address + 2, "0123456789abcdef") != 16)
		sim_setting_error(set, "address", "'%s': expected 0x and 16 small hex digits", address);
	else if (s->home->suffix[0])
		sim_setting_error(set, "address", "expected none where the home is repeated: they are made");
	else
		snprintf(s->address, sizeof(s->address), "%s", address);
}

struct sim_sensor *sim_sensor_new(struct sim_home *home, const struct sim_setting *s, unsigned number)
{
	struct sim_sensor *sensor = MEM_NEW(struct sim_sensor);
	struct sim_world *w = home->world;

	sim_setting_keys(s, KEYS, NULL);
	sensor->home = home;
	sensor->online = true;
	sensor->kind = kind_find(s);
	sensor->rand = sim_rand_of(w->seed + number, home->id);
	give_name(sensor, s);
	give_address(sensor, s);
	sensor->room = mem_strdup(sim_setting_text(s, "room", NULL));
	sensor->battery = (int)sim_setting_int(s, (struct sim_setting_int){ "battery", 0, 100, 97 });
	sensor->link_quality = (int)sim_setting_int(s, (struct sim_setting_int){ "linkquality", 0, 255, 120 });
	sensor->value = sim_setting_number(s, "value", 21.5);
	sensor->hold = evtimer_new(w->base, on_hold, sensor);
	sensor->report = evtimer_new(w->base, on_report, sensor);
	if (w->living)
		sim_world_arm(w, sensor->report, (int64_t)sim_rand_below(&sensor->rand, 3300) * S);
	return sensor;
}

void sim_sensor_free(struct sim_sensor *s)
{
	if (map_find(s->home->world->assets, s->asset.name) == &s->asset)
		map_remove(s->home->world->assets, s->asset.name);
	event_free(s->hold);
	event_free(s->report);
	free(s->asset.name);
	free(s->name);
	free(s->room);
	free(s);
}

json_t *sim_sensor_definition(const struct sim_sensor *s)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:{s:s, s:s, s:s}}", "ieee_address", s->address,
			 "friendly_name", s->name, "type", "EndDevice", "supported", 1, "interview_completed", 1,
			 "power_source", "Battery", "definition", "model", s->kind->model, "vendor", s->kind->vendor,
			 "description", s->kind->description);
}
