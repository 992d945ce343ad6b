#include "app/replay_apply.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define SHOWN_MAX 64 /* of what stands in the line, in a sentence about it */

static const char no_answer[] = "no answer";

struct replay_apply {
	struct live *live;
	struct device **by_name;                    /* per device, made when wanted: fields are its points' names */
	bool *device_lost, *bus_lost, *plugin_lost; /* per row of the configuration */
	struct mapping_field more[REPLAY_LINE_FIELDS_MAX]; /* those of a message that are points by name */
	struct reading moment[ENGINE_MOMENT_MAX];          /* of the line in work */
	const struct device *device;                       /* the same, as replay_apply_check found it */
	const struct bus *bus;
	const struct plugin *plugin;
	bool watched;
	uint64_t readings, ignored;
};

struct replay_apply *replay_apply_new(struct live *live)
{
	struct replay_apply *a = MEM_NEW(struct replay_apply);
	const struct conf *c = live->conf;

	a->live = live;
	a->by_name = mem_array(c->device_count, sizeof(*a->by_name));
	a->device_lost = mem_array(c->device_count, sizeof(bool));
	a->bus_lost = mem_array(c->bus_count, sizeof(bool));
	a->plugin_lost = mem_array(c->plugin_count, sizeof(bool));
	return a;
}

static void by_name_free(struct device *d)
{
	if (!d)
		return;
	free((void *)d->profile->points);
	free((void *)d->profile);
	free(d);
}

void replay_apply_free(struct replay_apply *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->live->conf->device_count; i++)
		by_name_free(a->by_name[i]);
	free(a->by_name);
	free(a->device_lost);
	free(a->bus_lost);
	free(a->plugin_lost);
	free(a);
}

/* ---- what a line names ---- */

static bool is_point(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->point_count; i++)
		if (str_equal(p->points[i].name, name))
			return true;
	return false;
}

/* Rows of the configuration by what they are called. */
struct named {
	const char *what;
	const void *rows;
	size_t count, size, id_at; /* bytes: of a row; of its id in it */
};

static int unknown(const struct named *all, const char *word, struct str_buf *problem)
{
	struct str_nearest nearest = { .word = word };

	for (size_t i = 0; i < all->count; i++)
		str_nearest_try(&nearest, *(const char *const *)((const char *)all->rows + i * all->size + all->id_at));
	str_buf_printf(problem, "%s '%.*s' is not in the configuration: expected one that is", all->what,
		       (int)str_utf8_cut(word, SHOWN_MAX), word);
	if (nearest.best)
		str_buf_printf(problem, "; did you mean '%s'?", nearest.best);
	return -ENOENT;
}

#define NAMED(kind, list, number, type, member) \
	(&(struct named){ kind, list, number, sizeof(type), offsetof(type, member) })

static int check_point(const struct replay_apply *a, const char *name, struct str_buf *problem)
{
	const struct profile *p = a->device->profile;

	if (is_point(p, name))
		return 0;
	return unknown(NAMED("point", p->points, p->point_count, struct profile_point, name), name, problem);
}

/* What the line speaks of. */
static int find_subject(struct replay_apply *a, const struct replay_line *l, struct str_buf *problem)
{
	const struct conf *c = a->live->conf;

	if (l->device) {
		a->device = conf_find_device(c, l->device);
		return a->device ? 0
				 : unknown(NAMED("device", c->devices, c->device_count, struct device, id), l->device,
					   problem);
	}
	if (l->bus) {
		a->bus = conf_find_bus(c, l->bus);
		return a->bus ? 0 : unknown(NAMED("bus", c->buses, c->bus_count, struct bus, id), l->bus, problem);
	}
	a->plugin = conf_find_plugin(c, l->plugin);
	return a->plugin ? 0
			 : unknown(NAMED("plugin", c->plugins, c->plugin_count, struct plugin, id), l->plugin, problem);
}

