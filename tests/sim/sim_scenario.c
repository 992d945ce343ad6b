/* sim_scenario.c: see sim_scenario.h. */
#include "sim_scenario.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_compose.h"
#include "sim_home.h"
#include "sim_mqtt.h"
#include "sim_slave.h"
#include "sim_slaveconf.h"
#include "sim_timeline.h"
#include "sim_world.h"

#define KEYS       "name seed speed day living slaves homes mqtt timeline"
#define SLAVES_MAX 1024

static const struct diag_at command_line = { "command line", 0 };

/* A key that is not in the file yet, in a group that is: its type is what the value looks like. */
static config_setting_t *add_key(config_t *cfg, char *path, const char *value)
{
	config_setting_t *group = config_root_setting(cfg);
	char *dot = strrchr(path, '.');
	int64_t whole;
	double number;
	int type = CONFIG_TYPE_STRING;

	if (str_equal(value, "true") || str_equal(value, "false"))
		type = CONFIG_TYPE_BOOL;
	else if (str_to_i64(value, &whole) == 0)
		type = CONFIG_TYPE_INT64;
	else if (str_to_double(value, &number) == 0)
		type = CONFIG_TYPE_FLOAT;
	if (dot) {
		*dot = '\0';
		group = config_lookup(cfg, path);
	}
	return group && config_setting_is_group(group) ? config_setting_add(group, dot ? dot + 1 : path, type) : NULL;
}

/* True where the value suits the type that the setting has. */
static bool give_value(config_setting_t *at, const char *value)
{
	int64_t whole;
	double number;

	switch (config_setting_type(at)) {
	case CONFIG_TYPE_STRING: return config_setting_set_string(at, value);
	case CONFIG_TYPE_BOOL:
		return (str_equal(value, "true") || str_equal(value, "false")) &&
		       config_setting_set_bool(at, str_equal(value, "true"));
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: break;
	case CONFIG_TYPE_FLOAT: return str_to_double(value, &number) == 0 && config_setting_set_float(at, number);
	default: return false;
	}
	if (str_to_i64(value, &whole) < 0)
		return false;
	if (config_setting_type(at) == CONFIG_TYPE_INT64)
		return config_setting_set_int64(at, whole);
	return whole >= INT32_MIN && whole <= INT32_MAX && config_setting_set_int(at, (int)whole);
}

static void override(config_t *cfg, const char *pair, struct diag *diag)
{
	_cleanup_(freep) char *path = mem_strdup(pair);
	char *value = strchr(path, '=');
	config_setting_t *at;

	if (!value || value == path) {
		diag_error(diag, command_line,
			   "--set '%s': expected PATH=VALUE, such as seed=7 or slaves.[0].port=1502", pair);
		return;
	}
	*value++ = '\0';
	at = config_lookup(cfg, path);
	if (!at)
		at = add_key(cfg, path, value);
	if (!at || !give_value(at, value))
		diag_error(diag, command_line, "--set '%s': expected a path of the scenario and a value of its type",
			   pair);
}

static int64_t port_of(const struct sim_scenario_options *o, const char *id, struct diag *diag)
{
	size_t len = strlen(id);
	uint16_t port;

	for (size_t i = 0; i < o->port_count; i++) {
		if (strncmp(o->port[i], id, len) != 0 || o->port[i][len] != '=')
			continue;
		if (str_to_u16(o->port[i] + len + 1, &port) == 0)
			return port;
		diag_error(diag, command_line, "--port '%s': expected SLAVE=PORT, 0..65535", o->port[i]);
	}
	return -1;
}

static void add_slave(struct sim_world *w, const struct sim_setting *s, const struct sim_slaveconf_which *which)
{
	struct sim_slave *slave;

	if (sim_world_find_slave(w, which->id)) {
		sim_setting_error(s, "id", "'%s': expected an id that no other slave has", which->id);
		return;
	}
	slave = sim_slaveconf_new(w, s, which);
	if (!slave)
		return;
	w->slaves = mem_realloc(w->slaves, w->slave_count + 1, sizeof(struct sim_slave *));
	w->slaves[w->slave_count++] = slave;
}

static void load_slave(struct sim_world *w, const struct sim_setting *s, const struct sim_scenario_options *o)
{
	const char *id = sim_setting_text(s, "id", "");
	int64_t repeat = sim_setting_int(s, (struct sim_setting_int){ "repeat", 1, SLAVES_MAX, 1 });
	int64_t port = port_of(o, id, s->diag);
	char full[80], suffix[16] = "";

	if (!str_is_id(id)) {
		sim_setting_error(s, "id", "'%s': expected small letters, digits, - and _", id);
		return;
	}
	if (port < 0)
		port = sim_setting_int(s, (struct sim_setting_int){ "port", 0, 65535, 0 });
	for (int64_t i = 0; i < repeat; i++) {
		if (repeat > 1)
			snprintf(suffix, sizeof(suffix), "-%d", (int)i);
		snprintf(full, sizeof(full), "%s%s", id, suffix);
		add_slave(w, s, &(struct sim_slaveconf_which){ full, suffix, port ? port + i : 0 });
	}
}

