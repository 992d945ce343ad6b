/* cmd_lists.c: estatectl's lists: buses, devices, points, plugins, outbox; and one point. */
#include "ctl/command.h"

#define FIELDS_SHOWN 60 /* bytes */

static void list_path(struct str_buf *path, const char *base, const char *match)
{
	str_buf_add(path, base);
	talk_query(path, "match", match);
}

static enum ctl_exit list(struct ctl *c, const char *base, const struct out_table *table)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	list_path(&path, base, ctl_word(c, 0));
	return ctl_list(c, path.text, table);
}

static void show_quality(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, words_state(json_string_value(json_object_get(row, "quality"))));
	if (json_is_true(json_object_get(row, "test")))
		str_buf_printf(to, " %s", _("test"));
}

static void show_state(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, words_state(json_string_value(json_object_get(row, "state"))));
}

static void show_at_age(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "at"), to);
}

static void show_since_age(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "since"), to);
}

static void show_oldest_age(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "oldest"), to);
}

static void show_units(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "units_up"), l, to);
	str_buf_add(to, "/");
	out_value(json_object_get(row, "units_total"), l, to);
}

/* Of what people call for help with only. */
static void show_proven(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	if (!json_is_true(json_object_get(row, "help")))
		return;
	if (json_is_null(json_object_get(row, "proven")))
		str_buf_add(to, _("never"));
	else
		words_age_since(json_object_get(row, "proven"), to);
}

static void show_good(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "good"), l, to);
	str_buf_add(to, "/");
	out_value(json_object_get(row, "points"), l, to);
}

/* "gw-lifts 247", "zigbee 0x0015…" */
static void show_reached(const json_t *row, enum words_language l, struct str_buf *to)
{
	const char *bus = json_string_value(json_object_get(row, "bus"));
	const char *plugin = json_string_value(json_object_get(row, "plugin"));

	if (!bus && !plugin)
		return;
	str_buf_printf(to, "%s ", bus ? bus : plugin);
	out_value(json_object_get(row, bus ? "unit" : "address"), l, to);
}

/* "12 %", "low", "ok", "?" */
static void show_battery(const json_t *row, enum words_language l, struct str_buf *to)
{
	const json_t *low = json_object_get(row, "battery_low"), *level = json_object_get(row, "battery");

	if (json_is_number(level)) {
		out_value(level, l, to);
		str_buf_add(to, " %");
	}
	if (json_is_true(low))
		str_buf_printf(to, "%s%s", to->len ? " " : "", _("low"));
	else if (!json_is_number(level))
		str_buf_add(to, json_is_false(low) ? _("ok") : low ? "?" : "");
}

static const char *battery_color(const json_t *row)
{
	return json_is_true(json_object_get(row, "battery_low")) ? "1;31" : NULL;
}

static void show_model(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "vendor"), l, to);
	if (to->len)
		str_buf_add(to, " ");
	out_value(json_object_get(row, "model"), l, to);
}

static void show_profiles(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const json_t *profile;
	size_t i;

	json_array_foreach(json_object_get(row, "profiles"), i, profile)
		str_buf_printf(to, "%s%s", i ? " " : "", json_string_value(profile));
}

/* "contact=true battery=97", the first few. */
static void show_fields(const json_t *row, enum words_language l, struct str_buf *to)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(row, "fields"), key, value)
	{
		if (to->len > FIELDS_SHOWN) {
			str_buf_add(to, " …");
			return;
		}
		str_buf_printf(to, "%s%s=", to->len ? " " : "", key);
		out_value(value, l, to);
	}
}

static void show_bad_answers(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const keys[] = { "crc_errors", "mismatches", "late" };
	unsigned long long sum = 0; /* which may run over */

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		sum += (unsigned long long)json_integer_value(json_object_get(row, keys[i]));
	str_buf_printf(to, "%llu", sum);
}