int replay_apply_check(struct replay_apply *a, const struct replay_line *l, struct str_buf *problem)
{
	int r;

	a->device = NULL;
	a->bus = NULL;
	a->plugin = NULL;
	if (l->kind != REPLAY_LINE_FIELDS && l->kind != REPLAY_LINE_POINTS && l->kind != REPLAY_LINE_QUALITY)
		return 0; /* a command about what is not there is refused, as it would be live */
	r = find_subject(a, l, problem);
	return r == 0 && l->point ? check_point(a, l->point, problem) : r;
}

/* ---- supervision ---- */

static void tell_unit(struct replay_apply *a, const struct device *d, enum watch_state state)
{
	const struct live *l = a->live;

	if (!d->bus)
		return;
	a->watched = true;
	watch_unit(l->watch, (uint32_t)(d->bus - l->conf->buses), d->unit, state, state == WATCH_DOWN ? no_answer : "");
}

static void tell_bus(struct replay_apply *a, const struct bus *b, enum watch_state state)
{
	const struct live *l = a->live;

	a->watched = true;
	watch_bus(l->watch, (uint32_t)(b - l->conf->buses), state, state == WATCH_DOWN ? no_answer : "");
}

static void tell_plugin(struct replay_apply *a, const struct plugin *p, enum watch_state state)
{
	a->watched = true;
	watch_plugin(a->live->watch, &(struct watch_plugin_edge){ .plugin = p,
								  .state = state,
								  .text = state == WATCH_DOWN ? no_answer : "" });
}

bool replay_apply_watched(struct replay_apply *a)
{
	bool watched = a->watched;

	a->watched = false;
	return watched;
}

static enum watch_state state_of(bool lost)
{
	return lost ? WATCH_DOWN : WATCH_UP;
}

void replay_apply_sources(struct replay_apply *a)
{
	const struct conf *c = a->live->conf;

	for (size_t i = 0; i < c->bus_count; i++)
		tell_bus(a, &c->buses[i], state_of(a->bus_lost[i]));
	for (size_t i = 0; i < c->device_count; i++)
		tell_unit(a, &c->devices[i], state_of(a->device_lost[i]));
	for (size_t i = 0; i < c->plugin_count; i++)
		tell_plugin(a, &c->plugins[i], state_of(a->plugin_lost[i]));
}

/* ---- readings ---- */

/* The device as if each of its points stood in a message under its own name, decoded already. */
static const struct device *by_name(struct replay_apply *a, const struct device *d)
{
	struct device **slot = &a->by_name[d - a->live->conf->devices];
	struct profile *profile;
	struct profile_point *points;

	if (*slot)
		return *slot;
	points = mem_dup(d->profile->points, d->profile->point_count * sizeof(*points));
	for (size_t i = 0; i < d->profile->point_count; i++)
		points[i].field = (struct profile_field){ .path = points[i].name };
	profile = mem_dup(d->profile, sizeof(*profile));
	profile->points = points;
	*slot = mem_dup(d, sizeof(**slot));
	(*slot)->profile = profile;
	return *slot;
}

static bool is_field(const struct profile *p, const char *path)
{
	for (size_t i = 0; i < p->point_count; i++)
		if (str_equal(p->points[i].field.path, path))
			return true;
	return false;
}

static bool is_said(const struct replay_apply *a, size_t count, uint32_t point)
{
	for (size_t i = 0; i < count; i++)
		if (a->moment[i].point == point)
			return true;
	return false;
}

/* What the message says, beside the count readings that it has said already. Returns how many they are now. */
static size_t read_message(struct replay_apply *a, const struct mapping_message *m, size_t count)
{
	size_t added = mapping_apply(m, a->moment + count, ENGINE_MOMENT_MAX - count), kept = count;

	for (size_t i = count; i < count + added; i++)
		if (!is_said(a, count, a->moment[i].point))
			a->moment[kept++] = a->moment[i];
	return kept;
}

