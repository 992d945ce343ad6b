#include "ctl/symptoms.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"

#define LIMIT_MS        10000L
#define SHOWN_MAX       20 /* of one kind; the rest is counted */
#define DAMAGED_PERCENT 1
#define DAMAGED_LEAST   20 /* damaged answers that are no accident */
#define LATE_MS         5000
#define RESTARTS_MANY   3
#define ALARM_LATE_US   (5 * MINUTE)
#define DATA_LATE_US    HOUR

struct head {
	const char *check, *level, *subject, *message, *advice;
};

static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_string("?");
}

/* values: name, value, … NULL */
static void say(json_t *findings, const struct head *h, const char *const values[])
{
	json_t *filled = json_object();

	for (size_t i = 0; values && values[i]; i += 2)
		json_object_set_new(filled, values[i], text_json(values[i + 1]));
	json_array_append_new(findings, json_pack("{ss ss so ss ss so}", "check", h->check, "level", h->level,
						  "subject", text_json(h->subject), "message", h->message, "advice",
						  h->advice, "values", filled));
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static json_int_t number_of(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

#define NUMBER_MAX 24
static const char *show(json_int_t n, char text[NUMBER_MAX])
{
	snprintf(text, NUMBER_MAX, "%" JSON_INTEGER_FORMAT, n);
	return text;
}

/* ---- the daemon itself ---- */

static void judge_store(const json_t *status, json_t *findings)
{
	const json_t *store = json_object_get(status, "store");
	char dropped[NUMBER_MAX];

	if (!store)
		return;
	show(number_of(store, "history_dropped") + number_of(json_object_get(status, "counters"), "samples_lost"),
	     dropped);
	if (!json_is_true(json_object_get(store, "ok")))
		say(findings,
		    &(struct head){ "store", "fault", "estated", N_("cannot store: {fault}"),
				    N_("see to the disk of the state folder: room, rights, 'dmesg | tail'") },
		    (const char *const[]){ "fault", text_of(store, "fault"), NULL });
	else if (!str_equal(dropped, "0"))
		say(findings,
		    &(struct head){ "store", "warning", "estated",
				    N_("{count} samples could not be kept since its start"),
				    N_("a slow or full disk: 'dmesg | tail' and 'df -h' say more; are too many points "
				       "recorded?") },
		    (const char *const[]){ "count", dropped, NULL });
	else
		say(findings,
		    &(struct head){ "store", "ok", "estated", N_("stores, nothing was lost since its start"), "" },
		    NULL);
}

static void judge_status(const json_t *status, json_t *findings)
{
	if (!status)
		return;
	if (json_is_true(json_object_get(status, "ready")))
		say(findings,
		    &(struct head){ "daemon", "ok", "estated", N_("version {version} answers and is ready"), "" },
		    (const char *const[]){ "version", text_of(status, "version"), NULL });
	else
		say(findings,
		    &(struct head){ "daemon", "warning", "estated",
				    N_("version {version} answers, but not every device was heard once yet"),
				    N_("wait a minute after a start; then those below are silent") },
		    (const char *const[]){ "version", text_of(status, "version"), NULL });
	judge_store(status, findings);
}

static void judge_clock(const json_t *clock, json_t *findings)
{
	if (str_equal(text_of(clock, "quality"), "unset"))
		say(findings,
		    &(struct head){ "clock", "fault", "estated",
				    N_("does not trust the clock: it is behind times that are stored"),
				    N_("estatectl clock set 'YYYY-MM-DD HH:MM', or get the time service to run") },
		    NULL);
}

/* ---- buses and their units ---- */

/* "lift-1, lift-2" of this unit. */
static void devices_of(const struct symptoms_answers *a, const char *bus, json_int_t unit, struct str_buf *to)
{
	const json_t *device;
	size_t i;

	json_array_foreach(a->devices, i,
			   device) if (str_equal(text_of(device, "bus"), bus) && number_of(device, "unit") == unit)
		str_buf_printf(to, "%s%s", to->len ? ", " : "", text_of(device, "device"));
}

static void judge_unit(const struct symptoms_answers *a, const json_t *bus, const json_t *unit, json_t *findings)
{
	const char *id = text_of(bus, "bus");
	_cleanup_str_buf_ struct str_buf devices = { 0 };
	bool others = number_of(bus, "units_up") > 0, serial = str_equal(text_of(bus, "type"), "rtu");
	char number[NUMBER_MAX];
	struct head h = { .check = "unit", .level = "fault", .subject = id };

	devices_of(a, id, number_of(unit, "unit"), &devices);
	show(number_of(unit, "unit"), number);
	h.message = others ? N_("unit {unit} ({devices}) is silent, others there answer; {hint}")
			   : N_("unit {unit} ({devices}) is silent, as is all there; {hint}");
	if (!others && serial)
		h.advice = N_("check the adapter, baud and parity of this bus, and whether A and B are swapped");
	else if (!others)
		h.advice = N_("check the gateway's own settings: baud, parity, which units it passes on");
	else if (serial)
		h.advice = N_("check this device's power, its unit number, and its A/B wires");
	else
		h.advice = N_("check this device's power and its unit number behind the gateway");
	say(findings, &h,
	    (const char *const[]){ "unit", number, "devices", devices.len ? devices.text : "?", "hint",
				   *text_of(bus, "hint") ? text_of(bus, "hint") : "no answer", NULL });
}

/* True where all answer. */
static bool judge_units(const struct symptoms_answers *a, const json_t *bus, json_t *findings)
{
	const json_t *unit, *units = json_object_get(bus, "units");
	size_t i, silent = 0;
	char more[NUMBER_MAX];

	json_array_foreach(units, i, unit)
	{
		if (json_is_true(json_object_get(unit, "up")) || number_of(unit, "polls") == 0 ||
		    str_equal(text_of(unit, "state"), "new")) /* asked, and neither heard nor missed yet */
			continue;
		if (++silent <= SHOWN_MAX)
			judge_unit(a, bus, unit, findings);
	}
	if (silent > SHOWN_MAX)
		say(findings,
		    &(struct head){ "unit", "fault", text_of(bus, "bus"), N_("{count} further units are silent"),
				    N_("estatectl buses; estatectl devices") },
		    (const char *const[]){ "count", show((json_int_t)(silent - SHOWN_MAX), more), NULL });
	return silent == 0;
}

static bool judge_line(const json_t *bus, json_t *findings)
{
	json_int_t damaged = number_of(bus, "crc_errors"), answers = number_of(bus, "answers");
	const char *id = text_of(bus, "bus");
	char first[NUMBER_MAX], second[NUMBER_MAX];

	if (damaged >= DAMAGED_LEAST && damaged * 100 > answers * DAMAGED_PERCENT) {
		say(findings,
		    &(struct head){
			    "bus", "warning", id, N_("{damaged} answers were damaged, {answers} were good"),
			    N_("look at termination (120 ohm at both ends), shield, and two devices of one number") },
		    (const char *const[]){ "damaged", show(damaged, first), "answers", show(answers, second), NULL });
		return false;
	}
	if (number_of(bus, "lag_ms") > LATE_MS) {
		say(findings,
		    &(struct head){
			    "bus", "warning", id, N_("its requests are {seconds} s late"),
			    N_("the line has no time for all of them: read less often, or share them out over two") },
		    (const char *const[]){ "seconds", show(number_of(bus, "lag_ms") / 1000, first), NULL });
		return false;
	}
	return true;
}

static void judge_bus(const struct symptoms_answers *a, const json_t *bus, json_t *findings)
{
	const char *id = text_of(bus, "bus"), *hint = text_of(bus, "hint");
	char units[NUMBER_MAX];
	bool good;

	if (str_equal(text_of(bus, "state"), "paused")) {
		say(findings, &(struct head){ "bus", "warning", id, N_("{target} is {state}; {hint}"), "" },
		    (const char *const[]){ "target", text_of(bus, "target"), "state", text_of(bus, "state"), "hint",
					   hint, NULL });
		return;
	}
	if (!str_equal(text_of(bus, "state"), "up")) {
		say(findings,
		    &(struct head){
			    "bus", "fault", id, N_("{target} is {state}; {hint}"),
			    N_("check the cable and the power of what is at its other end; see 'serial' or 'gateway' "
			       "of this report once estated is stopped") },
		    (const char *const[]){ "target", text_of(bus, "target"), "state", text_of(bus, "state"), "hint",
					   *hint ? hint : "?", NULL });
		return;
	}
	good = judge_units(a, bus, findings);
	good = judge_line(bus, findings) && good;
	if (good)
		say(findings,
		    &(struct head){ "bus", "ok", id, N_("{target} is up, all its units answer: {count}"), "" },
		    (const char *const[]){ "target", text_of(bus, "target"), "count",
					   show(number_of(bus, "units_total"), units), NULL });
}

/* ---- devices and their points ---- */

/* {device: {good: n, …, "first": a bad point}} */
static json_t *tally_points(const json_t *points)
{
	json_t *tallies = json_object();
	const json_t *point;
	size_t i;

	json_array_foreach(points, i, point)
	{
		const char *device = text_of(point, "device"), *quality = text_of(point, "quality");
		json_t *tally = json_object_get(tallies, device);

		if (!tally) {
			tally = json_object();
			json_object_set_new(tallies, device, tally);
		}
		json_object_set_new(tally, quality, json_integer(number_of(tally, quality) + 1));
		if (str_equal(quality, "bad") && !json_object_get(tally, "first"))
			json_object_set_new(tally, "first", text_json(text_of(point, "point")));
	}
	return tallies;
}

static const json_t *find_row(const json_t *rows, const char *key, const char *value)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (str_equal(text_of(row, key), value)) return row;
	return NULL;
}

/* A plugin's device that says nothing while the plugin itself does its work. */
static bool is_silent(const struct symptoms_answers *a, const json_t *device, const json_t *tally)
{
	const char *plugin = text_of(device, "plugin");

	return *plugin && str_equal(text_of(find_row(a->plugins, "plugin", plugin), "state"), "up") &&
	       number_of(tally, "good") == 0 && number_of(tally, "suspect") == 0 &&
	       number_of(tally, "stale") + number_of(tally, "lost") > 0;
}

/* What is wrong with this device, if anything. */
static bool judge_device(const struct symptoms_answers *a, const json_t *device, const json_t *tally, json_t *findings)
{
	const char *id = text_of(device, "device");
	char count[NUMBER_MAX];

	if (number_of(tally, "bad") > 0) {
		say(findings,
		    &(struct head){
			    "points", "fault", id, N_("{count} of its points cannot be read; the first: {point}"),
			    N_("the device answers with an error: compare its profile with its manual; 'estatectl show "
			       "{point}'") },
		    (const char *const[]){ "count", show(number_of(tally, "bad"), count), "point",
					   text_of(tally, "first"), NULL });
		return true;
	}
	if (!is_silent(a, device, tally))
		return false;
	say(findings,
	    &(struct head){
		    "device", number_of(tally, "lost") ? "warning" : "fault", id,
		    number_of(tally, "lost") ? N_("address {address}: nothing was heard since estated was started")
					     : N_("address {address}: has been silent for longer than it should"),
		    N_("check its battery, its distance to the gateway, and whether {plugin} knows this address") },
	    (const char *const[]){ "address", text_of(device, "address"), "plugin", text_of(device, "plugin"), NULL });
	return true;
}

static void judge_devices(const struct symptoms_answers *a, json_t *findings)
{
	json_t *tallies = tally_points(a->points);
	const json_t *device;
	size_t i, wrong = 0, before = json_array_size(findings);
	char text[NUMBER_MAX];

	json_array_foreach(a->devices, i, device)
	{
		const json_t *tally = json_object_get(tallies, text_of(device, "device"));

		wrong += tally && judge_device(a, device, tally, findings);
		if (wrong <= SHOWN_MAX)
			before = json_array_size(findings);
		while (json_array_size(findings) > before) /* counted only */
			json_array_remove(findings, json_array_size(findings) - 1);
	}
	json_decref(tallies);
	if (wrong > SHOWN_MAX)
		say(findings,
		    &(struct head){ "device", "fault", "devices",
				    N_("{count} further devices are silent or cannot be read"),
				    N_("estatectl devices: those whose good points are not all") },
		    (const char *const[]){ "count", show((json_int_t)(wrong - SHOWN_MAX), text), NULL });
	else if (wrong == 0 && json_array_size(a->devices) > 0 && a->points)
		say(findings,
		    &(struct head){ "device", "ok", "devices",
				    N_("no point answers with an error, no plugin's device of {count} is silent"), "" },
		    (const char *const[]){ "count", show((json_int_t)json_array_size(a->devices), text), NULL });
}

/* ---- plugins and what they deliver ---- */

static void judge_plugin(const json_t *plugin, json_t *findings)
{
	const char *id = text_of(plugin, "plugin"), *state = text_of(plugin, "state"), *text = text_of(plugin, "text");
	char restarts[NUMBER_MAX];
	const char *const values[] = { "state",    state,
				       "text",     *text ? text : "?",
				       "restarts", show(number_of(plugin, "restarts"), restarts),
				       NULL };

	if (str_equal(state, "up") && number_of(plugin, "restarts") < RESTARTS_MANY)
		say(findings, &(struct head){ "plugin", "ok", id, N_("is up"), "" }, NULL);
	else if (str_equal(state, "up"))
		say(findings,
		    &(struct head){ "plugin", "warning", id, N_("is up, after {restarts} restarts; the last: {text}"),
				    N_("journalctl -u estated says why it ended") },
		    values);
	else if (str_equal(state, "starting"))
		say(findings, &(struct head){ "plugin", "warning", id, N_("is starting"), N_("look again in 10 s") },
		    NULL);
	else
		say(findings,
		    &(struct head){ "plugin", "fault", id, N_("{state}: {text}"),
				    N_("mend what it names; it tries again by itself") },
		    values);
}

static void judge_lane(const struct symptoms_answers *a, const json_t *lane, json_t *findings)
{
	bool alarms = str_equal(text_of(lane, "lane"), "alarm");
	_cleanup_str_buf_ struct str_buf subject = { 0 };
	int64_t oldest_us, age_us = 0;
	char pending[NUMBER_MAX], age[STR_DURATION_MAX];

	str_buf_printf(&subject, "%s/%s", text_of(lane, "uplink"), text_of(lane, "lane"));
	if (clock_parse(text_of(lane, "oldest"), &oldest_us) == 0)
		age_us = MAX(a->now_us - oldest_us, (int64_t)0);
	show(number_of(lane, "pending"), pending);
	if (number_of(lane, "pending") > 0 && age_us > (alarms ? ALARM_LATE_US : DATA_LATE_US))
		say(findings,
		    &(struct head){
			    "outbox", alarms ? "fault" : "warning", subject.text,
			    N_("{count} messages wait to be delivered, the oldest for {age}"),
			    N_("see the plugin of this uplink: is the network there, does the receiver acknowledge?") },
		    (const char *const[]){ "count", pending, "age", str_from_age(age_us, age), NULL });
	else
		say(findings, &(struct head){ "outbox", "ok", subject.text, N_("{count} messages wait"), "" },
		    (const char *const[]){ "count", pending, NULL });
}

/* ---- all of it ---- */

void symptoms_judge(const struct symptoms_answers *a, json_t *findings)
{
	const json_t *row;
	size_t i;

	judge_status(a->status, findings);
	judge_clock(a->clock, findings);
	json_array_foreach(a->buses, i, row) judge_bus(a, row, findings);
	judge_devices(a, findings);
	json_array_foreach(a->plugins, i, row) judge_plugin(row, findings);
	json_array_foreach(a->outbox, i, row) judge_lane(a, row, findings);
}

/* NULL where there is no good answer; *error says of the connection. */
static json_t *ask(struct talk *talk, const char *path, int *error)
{
	struct talk_answer answer = { 0 };
	json_t *json = NULL;

	if (*error < 0)
		return NULL; /* one that hangs is not asked again */
	*error = talk_get(talk, path, &answer);
	if (*error == 0 && answer.status == 200)
		json = json_loadb(str_buf_text(&answer.body), answer.body.len, 0, NULL);
	else if (*error == 0)
		*error = answer.status == 403 ? -EACCES : -EPROTO;
	str_buf_fini(&answer.body);
	return json;
}

static void say_error(struct talk *talk, int error, json_t *findings)
{
	const char *const values[] = { "error", talk_error(talk), NULL };

	if (error == 0 || error == -ENOTCONN)
		return; /* estated --doctor says it */
	if (error == -EACCES)
		say(findings,
		    &(struct head){ "daemon", "warning", "estated",
				    N_("you may not ask it, so what it knows is not in here"),
				    N_("use sudo, or join the group: usermod -aG estated USER, and log in again") },
		    NULL);
	else if (error == -ETIMEDOUT)
		say(findings,
		    &(struct head){ "daemon", "fault", "estated",
				    N_("takes connections, but does not answer within 10 s"),
				    N_("its watchdog starts it anew; if not: systemctl restart estated, and keep "
				       "'journalctl -u "
				       "estated'") },
		    NULL);
	else
		say(findings,
		    &(struct head){ "daemon", "fault", "estated", N_("does not answer as it should: {error}"),
				    N_("journalctl -u estated -n 50") },
		    values);
}

void symptoms_add(struct talk *talk, json_t *findings)
{
	struct symptoms_answers a = { 0 };
	int error = 0;

	talk_limit(talk, LIMIT_MS);
	a.status = ask(talk, "/v1/status", &error);
	a.clock = ask(talk, "/v1/clock", &error);
	a.buses = ask(talk, "/v1/buses", &error);
	a.devices = ask(talk, "/v1/devices", &error);
	a.points = ask(talk, "/v1/points", &error);
	a.plugins = ask(talk, "/v1/plugins", &error);
	a.outbox = ask(talk, "/v1/outbox", &error);
	a.now_us = clock_wall_us();
	say_error(talk, error, findings);
	symptoms_judge(&a, findings);
	json_decref(a.status);
	json_decref(a.clock);
	json_decref(a.buses);
	json_decref(a.devices);
	json_decref(a.points);
	json_decref(a.plugins);
	json_decref(a.outbox);
}
