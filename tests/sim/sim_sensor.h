/* sim_sensor.h: one battery sensor in a home, as zigbee2mqtt shows it. Owned by its home. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim_asset.h"
#include "sim_setting.h"

struct event;
struct sim_home;
struct sim_sensor;

struct sim_sensor_kind {
	const char *name, *field, *vendor, *model, *description;
	bool inverted; /* field is true while nothing is on: contact */
	const struct sim_verb *verbs;
};

struct sim_sensor {
	struct sim_asset asset; /* the name that commands use */
	struct sim_home *home;
	const struct sim_sensor_kind *kind;
	char *name; /* zigbee2mqtt's friendly name: the topic */
	char *room; /* or NULL */
	char address[24];
	int battery, link_quality;
	bool on, test, tamper, online;
	double value; /* temperature */
	uint64_t rand;
	struct event *hold, *report;
};

/* number: the how many-th sensor of the home. Never NULL; errors are in the diag. suffix: see sim_home.h. */
struct sim_sensor *sim_sensor_new(struct sim_home *home, const struct sim_setting *s, unsigned number);
void sim_sensor_free(struct sim_sensor *sensor);
bool sim_sensor_is(const struct sim_sensor *sensor, const char *kind);
/* Something happened: the state changes and is told. 0 or an error of sim_mqtt_publish. */
int sim_sensor_switch(struct sim_sensor *sensor, bool on);
/* Tells the state as it is. */
int sim_sensor_publish(struct sim_sensor *sensor);
int sim_sensor_announce(struct sim_sensor *sensor);             /* availability, retained */
json_t *sim_sensor_definition(const struct sim_sensor *sensor); /* its row in bridge/devices */