/* clang-format off */
static const struct out_table buses = {
	.columns = (const struct out_column[]){
		{ N_("BUS"),        OUT_LEFT,  "bus",            NULL,             N_("its id") },
		{ N_("TYPE"),       OUT_LEFT,  "type",           NULL,             NULL },
		{ N_("TARGET"),     OUT_LEFT,  "target",         NULL,             N_("address, or serial port") },
		{ N_("STATE"),      OUT_LEFT,  NULL,             show_state,       N_("up, connecting, down") },
		{ N_("SINCE"),      OUT_RIGHT, NULL,             show_since_age,   N_("for how long it has been so") },
		{ N_("UNITS"),      OUT_RIGHT, NULL,             show_units,       N_("units that answer, of all on it") },
		{ N_("REQUESTS"),   OUT_RIGHT, "requests",       NULL,             N_("requests sent since the start") },
		{ N_("ANSWERS"),    OUT_RIGHT, "answers",        NULL,             N_("good answers") },
		{ N_("TIMEOUTS"),   OUT_RIGHT, "timeouts",       NULL,             N_("no answer in time") },
		{ N_("BAD"),        OUT_RIGHT, NULL,             show_bad_answers, N_("answers thrown away: wrong CRC, not to this request, late") },
		{ N_("EXCEPTIONS"), OUT_RIGHT, "exceptions",     NULL,             N_("the unit said no") },
		{ N_("CYCLE"),      OUT_RIGHT, "cycle_requests", NULL,             N_("requests that read all its points once") },
		{ N_("LAG MS"),     OUT_RIGHT, "lag_ms",         NULL,             N_("how late the most overdue request is") },
		{ N_("SKIPPED"),    OUT_RIGHT, "skipped",        NULL,             N_("turns of requests that there was no time for") },
		{ N_("HINT"),       OUT_LEFT,  "hint",           NULL,             N_("the last trouble") },
		{ 0 } },
	.keys = (const char *const[]){ "bus", "type", "target", "state", "since", "units_up", "units_total", "points", "requests",
		"answers", "timeouts", "crc_errors", "mismatches", "exceptions", "late", "connects", "cycle_requests",
		"lag_ms", "skipped", "hint", NULL },
	.none = N_("no buses are configured"),
};

static const struct out_table devices = {
	.columns = (const struct out_column[]){
		{ N_("DEVICE"),  OUT_LEFT,  "device",  NULL,         N_("its id") },
		{ N_("NAME"),    OUT_LEFT,  "name",    NULL,         NULL },
		{ N_("PLACE"),   OUT_LEFT,  "place",   NULL,         N_("building/unit/dwelling") },
		{ N_("CLASS"),   OUT_LEFT,  "class",   NULL,         N_("what kind of thing it is") },
		{ N_("PROFILE"), OUT_LEFT,  "profile", NULL,         N_("how its registers or fields are read") },
		{ N_("AT"),      OUT_LEFT,  NULL,      show_reached, N_("bus and unit, or plugin and address") },
		{ N_("GOOD"),    OUT_RIGHT, NULL,      show_good,    N_("good points, of all it has") },
		{ N_("AGE"),     OUT_RIGHT, NULL,      show_at_age,  N_("of its newest value") },
		{ N_("PROVEN"),  OUT_RIGHT, NULL,      show_proven,  N_("of what people call for help with: how long ago a call was last seen to arrive") },
		{ 0 } },
	.keys = (const char *const[]){ "device", "name", "place", "room", "class", "profile", "bus", "unit", "plugin", "address",
		"points", "good", "at", "help", "proven", NULL },
	.none = N_("no such devices"),
};

static const struct out_table discovered = {
	.columns = (const struct out_column[]){
		{ N_("ADDRESS"), OUT_LEFT,  "address", NULL,          N_("for 'estatectl adopt'") },
		{ N_("NAME"),    OUT_LEFT,  "name",    NULL,          N_("as its network calls it") },
		{ N_("MODEL"),   OUT_LEFT,  NULL,      show_model,    N_("maker and model, as far as they are known") },
		{ N_("PROFILE"), OUT_LEFT,  NULL,      show_profiles, N_("those that name its model") },
		{ N_("BATTERY"), OUT_RIGHT, NULL,      show_battery,  N_("in percent") },
		{ N_("AGE"),     OUT_RIGHT, NULL,      show_at_age,   N_("how long ago it was first heard of") },
		{ N_("PLUGIN"),  OUT_LEFT,  "plugin",  NULL,          NULL },
		{ N_("FIELDS"),  OUT_LEFT,  NULL,      show_fields,   N_("what it said") },
		{ 0 } },
	.keys = (const char *const[]){ "address", "plugin", "name", "vendor", "model", "battery", "at", "fields", "profiles", NULL },
	.none = N_("no devices that are not configured"),
};

