/* exam_conf.c: can the configuration be used? The same reading and checks as estated --check. */
#include <inttypes.h>
#include <stdio.h>

#include "app/preflight.h"
#include "doctor/exam.h"

#define NUMBER_MAX 24

static const struct diag_entry *first_of(const struct diag *d, enum diag_severity severity)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->entries[i].severity == severity)
			return &d->entries[i];
	return NULL;
}

static void show(const struct diag_entry *e, struct str_buf *to)
{
	if (e && e->line)
		str_buf_printf(to, "%s:%u: %s", e->file, e->line, e->text);
	else if (e)
		str_buf_printf(to, "%s: %s", e->file, e->text);
}

static void number(size_t n, char text[NUMBER_MAX])
{
	snprintf(text, NUMBER_MAX, "%zu", n);
}

static void judge_good(const struct conf *c, struct findings *f)
{
	char points[NUMBER_MAX], devices[NUMBER_MAX], buses[NUMBER_MAX], plugins[NUMBER_MAX], rules[NUMBER_MAX];

	number(c->point_count, points);
	number(c->device_count, devices);
	number(c->bus_count, buses);
	number(c->plugin_count, plugins);
	number(c->rule_count, rules);
	finding_ok(f, N_("good: points {points}, devices {devices}, buses {buses}, plugins {plugins}, rules {rules}"),
		   "points", points, "devices", devices, "buses", buses, "plugins", plugins, "rules", rules, NULL);
}

static void judge(const struct patient *p, const struct diag *d, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf error = { 0 }, warning = { 0 };
	char errors[NUMBER_MAX], warnings[NUMBER_MAX];

	show(first_of(d, DIAG_ERROR), &error);
	show(first_of(d, DIAG_WARNING), &warning);
	number(d->errors, errors);
	number(d->warnings, warnings);
	if (d->errors || !p->conf)
		finding_fault(
			f, N_("estated would not start with it, errors: {errors}; the first: {first}"),
			N_("'estatectl config check {file}' shows all of them; ports, gateways and plugins are looked "
			   "at once it is right"),
			"errors", errors, "first", str_buf_text(&error), "file", p->conf_path, NULL);
	else if (d->warnings)
		finding_warning(f, N_("warnings: {warnings}; the first: {first}"),
				N_("'estatectl config check {file}' shows all of them"), "warnings", warnings, "first",
				str_buf_text(&warning), "file", p->conf_path, NULL);
	if (p->conf && !d->errors)
		judge_good(p->conf, f);
}

void exam_conf(struct patient *p, struct findings *f)
{
	struct diag d = { 0 };
	int r;

	finding_about(f, "configuration", p->conf_path);
	r = conf_load(p->conf_path, p->data_dir, &d, &p->conf);
	if (r == 0)
		preflight_check(p->conf, p->plugin_dir, &d);
	if (r < 0 && d.errors == 0)
		finding_fault(f, N_("cannot be read: {error}"), N_("name the right file with -c, or mend its rights"),
			      "error", strerror(-r), NULL);
	else
		judge(p, &d, f);
	diag_fini(&d);
}
