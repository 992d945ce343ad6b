/* sim_home.c: see sim_home.h. */
#include "sim_home.h"

#include <event2/event.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_mqtt.h"
#include "sim_out.h"
#include "sim_rand.h"
#include "sim_sensor.h"
#include "sim_world.h"

#define DOOR_US    (6 * S)
#define AWAKE_US   (3 * MINUTE)
#define AWAY_US    (40 * MINUTE)
#define ASLEEP_US  (60 * MINUTE)
#define BEDTIME_US (22 * HOUR + 30 * MINUTE)
#define RISING_US  (6 * HOUR + 30 * MINUTE)
#define LEAVE_IN   16 /* one move in so many leads out of the flat */
#define KEYS       "id place repeat sensors"
#define HOMES_MAX  2000

static const char *const state_names[] = { "awake", "asleep", "away" };

/* Switches every sensor of a kind (in a room; NULL: anywhere). How many there were. */
static unsigned switch_all(struct sim_home *h, const char *kind, const char *room, bool on)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->sensor_count; i++) {
		struct sim_sensor *s = h->sensors[i];

		if (!sim_sensor_is(s, kind) || (room && !str_equal(s->room, room)))
			continue;
		sim_sensor_switch(s, on);
		n++;
	}
	return n;
}

static void wander(struct sim_home *h)
{
	struct sim_sensor *choice = NULL;
	uint32_t n = 0;

	for (size_t i = 0; i < h->sensor_count; i++)
		if (sim_sensor_is(h->sensors[i], "motion") && sim_rand_below(&h->rand, ++n) == 0)
			choice = h->sensors[i];
	if (choice)
		sim_sensor_switch(choice, true);
}

static void through_the_door(struct sim_home *h, enum sim_home_state state)
{
	h->state = state;
	if (switch_all(h, "contact", NULL, true))
		sim_world_arm(h->world, h->door, DOOR_US);
	if (state == SIM_HOME_AWAKE)
		wander(h);
}

static void go_to_bed(struct sim_home *h)
{
	h->state = SIM_HOME_ASLEEP;
	switch_all(h, "bed", NULL, true);
}

static void get_up(struct sim_home *h)
{
	h->state = SIM_HOME_AWAKE;
	switch_all(h, "bed", NULL, false);
	wander(h);
}

static void on_door(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	switch_all(arg, "contact", NULL, false);
}

static bool is_night(const struct sim_home *h)
{
	int64_t day_us = sim_world_day_us(h->world);

	return day_us >= BEDTIME_US || day_us < RISING_US;
}

static void live(struct sim_home *h)
{
	switch (h->state) {
	case SIM_HOME_AWAY: through_the_door(h, SIM_HOME_AWAKE); return;
	case SIM_HOME_ASLEEP:
		if (!is_night(h))
			get_up(h);
		else if (sim_rand_below(&h->rand, 3) == 0)
			switch_all(h, "motion", "bathroom", true);
		return;
	case SIM_HOME_AWAKE: break;
	}
	if (is_night(h))
		go_to_bed(h);
	else if (sim_rand_below(&h->rand, LEAVE_IN) == 0)
		through_the_door(h, SIM_HOME_AWAY);
	else
		wander(h);
}

static void arm_next(struct sim_home *h)
{
	static const int64_t means_us[] = { AWAKE_US, ASLEEP_US, AWAY_US };

	if (h->world->living)
		sim_world_arm(h->world, h->next, 10 * S + sim_rand_wait_us(&h->rand, means_us[h->state]));
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	live(arg);
	arm_next(arg);
}

static json_t *state_of(const struct sim_home *h)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 1, "home", h->id, "state", state_names[h->state]);
}

static json_t *run_move(void *object, const struct sim_words *words)
{
	_cleanup_str_buf_ struct str_buf rooms = { 0 };
	const char *room = sim_words_at(words, 2);
	struct sim_home *h = object;

	if (!sim_mqtt_is_connected(h->world->mqtt))
		return sim_out_error("%s: expected a broker, and it does not answer", h->asset.name);
	if (!room)
		wander(h);
	else if (!switch_all(h, "motion", room, true)) {
		for (size_t i = 0; i < h->sensor_count; i++)
			if (sim_sensor_is(h->sensors[i], "motion") && h->sensors[i]->room)
				str_buf_printf(&rooms, "%s%s", rooms.len ? ", " : "", h->sensors[i]->room);
		return sim_out_error("move: '%s': expected a room with a motion sensor: %s", room,
				     str_buf_text(&rooms));
	}
	return state_of(h);
}

static json_t *run_life(void *object, const struct sim_words *words)
{
	const char *verb = words->word[1];
	struct sim_home *h = object;

	if (str_equal(verb, "leave"))
		through_the_door(h, SIM_HOME_AWAY);
	else if (str_equal(verb, "return"))
		through_the_door(h, SIM_HOME_AWAKE);
	else if (str_equal(verb, "sleep"))
		go_to_bed(h);
	else if (str_equal(verb, "wake"))
		get_up(h);
	return state_of(h);
}