static const struct out_table batteries = {
	.columns = (const struct out_column[]){
		{ N_("BATTERY"), OUT_RIGHT, NULL,      show_battery, N_("in percent, or as far as the device says it; '?': it has not said it yet") },
		{ N_("DEVICE"),  OUT_LEFT,  "device",  NULL,         N_("its id") },
		{ N_("NAME"),    OUT_LEFT,  "name",    NULL,         NULL },
		{ N_("PLACE"),   OUT_LEFT,  "place",   NULL,         N_("building/unit/dwelling") },
		{ N_("ROOM"),    OUT_LEFT,  "room",    NULL,         NULL },
		{ N_("AGE"),     OUT_RIGHT, NULL,      show_at_age,  N_("of its newest value") },
		{ 0 } },
	.keys = (const char *const[]){ "device", "name", "place", "room", "class", "battery", "battery_low", "at", NULL },
	.none = N_("no devices with a battery"),
	.color = battery_color,
};

static const struct out_table points = {
	.columns = (const struct out_column[]){
		{ N_("POINT"),   OUT_LEFT,  "point", NULL,         N_("device.point") },
		{ N_("VALUE"),   OUT_RIGHT, NULL,    out_reading,  N_("the last value, '-' when there never was one") },
		{ N_("QUALITY"), OUT_LEFT,  NULL,    show_quality,
		  N_("good, stale (too old), bad (the device says error), lost (no way to it), suspect") },
		{ N_("AGE"),     OUT_RIGHT, NULL,    show_at_age,  N_("of the value") },
		{ N_("PLACE"),   OUT_LEFT,  "place", NULL,         NULL },
		{ 0 } },
	.keys = (const char *const[]){ "point", "device", "place", "class", "value", "unit", "quality", "test", "at", NULL },
	.none = N_("no such points"),
};

static const struct out_table point = {
	.columns = (const struct out_column[]){
		{ N_("point"),   OUT_LEFT, "point",   NULL,         NULL },
		{ N_("value"),   OUT_LEFT, NULL,      out_reading,  NULL },
		{ N_("quality"), OUT_LEFT, NULL,      show_quality, NULL },
		{ N_("at"),      OUT_LEFT, "at",      NULL,         NULL },
		{ N_("age"),     OUT_LEFT, NULL,      show_at_age,  NULL },
		{ N_("type"),    OUT_LEFT, "type",    NULL,         NULL },
		{ N_("device"),  OUT_LEFT, "device",  NULL,         NULL },
		{ N_("name"),    OUT_LEFT, "name",    NULL,         NULL },
		{ N_("class"),   OUT_LEFT, "class",   NULL,         NULL },
		{ N_("profile"), OUT_LEFT, "profile", NULL,         NULL },
		{ N_("place"),   OUT_LEFT, "place",   NULL,         NULL },
		{ N_("room"),    OUT_LEFT, "room",    NULL,         NULL },
		{ N_("source"),  OUT_LEFT, "source",  NULL,         NULL },
		{ N_("period"),  OUT_LEFT, "period",  NULL,         NULL },
		{ N_("max_age"), OUT_LEFT, "max_age", NULL,         NULL },
		{ N_("proven"),  OUT_LEFT, NULL,      show_proven,  NULL },
		{ 0 } },
	.keys = (const char *const[]){ "point", "device", "place", "class", "value", "unit", "quality", "test", "at", "name", "room",
		"type", "profile", "source", "period", "max_age", "help", "proven", NULL },
	.none = "",
};

