/* cmd_lists.c: estatectl's lists: buses, devices, points, plugins, outbox; and one point. */
#include "ctl/command.h"

static void list_path(struct str_buf *path, const char *base, const char *match)
{
	str_buf_add(path, base);
	if (match) {
		str_buf_add(path, "?match=");
		talk_escape(path, match);
	}
}

static enum ctl_exit list(struct ctl *c, const char *base, const struct out_table *table)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	list_path(&path, base, ctl_word(c, 0));
	exit = ctl_get(c, path.text, &answer);
	if (exit == CTL_DONE)
		c->out.writer->list(&c->out, table, str_buf_text(&answer.body), answer.json);
	return exit;
}

static void show_value(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "value"), l, to);
	if (to->len && json_string_length(json_object_get(row, "unit")) > 0)
		str_buf_printf(to, " %s", json_string_value(json_object_get(row, "unit")));
}

static void show_quality(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "quality"), l, to);
	if (json_is_true(json_object_get(row, "test")))
		str_buf_add(to, l == WORDS_ZH ? " 测试" : " test");
}

static void show_at_age(const json_t *row, enum words_language l, struct str_buf *to)
{
	words_age_since(l, json_object_get(row, "at"), to);
}

static void show_since_age(const json_t *row, enum words_language l, struct str_buf *to)
{
	words_age_since(l, json_object_get(row, "since"), to);
}

static void show_oldest_age(const json_t *row, enum words_language l, struct str_buf *to)
{
	words_age_since(l, json_object_get(row, "oldest"), to);
}

static void show_units(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "units_up"), l, to);
	str_buf_add(to, "/");
	out_value(json_object_get(row, "units_total"), l, to);
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

static void show_bad_answers(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const keys[] = { "crc_errors", "mismatches", "late" };
	json_int_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		sum += json_integer_value(json_object_get(row, keys[i]));
	str_buf_printf(to, "%" JSON_INTEGER_FORMAT, sum);
}

/* clang-format off */
static const struct out_table buses = {
	.columns = (const struct out_column[]){
		{ "BUS",        OUT_LEFT,  "bus",            NULL,             "its id" },
		{ "TYPE",       OUT_LEFT,  "type",           NULL,             NULL },
		{ "TARGET",     OUT_LEFT,  "target",         NULL,             "address, or serial port" },
		{ "STATE",      OUT_LEFT,  "state",          NULL,             "up, connecting, down" },
		{ "SINCE",      OUT_RIGHT, NULL,             show_since_age,   "for how long it has been so" },
		{ "UNITS",      OUT_RIGHT, NULL,             show_units,       "units that answer, of all on it" },
		{ "REQUESTS",   OUT_RIGHT, "requests",       NULL,             "requests sent since the start" },
		{ "ANSWERS",    OUT_RIGHT, "answers",        NULL,             "good answers" },
		{ "TIMEOUTS",   OUT_RIGHT, "timeouts",       NULL,             "no answer in time" },
		{ "BAD",        OUT_RIGHT, NULL,             show_bad_answers, "answers thrown away: wrong CRC, not to this request, late" },
		{ "EXCEPTIONS", OUT_RIGHT, "exceptions",     NULL,             "the unit said no" },
		{ "CYCLE",      OUT_RIGHT, "cycle_requests", NULL,             "requests that read all its points once" },
		{ "HINT",       OUT_LEFT,  "hint",           NULL,             "the last trouble" },
		{ 0 } },
	.keys = (const char *const[]){ "bus", "type", "target", "state", "since", "units_up", "units_total", "points", "requests",
		"answers", "timeouts", "crc_errors", "mismatches", "exceptions", "late", "connects", "cycle_requests",
		"lag_ms", "hint", NULL },
	.none = "no buses are configured",
};

static const struct out_table devices = {
	.columns = (const struct out_column[]){
		{ "DEVICE",  OUT_LEFT,  "device",  NULL,         "its id" },
		{ "NAME",    OUT_LEFT,  "name",    NULL,         NULL },
		{ "PLACE",   OUT_LEFT,  "place",   NULL,         "building/unit/dwelling" },
		{ "CLASS",   OUT_LEFT,  "class",   NULL,         "what kind of thing it is" },
		{ "PROFILE", OUT_LEFT,  "profile", NULL,         "how its registers or fields are read" },
		{ "AT",      OUT_LEFT,  NULL,      show_reached, "bus and unit, or plugin and address" },
		{ "GOOD",    OUT_RIGHT, NULL,      show_good,    "good points, of all it has" },
		{ "AGE",     OUT_RIGHT, NULL,      show_at_age,  "of its newest value" },
		{ 0 } },
	.keys = (const char *const[]){ "device", "name", "place", "room", "class", "profile", "bus", "unit", "plugin", "address",
		"points", "good", "at", NULL },
	.none = "no such devices",
};