static const struct sim_verb verbs[] = {
	{ "move", "[ROOM]: somebody moves there", run_move },
	{ "leave", "through the door, away", run_life },
	{ "return", "through the door, home", run_life },
	{ "sleep", "to bed", run_life },
	{ "wake", "out of bed", run_life },
	{ "state", "where the resident is", run_life },
	{ 0 },
};

static void load_sensors(struct sim_home *h, const struct sim_setting *s)
{
	const config_setting_t *list = sim_setting_list(s, "sensors");

	for (int i = 0; list && i < config_setting_length(list); i++) {
		struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), s->diag };

		if (!config_setting_is_group(row.at)) {
			sim_setting_error(&row, NULL, "sensors: expected a group { model = …; }");
			continue;
		}
		h->sensors = mem_realloc(h->sensors, h->sensor_count + 1, sizeof(*h->sensors));
		h->sensors[h->sensor_count] = sim_sensor_new(h, &row, (unsigned)h->sensor_count);
		h->sensor_count++;
	}
}

static struct sim_home *home_new(struct sim_world *w, const struct sim_setting *s, const char *suffix)
{
	struct sim_home *h = MEM_NEW(struct sim_home);
	struct str_buf text = { 0 };

	h->world = w;
	snprintf(h->suffix, sizeof(h->suffix), "%s", suffix);
	str_buf_printf(&text, "%s%s", sim_setting_text(s, "id", ""), suffix);
	h->id = str_buf_take(&text);
	if (!str_is_id(h->id))
		sim_setting_error(s, "id", "'%s': expected small letters, digits, - and _", h->id);
	h->place = mem_strdup(sim_setting_text(s, "place", NULL));
	h->rand = sim_rand_of(w->seed, h->id);
	h->next = evtimer_new(w->base, on_next, h);
	h->door = evtimer_new(w->base, on_door, h);
	str_buf_printf(&text, "home-%s", h->id);
	h->asset = (struct sim_asset){ str_buf_take(&text), verbs, h };
	if (sim_world_name(w, &h->asset) < 0)
		sim_setting_error(s, "id", "'%s': expected an id that no other home has", h->id);
	load_sensors(h, s);
	arm_next(h);
	return h;
}

static void home_free(struct sim_home *h)
{
	for (size_t i = 0; i < h->sensor_count; i++)
		sim_sensor_free(h->sensors[i]);
	free(h->sensors);
	if (map_find(h->world->assets, h->asset.name) == &h->asset)
		map_remove(h->world->assets, h->asset.name);
	event_free(h->next);
	event_free(h->door);
	free(h->asset.name);
	free(h->id);
	free(h->place);
	free(h);
}

struct sim_homes *sim_home_load(struct sim_world *w, const config_setting_t *list, struct diag *diag)
{
	struct sim_homes *homes = MEM_NEW(struct sim_homes);

	for (int i = 0; list && i < config_setting_length(list); i++) {
		struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), diag };
		int64_t repeat;

		if (!config_setting_is_group(row.at)) {
			sim_setting_error(&row, NULL, "homes: expected a group { id = …; sensors: ( … ); }");
			continue;
		}
		sim_setting_keys(&row, KEYS, NULL);
		repeat = sim_setting_int(&row, (struct sim_setting_int){ "repeat", 1, HOMES_MAX, 1 });
		for (int64_t n = 0; n < repeat; n++) {
			char suffix[16] = "";

			if (repeat > 1)
				snprintf(suffix, sizeof(suffix), "-%d", (int)n);
			homes->home = mem_realloc(homes->home, homes->count + 1, sizeof(*homes->home));
			homes->home[homes->count++] = home_new(w, &row, suffix);
		}
	}
	return homes;
}

void sim_home_free_all(struct sim_homes *homes)
{
	if (!homes)
		return;
	for (size_t i = 0; i < homes->count; i++)
		home_free(homes->home[i]);
	free(homes->home);
	free(homes);
}

static void tell_bridge(struct sim_world *w, const char *below, json_t *payload)
{
	_cleanup_(freep) char *text = json_dumps(payload, JSON_COMPACT);
	_cleanup_str_buf_ struct str_buf topic = { 0 };

	json_decref(payload);
	str_buf_printf(&topic, "%s/bridge/%s", sim_mqtt_base(w->mqtt), below);
	sim_mqtt_publish(w->mqtt, &(struct sim_mqtt_message){ str_buf_text(&topic), text, true });
}

void sim_home_announce(struct sim_world *w)
{
	json_t *devices = json_pack("[{s:s, s:s, s:s, s:b}]", "ieee_address", "0x00124b0000000000", "friendly_name",
				    "Coordinator", "type", "Coordinator", "supported", 0);

	for (size_t i = 0; i < w->homes->count; i++)
		for (size_t j = 0; j < w->homes->home[i]->sensor_count; j++)
			json_array_append_new(devices, sim_sensor_definition(w->homes->home[i]->sensors[j]));
	tell_bridge(w, "state", json_pack("{s:s}", "state", "online"));
	tell_bridge(w, "devices", devices);
	for (size_t i = 0; i < w->homes->count; i++)
		for (size_t j = 0; j < w->homes->home[i]->sensor_count; j++) {
			sim_sensor_announce(w->homes->home[i]->sensors[j]);
			sim_sensor_publish(w->homes->home[i]->sensors[j]);
		}
}
