#include "app/preflight.h"

#include <dirent.h>
#include <jansson.h>
#include <unistd.h>

#include "base/str.h"
#include "field/plan.h"
#include "field/plan_describe.h"
#include "field/plan_measure.h"

#define SHARE_WARNING    0.70
#define PRINTED_REQUESTS 200 /* of one bus; more are counted only */

static void check_bus(const struct bus *bus, struct device_list devices, struct diag *d)
{
	_cleanup_(plan_freep) struct plan *plan = plan_build(bus, devices);
	struct plan_load load = plan_measure(plan);
	char age[STR_DURATION_MAX];

	if (load.busiest_share > 1 && load.share <= 1)
		diag_error(
			d, bus->at,
			"bus '%s': the requests of unit %u take %.0f %% of its time, as it wants min_interval between "
			"them: expected at most 100; read it less often",
			bus->id, load.busiest, 100 * load.busiest_share);
	if (load.share < SHARE_WARNING && load.longest_share <= 1)
		return;
	/* What a gateway takes is an estimate; what a serial line takes is arithmetic. */
	if (bus->type == BUS_RTU && (load.share > 1 || load.longest_share > 1))
		diag_error(
			d, bus->at,
			"bus '%s': its requests take %.0f %% of the line's time at %d baud: expected at most 100; read "
			"less often than every %s, or on two lines",
			bus->id, 100 * load.share, bus->baud, str_from_duration(load.shortest_period_us, age));
	else
		diag_warning(d, bus->at,
			     "bus '%s': its requests take %.0f %% of the line's time: expected less than %.0f %%",
			     bus->id, 100 * load.share, 100 * SHARE_WARNING);
}

/* The program in dir whose name is nearest, into n. */
static DIR *nearest_program(const char *dir, struct str_nearest *n)
{
	DIR *entries = opendir(dir);
	struct dirent *e;

	while (entries && (e = readdir(entries)))
		if (e->d_name[0] != '.')
			str_nearest_try(n, e->d_name);
	return entries; /* its names are lent */
}

static void check_program(const struct plugin *p, const char *plugin_dir, struct diag *d)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct str_nearest nearest = { .word = p->program };
	DIR *entries;

	if (p->program[0] == '/')
		str_buf_add(&path, p->program);
	else
		str_buf_printf(&path, "%s/%s", plugin_dir, p->program);
	if (access(str_buf_text(&path), X_OK) == 0)
		return;
	entries = p->program[0] == '/' ? NULL : nearest_program(plugin_dir, &nearest);
	diag_warning(d, p->at, "plugin '%s': program = \"%s\": no such program at %s%s%s%s", p->id, p->program,
		     str_buf_text(&path), nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
		     nearest.best ? "'?" : "");
	if (entries)
		closedir(entries);
}

void preflight_check(const struct conf *conf, const char *plugin_dir, struct diag *d)
{
	for (size_t i = 0; i < conf->bus_count; i++)
		check_bus(&conf->buses[i], conf_devices(conf), d);
	for (size_t i = 0; i < conf->plugin_count; i++)
		check_program(&conf->plugins[i], plugin_dir, d);
}

static void print_bus(const struct bus *bus, struct device_list devices, FILE *to)
{
	_cleanup_(plan_freep) struct plan *plan = plan_build(bus, devices);
	struct plan_load load = plan_measure(plan);
	struct str_buf text _cleanup_str_buf_ = { 0 };

	fprintf(to, "bus %s: %zu %s a cycle for %zu %s of %zu %s, %.1f a second, %s%.1f %% of its time", bus->id,
		load.requests, str_plural(load.requests, "request", "requests"), load.points,
		str_plural(load.points, "point", "points"), load.units, str_plural(load.units, "unit", "units"),
		load.requests_per_s, bus->type == BUS_RTU ? "" : "about ", 100 * load.share);
	if (bus->type == BUS_RTU)
		fprintf(to, " (%.1f %% bytes, %.1f %% silence and turnaround)", 100 * (load.share - load.silence),
			100 * load.silence);
	fputc('\n', to);
	if (load.requests > PRINTED_REQUESTS)
		return;
	plan_describe(plan, &text);
	for (const char *line = str_buf_text(&text); *line;) {
		size_t len = strcspn(line, "\n");

		fprintf(to, "    %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

void preflight_print(const struct conf *conf, FILE *to)
{
	for (size_t i = 0; i < conf->bus_count; i++)
		print_bus(&conf->buses[i], conf_devices(conf), to);
}

void preflight_print_classes(const struct conf *conf, FILE *to)
{
	json_t *list = json_array();

	for (size_t i = 0; i < conf->class_count; i++) {
		const struct class *c = &conf->classes[i];
		json_t *points = json_array();

		for (size_t k = 0; k < c->point_count; k++)
			json_array_append_new(points, json_string(c->points[k].name));
		json_array_append_new(list, json_pack("{s:s, s:o}", "id", c->id, "points", points));
	}
	json_dumpf(list, to, JSON_COMPACT);
	fputc('\n', to);
	json_decref(list);
}