static const struct out_table points = {
	.columns = (const struct out_column[]){
		{ "POINT",   OUT_LEFT,  "point", NULL,         "device.point" },
		{ "VALUE",   OUT_RIGHT, NULL,    show_value,   "the last value, '-' when there never was one" },
		{ "QUALITY", OUT_LEFT,  NULL,    show_quality,
		  "good, stale (too old), bad (the device says error), lost (no way to it), suspect" },
		{ "AGE",     OUT_RIGHT, NULL,    show_at_age,  "of the value" },
		{ "PLACE",   OUT_LEFT,  "place", NULL,         NULL },
		{ 0 } },
	.keys = (const char *const[]){ "point", "device", "place", "class", "value", "unit", "quality", "test", "at", NULL },
	.none = "no such points",
};

static const struct out_table point = {
	.columns = (const struct out_column[]){
		{ "point",   OUT_LEFT, "point",   NULL,         NULL },
		{ "value",   OUT_LEFT, NULL,      show_value,   NULL },
		{ "quality", OUT_LEFT, NULL,      show_quality, NULL },
		{ "at",      OUT_LEFT, "at",      NULL,         NULL },
		{ "age",     OUT_LEFT, NULL,      show_at_age,  NULL },
		{ "type",    OUT_LEFT, "type",    NULL,         NULL },
		{ "device",  OUT_LEFT, "device",  NULL,         NULL },
		{ "name",    OUT_LEFT, "name",    NULL,         NULL },
		{ "class",   OUT_LEFT, "class",   NULL,         NULL },
		{ "profile", OUT_LEFT, "profile", NULL,         NULL },
		{ "place",   OUT_LEFT, "place",   NULL,         NULL },
		{ "room",    OUT_LEFT, "room",    NULL,         NULL },
		{ "source",  OUT_LEFT, "source",  NULL,         NULL },
		{ "period",  OUT_LEFT, "period",  NULL,         NULL },
		{ "max_age", OUT_LEFT, "max_age", NULL,         NULL },
		{ 0 } },
	.keys = (const char *const[]){ "point", "device", "place", "class", "value", "unit", "quality", "test", "at", "name", "room",
		"type", "profile", "source", "period", "max_age", NULL },
	.none = "",
};

static const struct out_table plugins = {
	.columns = (const struct out_column[]){
		{ "PLUGIN",   OUT_LEFT,  "plugin",       NULL,           "its id" },
		{ "PROGRAM",  OUT_LEFT,  "program",      NULL,           NULL },
		{ "ROLES",    OUT_LEFT,  "roles",        NULL,           "source, notifier, uplink, command" },
		{ "STATE",    OUT_LEFT,  "state",        NULL,           "starting, up, fault, waiting (for its restart), stopped" },
		{ "SINCE",    OUT_RIGHT, NULL,           show_since_age, "for how long it has been so" },
		{ "PID",      OUT_RIGHT, "pid",          NULL,           NULL },
		{ "RESTARTS", OUT_RIGHT, "restarts",     NULL,           NULL },
		{ "IN",       OUT_RIGHT, "messages_in",  NULL,           "messages from it" },
		{ "OUT",      OUT_RIGHT, "messages_out", NULL,           "messages to it" },
		{ "BAD",      OUT_RIGHT, "bad_lines",    NULL,           "lines from it that were no message" },
		{ "TEXT",     OUT_LEFT,  "text",         NULL,           "its last fault, or why it ended" },
		{ 0 } },
	.keys = (const char *const[]){ "plugin", "program", "roles", "state", "since", "name", "version", "pid", "restarts",
		"messages_in", "messages_out", "bad_lines", "unknown", "throttled", "text", NULL },
	.none = "no plugins are configured",
};

static const struct out_table outbox = {
	.columns = (const struct out_column[]){
		{ "UPLINK",    OUT_LEFT,  "uplink",    NULL,            "the plugin that delivers" },
		{ "LANE",      OUT_LEFT,  "lane",      NULL,            "alarm never waits behind data" },
		{ "PENDING",   OUT_RIGHT, "pending",   NULL,            "messages on disk, not acknowledged by the receiver" },
		{ "BYTES",     OUT_RIGHT, "bytes",     NULL,            "their size" },
		{ "OLDEST",    OUT_RIGHT, NULL,        show_oldest_age, "age of the oldest of them" },
		{ "DELIVERED", OUT_RIGHT, "delivered", NULL,            "since the start" },
		{ "SEQ",       OUT_RIGHT, "last_seq",  NULL,            "number of the newest message" },
		{ 0 } },
	.keys = (const char *const[]){ "uplink", "lane", "pending", "bytes", "oldest", "delivered", "refused", "last_seq", NULL },
	.none = "no uplinks are configured",
};
/* clang-format on */

enum ctl_exit cmd_lists_buses(struct ctl *c)
{
	return list(c, "/v1/buses", &buses);
}

enum ctl_exit cmd_lists_devices(struct ctl *c)
{
	return list(c, "/v1/devices", &devices);
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