/* What its profile finds in no message (a Modbus point) may be there by its name. */
static size_t read_rest(struct replay_apply *a, const struct mapping_message *m, size_t count)
{
	struct mapping_message rest = { .fields = a->more, .at = m->at, .test = m->test };
	const struct profile *p = m->device->profile;

	for (size_t i = 0; i < m->field_count; i++) {
		if (is_field(p, m->fields[i].path))
			continue;
		if (is_point(p, m->fields[i].path))
			a->more[rest.field_count++] = m->fields[i];
		else
			a->ignored++;
	}
	if (!rest.field_count)
		return count;
	rest.device = by_name(a, m->device);
	return read_message(a, &rest, count);
}

/* A device that speaks is there. */
static void is_back(struct replay_apply *a, const struct device *d)
{
	bool *lost = &a->device_lost[d - a->live->conf->devices];

	if (!*lost)
		return;
	*lost = false;
	tell_unit(a, d, WATCH_UP);
}

void replay_apply_message(struct replay_apply *a, const struct replay_line *l, struct clock_now now)
{
	struct mapping_message m = {
		.device = a->device,
		.fields = l->fields,
		.field_count = l->field_count,
		.at = now,
		.test = l->test,
	};
	size_t count;

	is_back(a, a->device);
	if (l->kind == REPLAY_LINE_POINTS) {
		for (size_t i = 0; i < m.field_count; i++)
			a->ignored += !is_point(a->device->profile, m.fields[i].path);
		m.device = by_name(a, a->device);
	}
	count = read_message(a, &m, 0);
	if (l->kind == REPLAY_LINE_FIELDS && count < m.field_count)
		count = read_rest(a, &m, count);
	engine_readings(a->live->engine, a->moment, count, &a->live->effects);
	a->readings += count;
}

/* ---- qualities ---- */

/* One point; good without a value: the old one counts again, with its old age. */
static void set_point(struct replay_apply *a, const struct point *p, enum quality quality, struct clock_now now)
{
	struct reading r = { .point = point_index(engine_points(a->live->engine), p), .quality = quality, .at = now };

	engine_reading(a->live->engine, &r, &a->live->effects);
}

/* What was stale, bad or in doubt too. */
static void set_good(struct replay_apply *a, const struct device *d, struct clock_now now)
{
	const struct point_table *t = engine_points(a->live->engine);

	for (uint32_t i = d->first_point; i < d->first_point + d->profile->point_count; i++)
		if (t->points[i].quality != QUALITY_GOOD && t->points[i].value.type != VALUE_NONE)
			set_point(a, &t->points[i], QUALITY_GOOD, now);
}

static void set_device(struct replay_apply *a, enum quality quality, struct clock_now now)
{
	struct engine_link link = { .device = a->device };

	if (quality != QUALITY_GOOD) {
		engine_down(a->live->engine, &link, quality, now, &a->live->effects);
	} else {
		engine_up(a->live->engine, &link, now, &a->live->effects);
		set_good(a, a->device, now);
	}
	if (quality != QUALITY_GOOD && quality != QUALITY_LOST)
		return;
	a->device_lost[a->device - a->live->conf->devices] = quality == QUALITY_LOST;
	tell_unit(a, a->device, state_of(quality == QUALITY_LOST));
}

/* Those that are lost for themselves stay so. */
static void link_up(struct replay_apply *a, const struct engine_link *link, struct clock_now now)
{
	const struct conf *c = a->live->conf;

	for (size_t i = 0; i < c->device_count; i++)
		if (((link->bus && c->devices[i].bus == link->bus) ||
		     (link->plugin && c->devices[i].plugin == link->plugin)) &&
		    !a->device_lost[i])
			engine_up(a->live->engine, &(struct engine_link){ .device = &c->devices[i] }, now,
				  &a->live->effects);
}

static void set_link(struct replay_apply *a, enum quality quality, struct clock_now now)
{
	struct engine_link link = { .bus = a->bus, .plugin = a->plugin };

	if (quality == QUALITY_GOOD)
		link_up(a, &link, now);
	else
		engine_down(a->live->engine, &link, quality, now, &a->live->effects);
	if (quality != QUALITY_GOOD && quality != QUALITY_LOST)
		return;
	if (a->bus) {
		a->bus_lost[a->bus - a->live->conf->buses] = quality == QUALITY_LOST;
		tell_bus(a, a->bus, state_of(quality == QUALITY_LOST));
	} else {
		a->plugin_lost[a->plugin - a->live->conf->plugins] = quality == QUALITY_LOST;
		tell_plugin(a, a->plugin, state_of(quality == QUALITY_LOST));
	}
}