static void load_slaves(struct sim_world *w, const struct sim_setting *root, const struct sim_scenario_options *o)
{
	const config_setting_t *list = sim_setting_list(root, "slaves");

	for (int i = 0; list && i < config_setting_length(list); i++) {
		struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), root->diag };

		if (config_setting_is_group(row.at))
			load_slave(w, &row, o);
		else
			sim_setting_error(&row, NULL, "slaves: expected a group { id = …; units: ( … ); }");
	}
}

static void load_mqtt(struct sim_world *w, const struct sim_setting *root, const struct sim_scenario_options *o)
{
	struct sim_setting s = { config_setting_get_member(root->at, "mqtt"), root->diag };
	struct sim_mqtt_options options;

	if (!s.at || !config_setting_is_group(s.at)) {
		if (w->homes->count || s.at)
			sim_setting_error(root, s.at ? "mqtt" : NULL,
					  "expected mqtt: { url = \"mqtt://127.0.0.1:1883\"; }");
		return;
	}
	sim_mqtt_load(&s, &options);
	if (o->mqtt_url && sim_mqtt_set_url(&options, o->mqtt_url) < 0)
		diag_error(root->diag, command_line, "--mqtt '%s': expected mqtt://HOST:PORT", o->mqtt_url);
	if (o->mqtt_port >= 0)
		options.port = (uint16_t)o->mqtt_port;
	if (diag_failed(root->diag))
		sim_mqtt_options_fini(&options);
	else
		w->mqtt = sim_mqtt_new(w, &options, sim_home_announce);
}

static void load_basics(struct sim_world *w, const struct sim_setting *root, const struct sim_scenario_options *o)
{
	const char *day = sim_setting_text(root, "day", "08:00");
	int hour = -1, minute = -1;

	w->seed = (uint64_t)sim_setting_int(root, (struct sim_setting_int){ "seed", 0, INT64_MAX, 1 });
	w->speed = sim_setting_number(root, "speed", 1);
	if (w->speed < 0.01 || w->speed > 10000) {
		sim_setting_error(root, "speed", "expected 0.01..10000");
		w->speed = 1;
	}
	w->living = sim_setting_bool(root, "living", true) && !o->no_living;
	if (strlen(day) == 5 && day[2] == ':' && strspn(day, "0123456789") == 2 && strspn(day + 3, "0123456789") == 2) {
		hour = (day[0] - '0') * 10 + day[1] - '0';
		minute = (day[3] - '0') * 10 + day[4] - '0';
	}
	if (hour < 0 || hour > 23 || minute > 59)
		sim_setting_error(root, "day", "'%s': expected a time of day such as \"08:00\"", day);
	else
		w->day_us = hour * HOUR + minute * MINUTE;
}

static void load_tree(struct sim_world *w, const config_t *cfg, const struct sim_scenario_options *o, struct diag *diag)
{
	struct sim_setting root = { config_root_setting(cfg), diag };

	sim_setting_keys(&root, KEYS, NULL);
	load_basics(w, &root, o);
	load_slaves(w, &root, o);
	w->homes = sim_home_load(w, o->no_mqtt ? NULL : sim_setting_list(&root, "homes"), diag);
	if (!o->no_timeline)
		w->timeline = sim_timeline_load(w, sim_setting_list(&root, "timeline"), diag);
	if (!o->no_mqtt)
		load_mqtt(w, &root, o);
}

void sim_scenario_load(struct sim_world *w, const struct sim_scenario_options *o, struct diag *diag)
{
	config_t cfg;
	int r = sim_compose_new(&w->compose);

	if (r < 0) {
		diag_error(diag, command_line, "socket pair: %s", strerror(-r));
		return;
	}
	config_init(&cfg);
	if (o->text ? !config_read_string(&cfg, o->text) : !config_read_file(&cfg, o->file)) {
		diag_error(diag, (struct diag_at){ o->file, (unsigned)config_error_line(&cfg) }, "%s",
			   config_error_type(&cfg) == CONFIG_ERR_FILE_IO ? "cannot be read" : config_error_text(&cfg));
	} else {
		for (size_t i = 0; i < o->set_count; i++)
			override(&cfg, o->set[i], diag);
		if (!diag_failed(diag))
			load_tree(w, &cfg, o, diag);
	}
	config_destroy(&cfg);
}

void sim_scenario_unload(struct sim_world *w)
{
	sim_timeline_free(w->timeline);
	sim_mqtt_free(w->mqtt);
	w->mqtt = NULL;
	sim_home_free_all(w->homes);
	for (size_t i = 0; i < w->slave_count; i++)
		sim_slave_free(w->slaves[i]);
	free(w->slaves);
	sim_compose_free(w->compose);
}