static const struct out_table plugins = {
	.columns = (const struct out_column[]){
		{ N_("PLUGIN"),   OUT_LEFT,  "plugin",       NULL,           N_("its id") },
		{ N_("PROGRAM"),  OUT_LEFT,  "program",      NULL,           NULL },
		{ N_("ROLES"),    OUT_LEFT,  "roles",        NULL,           N_("source, notifier, uplink, command") },
		{ N_("STATE"),    OUT_LEFT,  NULL,           show_state,     N_("starting, up, fault, waiting (for its restart), stopped") },
		{ N_("SINCE"),    OUT_RIGHT, NULL,           show_since_age, N_("for how long it has been so") },
		{ N_("PID"),      OUT_RIGHT, "pid",          NULL,           NULL },
		{ N_("RESTARTS"), OUT_RIGHT, "restarts",     NULL,           NULL },
		{ N_("IN"),       OUT_RIGHT, "messages_in",  NULL,           N_("messages from it") },
		{ N_("OUT"),      OUT_RIGHT, "messages_out", NULL,           N_("messages to it") },
		{ N_("BAD"),      OUT_RIGHT, "bad_lines",    NULL,           N_("lines from it that were no message") },
		{ N_("TEXT"),     OUT_LEFT,  "text",         NULL,           N_("its last fault, or why it ended") },
		{ 0 } },
	.keys = (const char *const[]){ "plugin", "program", "roles", "state", "since", "name", "version", "pid", "restarts",
		"messages_in", "messages_out", "bad_lines", "unknown", "throttled", "text", NULL },
	.none = N_("no plugins are configured"),
};

static const struct out_table outbox = {
	.columns = (const struct out_column[]){
		{ N_("UPLINK"),    OUT_LEFT,  "uplink",    NULL,            N_("the plugin that delivers") },
		{ N_("LANE"),      OUT_LEFT,  "lane",      NULL,            N_("alarm never waits behind data") },
		{ N_("PENDING"),   OUT_RIGHT, "pending",   NULL,            N_("messages on disk, not acknowledged by the receiver") },
		{ N_("BYTES"),     OUT_RIGHT, "bytes",     NULL,            N_("their size") },
		{ N_("OLDEST"),    OUT_RIGHT, NULL,        show_oldest_age, N_("age of the oldest of them") },
		{ N_("DELIVERED"), OUT_RIGHT, "delivered", NULL,            N_("since the start") },
		{ N_("SEQ"),       OUT_RIGHT, "last_seq",  NULL,            N_("number of the newest message") },
		{ 0 } },
	.keys = (const char *const[]){ "uplink", "lane", "pending", "bytes", "oldest", "delivered", "refused", "last_seq", NULL },
	.none = N_("no uplinks are configured"),
};
/* clang-format on */

/* With -v: why requests of each bus failed, and what to do about it. */
static void say_causes(const struct out *o, const json_t *rows)
{
	const json_t *row, *cause;
	size_t i, k;

	json_array_foreach(rows, i, row) json_array_foreach(json_object_get(row, "causes"), k, cause)
	{
		json_int_t count = json_integer_value(json_object_get(cause, "count"));
		const char *bus = json_string_value(json_object_get(row, "bus"));
		const char *hint = json_string_value(json_object_get(cause, "hint"));

		out_say(o, "%s: %lld x %s", bus ? bus : "", (long long)count, hint ? hint : "");
	}
}

enum ctl_exit cmd_lists_buses(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/buses", &answer);

	if (exit != CTL_DONE)
		return exit;
	c->out.writer->list(&c->out, &buses, str_buf_text(&answer.body), answer.json);
	if (c->out.legend && c->out.writer == &out_text_writer)
		say_causes(&c->out, answer.json);
	return CTL_DONE;
}

enum ctl_exit cmd_lists_devices(struct ctl *c)
{
	bool found = c->args.values[ARGS_DISCOVERED], battery = c->args.values[ARGS_BATTERY];

	if (found && battery) {
		fprintf(stderr, "%s", _("estatectl: devices: expected one of --discovered and --battery\n"));
		return CTL_USAGE;
	}
	if (found)
		return list(c, "/v1/devices?discovered=1", &discovered);
	return battery ? list(c, "/v1/devices?battery=1", &batteries) : list(c, "/v1/devices", &devices);
}

enum ctl_exit cmd_lists_points(struct ctl *c)
{
	return list(c, "/v1/points", &points);
}

enum ctl_exit cmd_lists_plugins(struct ctl *c)
{
	return list(c, "/v1/plugins", &plugins);
}

enum ctl_exit cmd_lists_outbox(struct ctl *c)
{
	return list(c, "/v1/outbox", &outbox);
}

enum ctl_exit cmd_lists_show(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	str_buf_add(&path, "/v1/points/");
	talk_escape(&path, ctl_word(c, 0));
	exit = ctl_get(c, path.text, &answer);
	if (exit == CTL_DONE)
		c->out.writer->object(&c->out, &point, str_buf_text(&answer.body), answer.json);
	return exit;
}