void replay_apply_quality(struct replay_apply *a, const struct replay_line *l, struct clock_now now)
{
	if (l->point)
		set_point(a, point_of(engine_points(a->live->engine), a->device, l->point), l->quality, now);
	else if (a->device)
		set_device(a, l->quality, now);
	else
		set_link(a, l->quality, now);
}

/* What was good before is so again (with its old age: it may be stale in a moment); what was not is as it was. A bus is
 * asked anew, a plugin says again what it last said. */
void replay_apply_values(struct replay_apply *a, const struct engine *before, struct clock_now now)
{
	engine_qualities(a->live->engine, engine_points(before), now, &a->live->effects);
}

/* ---- people ---- */

static const enum alarm_input inputs[] = {
	[REPLAY_LINE_ACK] = ALARM_IN_ACK,       [REPLAY_LINE_ARRIVE] = ALARM_IN_ARRIVE,
	[REPLAY_LINE_CLOSE] = ALARM_IN_RESET,   [REPLAY_LINE_COMMENT] = ALARM_IN_COMMENT,
	[REPLAY_LINE_SHELVE] = ALARM_IN_SHELVE, [REPLAY_LINE_UNSHELVE] = ALARM_IN_UNSHELVE,
};

static int set_mode(struct replay_apply *a, const struct replay_line_command *c, struct clock_now now)
{
	struct evaluator_mode m = {
		.kind = c->verb == REPLAY_LINE_TEST ? MODE_TEST : MODE_OUT_OF_SERVICE,
		.subject = c->subject,
		.for_us = c->for_us,
		.who = c->who,
		.note = c->note,
	};

	return evaluator_set_mode(engine_evaluator(a->live->engine), &m, now, &a->live->effects);
}

static int give_input(struct replay_apply *a, const struct replay_line_command *c, struct clock_now now)
{
	_cleanup_str_buf_ struct str_buf note = { 0 };
	struct evaluator_command command = {
		.alarm = c->alarm,
		.input = inputs[c->verb],
		.who = c->who,
		.note = c->note,
		.outcome = c->outcome,
		.for_us = c->for_us,
		.until_us = c->until_us,
	};

	/* As the API does: the record of a reset keeps one note, the outcome leads it. */
	if (c->verb == REPLAY_LINE_CLOSE) {
		str_buf_printf(&note, "%s%s%s", c->outcome, c->note ? ": " : "", c->note ? c->note : "");
		command.note = str_buf_text(&note);
	}
	return engine_command(a->live->engine, &command, now, &a->live->effects);
}

static const char *word_of(int error)
{
	switch (error) {
	case -ENOENT: return "there is no such alarm open, or no such device";
	case -EALREADY: return "it is so already";
	case -EBUSY: return "its condition still holds, or its device is out of service";
	case -EPERM: return "it protects life";
	case -EINVAL: return "not in its state: it must be acknowledged first, or it is out of the way";
	case -ENOSPC: return "too many are so already";
	default: return strerror(-error);
	}
}

int replay_apply_command(struct replay_apply *a, const struct replay_line_command *c, struct clock_now now,
			 struct str_buf *refusal)
{
	bool mode = c->verb == REPLAY_LINE_TEST || c->verb == REPLAY_LINE_OUT_OF_SERVICE ||
		    c->verb == REPLAY_LINE_IN_SERVICE;
	int r = mode ? set_mode(a, c, now) : give_input(a, c, now);

	if (r < 0)
		str_buf_printf(refusal, "the command is refused, as it would have been live: '%s': %s",
			       mode ? c->subject : c->alarm, word_of(r));
	return r;
}

void replay_apply_count(const struct replay_apply *a, struct replay_out_summary *to)
{
	to->readings = a->readings;
	to->ignored = a->ignored;
}
