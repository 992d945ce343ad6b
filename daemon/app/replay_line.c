#include "app/replay_line.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "app/replay_scan.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "plugin/protocol.h"

#define MINUTE_LEN   16 /* "2011-06-15T01:03" */
#define OFFSET_MAX   8
#define SHOWN_MAX    40 /* of what stands in the line, in a sentence about it */
#define WHO_NOT_SAID "operator"

struct replay_line_parser {
	/* The minute that was read last: nearly all lines are of the same. */
	char minute[MINUTE_LEN + 1], offset[OFFSET_MAX];
	int64_t minute_us;
	struct replay_scan scan;
	struct mapping_field *fields;
	json_t *json; /* what the line lends its texts from; NULL after a scan */
	struct arena *arena;
};

struct replay_line_parser *replay_line_parser_new(void)
{
	struct replay_line_parser *p = MEM_NEW(struct replay_line_parser);

	p->fields = mem_array(REPLAY_LINE_FIELDS_MAX, sizeof(*p->fields));
	return p;
}

static void let_go(struct replay_line_parser *p)
{
	json_decref(p->json);
	p->json = NULL;
	if (p->arena)
		arena_free(steal(&p->arena));
}

void replay_line_parser_free(struct replay_line_parser *p)
{
	if (!p)
		return;
	let_go(p);
	free(p->fields);
	free(p);
}

/* ---- the moment ---- */

static bool two_digits(const char *s, int *ret_number)
{
	if (s[0] < '0' || s[0] > '5' || s[1] < '0' || s[1] > '9')
		return false;
	*ret_number = (s[0] - '0') * 10 + (s[1] - '0');
	return true;
}

/* "…T01:03:39.149+08:00" of a minute that is known: its second and what is behind the point. */
static bool within_minute(const struct replay_line_parser *p, const char *t, int64_t *ret_us)
{
	int64_t us, unit = S / 10;
	int second;

	if (strncmp(t, p->minute, MINUTE_LEN) != 0 || t[MINUTE_LEN] != ':' || !two_digits(t + MINUTE_LEN + 1, &second))
		return false;
	us = p->minute_us + second * S;
	t += MINUTE_LEN + 3;
	if (*t == '.')
		for (t++; *t >= '0' && *t <= '9'; t++, unit /= 10)
			us += unit * (*t - '0');
	if (strcmp(t, p->offset) != 0)
		return false;
	*ret_us = us;
	return true;
}

static void remember_minute(struct replay_line_parser *p, const char *t)
{
	char text[MINUTE_LEN + 3 + OFFSET_MAX + 1];
	size_t len = strlen(t), behind;
	int second;

	p->minute[0] = '\0';
	if (len < MINUTE_LEN + 3 || t[MINUTE_LEN] != ':' || !two_digits(t + MINUTE_LEN + 1, &second))
		return;
	behind = MINUTE_LEN + 3;
	if (t[behind] == '.')
		behind += 1 + strspn(t + behind + 1, "0123456789");
	if (len - behind >= OFFSET_MAX)
		return;
	snprintf(text, sizeof(text), "%.*s:00%s", MINUTE_LEN, t, t + behind);
	if (clock_parse(text, &p->minute_us) < 0)
		return;
	memcpy(p->minute, t, MINUTE_LEN);
	memcpy(p->offset, t + behind, len - behind + 1);
}

static int time_of_text(struct replay_line_parser *p, const char *t, int64_t *ret_us)
{
	if (p->minute[0] && within_minute(p, t, ret_us))
		return 0;
	if (clock_parse(t, ret_us) < 0)
		return -EBADMSG;
	remember_minute(p, t);
	return 0;
}

static int time_of_seconds(double seconds, int64_t *ret_us)
{
	char text[STR_DOUBLE_MAX];

	/* The one judge of what is a time. */
	return clock_parse(str_from_double(seconds, text), ret_us) < 0 ? -EBADMSG : 0;
}

static int say(struct str_buf *problem, const char *fmt, ...) _printf_(2, 3);
static int say(struct str_buf *problem, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(problem, fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

static int bad_time(struct str_buf *problem, const char *text)
{
	return say(
		problem,
		"t = '%.*s': expected a time as \"2011-06-15T01:03:39.149+08:00\", without offset in the estate's own "
		"time, or seconds since 1970",
		(int)str_utf8_cut(text, SHOWN_MAX), text);
}

static int read_time(struct replay_line_parser *p, const json_t *t, int64_t *ret_us, struct str_buf *problem)
{
	const char *text = json_string_value(t);
	_cleanup_(freep) char *shown = NULL;
	int r = -EBADMSG;

	if (!t)
		return say(problem, "no \"t\": expected the time of what happened");
	if (text)
		r = time_of_text(p, text, ret_us);
	else if (json_is_number(t))
		r = time_of_seconds(json_number_value(t), ret_us);
	if (r == 0)
		return 0;
	shown = json_dumps(t, JSON_ENCODE_ANY | JSON_COMPACT);
	return bad_time(problem, text ? text : shown ? shown : "");
}

/* ---- a person's command ---- */

enum subject { OF_ALARM, OF_DEVICE };
enum length { NO_LENGTH, LENGTH_NEEDED, LENGTH_USUAL };

static const char *const outcomes[] = { "real", "false", "test", "duplicate" };

static const struct verb {
	const char *name;
	enum replay_line_verb verb;
	enum subject subject;
	enum length length;
	int64_t least_us, most_us, usual_us; /* the same as the API's */
} verbs[] = {
	{ "ack", REPLAY_LINE_ACK, OF_ALARM, NO_LENGTH, 0, 0, 0 },
	{ "arrive", REPLAY_LINE_ARRIVE, OF_ALARM, NO_LENGTH, 0, 0, 0 },
	{ "close", REPLAY_LINE_CLOSE, OF_ALARM, NO_LENGTH, 0, 0, 0 },
	{ "comment", REPLAY_LINE_COMMENT, OF_ALARM, NO_LENGTH, 0, 0, 0 },
	{ "shelve", REPLAY_LINE_SHELVE, OF_ALARM, LENGTH_NEEDED, S, 7 * DAY, 0 },
	{ "unshelve", REPLAY_LINE_UNSHELVE, OF_ALARM, NO_LENGTH, 0, 0, 0 },
	{ "test", REPLAY_LINE_TEST, OF_DEVICE, LENGTH_USUAL, 0, 7 * DAY, 30 * MINUTE },
	{ "out-of-service", REPLAY_LINE_OUT_OF_SERVICE, OF_DEVICE, LENGTH_NEEDED, 0, 90 * DAY, 0 },
	{ "in-service", REPLAY_LINE_IN_SERVICE, OF_DEVICE, NO_LENGTH, 0, 0, 0 },
};

/* A text of the command; NULL where it is not said. */
static int text_of(const json_t *command, const char *key, const char **ret_text, struct str_buf *problem)
{
	const json_t *value = json_object_get(command, key);

	*ret_text = json_string_value(value);
	if (value && !json_is_null(value) && !*ret_text)
		return say(problem, "command: %s: expected a text", key);
	return 0;
}

static const struct verb *find_verb(const char *name, struct str_buf *problem)
{
	struct str_nearest nearest = { .word = name };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (str_equal(verbs[i].name, name))
			return &verbs[i];
		str_nearest_try(&nearest, verbs[i].name);
	}
	str_buf_printf(problem, "command: verb = '%.*s': expected one of:", (int)str_utf8_cut(name, SHOWN_MAX), name);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		str_buf_printf(problem, " %s", verbs[i].name);
	if (nearest.best)
		str_buf_printf(problem, "; did you mean '%s'?", nearest.best);
	return NULL;
}

static int read_length(const struct verb *v, const json_t *command, int64_t *ret_us, struct str_buf *problem)
{
	char least[STR_DURATION_MAX], most[STR_DURATION_MAX];
	const char *text = NULL;
	int r = text_of(command, "for", &text, problem);

	if (r < 0 || v->length == NO_LENGTH)
		return r;
	*ret_us = v->usual_us;
	if (!text && v->length == LENGTH_USUAL)
		return 0;
	if (text && str_to_duration(text, ret_us) == 0 && *ret_us >= v->least_us && *ret_us <= v->most_us)
		return 0;
	return say(problem, "command: %s: for = '%s': expected a duration of %s to %s, as \"2h\"", v->name,
		   text ? text : "", str_from_duration(v->least_us, least), str_from_duration(v->most_us, most));
}

/* Of a shelf: a moment instead of a length; 1: there is none. */
static int read_moment(const struct verb *v, const json_t *command, int64_t *ret_us, struct str_buf *problem)
{
	const char *text = NULL;
	int r = v->verb == REPLAY_LINE_SHELVE ? text_of(command, "until", &text, problem) : 0;

	if (r < 0 || !text)
		return r < 0 ? r : 1;
	if (clock_parse(text, ret_us) == 0)
		return 0;
	return say(problem, "command: shelve: until = '%.*s': expected a time, as \"2026-11-22T18:00:00\"",
		   (int)str_utf8_cut(text, SHOWN_MAX), text);
}

static int read_outcome(struct replay_line_command *c, const json_t *command, struct str_buf *problem)
{
	int r = text_of(command, "outcome", &c->outcome, problem);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (str_equal(c->outcome, outcomes[i]))
			return 0;
	return say(problem, "command: close: outcome = '%s': expected real, false, test or duplicate",
		   c->outcome ? c->outcome : "");
}

/* Whom it is about. A device or a place may also be told by one of its alarms. */
static int read_subject(struct replay_line_command *c, const struct verb *v, const json_t *command,
			struct str_buf *problem)
{
	const char *device = NULL, *asset;
	int r = text_of(command, "alarm", &c->alarm, problem);

	asset = c->alarm ? strchr(c->alarm, '/') : NULL;
	if (r == 0 && c->alarm && !asset)
		return say(problem, "command: alarm = '%.*s': expected rule/asset, as \"tank-high/tank-1\"",
			   (int)str_utf8_cut(c->alarm, SHOWN_MAX), c->alarm);
	if (r == 0 && v->subject == OF_ALARM)
		return c->alarm ? 0 : say(problem, "command: %s: no \"alarm\": expected its id", v->name);
	if (r == 0)
		r = text_of(command, "device", &device, problem);
	if (r == 0)
		r = text_of(command, "subject", &c->subject, problem);
	if (r < 0)
		return r;
	if (!c->subject)
		c->subject = device ? device : asset ? asset + 1 : NULL;
	c->alarm = NULL;
	return c->subject ? 0 : say(problem, "command: %s: no \"device\": expected its id", v->name);
}

static int read_command(const json_t *command, struct replay_line_command *c, struct str_buf *problem)
{
	const char *name = json_string_value(json_object_get(command, "verb")), *reason = NULL;
	const struct verb *v;
	int r;

	if (!json_is_object(command) || !name)
		return say(problem, "command: expected {\"verb\":\"ack\",\"alarm\":\"tank-high/tank-1\"}");
	v = find_verb(name, problem);
	if (!v)
		return -EBADMSG;
	c->verb = v->verb;
	r = read_subject(c, v, command, problem);
	if (r == 0)
		r = text_of(command, "who", &c->who, problem);
	if (r == 0)
		r = text_of(command, "note", &c->note, problem);
	if (r == 0)
		r = text_of(command, "reason", &reason, problem);
	if (r == 0)
		r = read_moment(v, command, &c->until_us, problem);
	if (r > 0)
		r = read_length(v, command, &c->for_us, problem);
	if (r == 0 && v->verb == REPLAY_LINE_CLOSE)
		r = read_outcome(c, command, problem);
	c->note = c->note ? c->note : reason;
	c->who = c->who ? c->who : WHO_NOT_SAID;
	return r;
}

/* ---- the other kinds ---- */

static int read_fields(struct replay_line_parser *p, const json_t *fields, struct replay_line *l,
		       struct str_buf *problem)
{
	const json_t *test = json_object_get(p->json, "test");

	if (!json_is_object(fields))
		return say(problem, "%s: expected an object, as {\"motion\":true}",
			   l->kind == REPLAY_LINE_POINTS ? "points" : "fields");
	if (test && !json_is_boolean(test))
		return say(problem, "test: expected true or false");
	p->arena = arena_new();
	l->test = json_is_true(test);
	l->fields = p->fields;
	l->field_count = protocol_fields(
		fields,
		&(struct protocol_flat){ .arena = p->arena, .fields = p->fields, .max = REPLAY_LINE_FIELDS_MAX });
	return 0;
}

static int read_quality(const json_t *quality, struct replay_line *l, struct str_buf *problem)
{
	const char *name = json_string_value(quality);

	if (!name || value_quality_parse(name, &l->quality) < 0)
		return say(problem, "quality = '%.*s': expected lost or good (or stale, bad, suspect)",
			   name ? (int)str_utf8_cut(name, SHOWN_MAX) : 0, name ? name : "");
	return 0;
}

/* "-1h", "+20000d"; or seconds. */
static int read_step(const json_t *step, struct replay_line *l, struct str_buf *problem)
{
	const char *text = json_string_value(step);
	bool minus = text && *text == '-', plus = text && *text == '+';

	if (text && str_to_duration(text + (minus || plus), &l->step_us) == 0) {
		l->step_us = minus ? -l->step_us : l->step_us;
		return 0;
	}
	if (json_is_number(step) && fabs(json_number_value(step)) < 1e11) {
		l->step_us = (int64_t)llround(json_number_value(step) * 1e6);
		return 0;
	}
	return say(problem, "clock_step: expected a duration with its sign, as \"-1h\", or seconds");
}

static int read_restart(const json_t *restart, struct str_buf *problem)
{
	return json_is_true(restart) ? 0 : say(problem, "restart: expected true");
}

static const struct kind {
	const char *key;
	enum replay_line_kind kind;
} kinds[] = {
	{ "fields", REPLAY_LINE_FIELDS },   { "points", REPLAY_LINE_POINTS },
	{ "quality", REPLAY_LINE_QUALITY }, { "clock_step", REPLAY_LINE_CLOCK_STEP },
	{ "restart", REPLAY_LINE_RESTART }, { "command", REPLAY_LINE_COMMAND },
};

static int no_kind(const json_t *json, struct str_buf *problem)
{
	const char *key;
	json_t *value;

	str_buf_add(problem, "expected one of:");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		str_buf_printf(problem, " %s", kinds[i].key);
	json_object_foreach((json_t *)json, key, value)
	{
		struct str_nearest nearest = { .word = key };

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			str_nearest_try(&nearest, kinds[i].key);
		if (nearest.best)
			return say(problem, "; '%s': did you mean '%s'?", key, nearest.best);
	}
	return -EBADMSG;
}

/* A line says one thing. (A message of a device that says that it is good says no more than the message.) */
static int find_kind(const json_t *json, const struct kind **ret_kind, struct str_buf *problem)
{
	const struct kind *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!json_object_get(json, kinds[i].key))
			continue;
		if (found && (kinds[i].kind != REPLAY_LINE_QUALITY ||
			      !str_equal(json_string_value(json_object_get(json, "quality")), "good")))
			return say(problem, "'%s' and '%s': expected one of them in a line", found->key, kinds[i].key);
		if (!found)
			found = &kinds[i];
	}
	*ret_kind = found;
	return found ? 0 : no_kind(json, problem);
}

static int check_subject(const struct replay_line *l, struct str_buf *problem)
{
	bool message = l->kind == REPLAY_LINE_FIELDS || l->kind == REPLAY_LINE_POINTS;
	int said = (l->device != NULL) + (l->bus != NULL) + (l->plugin != NULL);

	if (message && !l->device)
		return say(problem, "no \"device\": expected the id of the device that sent it");
	if (l->kind == REPLAY_LINE_QUALITY && said != 1)
		return say(problem, "quality: expected one of \"device\", \"bus\" and \"plugin\" with it");
	if (l->kind == REPLAY_LINE_QUALITY && l->point && !l->device)
		return say(problem, "point: expected \"device\" with it");
	return 0;
}

static int read_object(struct replay_line_parser *p, struct replay_line *l, struct str_buf *problem)
{
	const struct kind *kind = NULL;
	const json_t *value;
	int r = read_time(p, json_object_get(p->json, "t"), &l->at_us, problem);

	if (r == 0)
		r = find_kind(p->json, &kind, problem);
	if (r < 0)
		return r;
	l->kind = kind->kind;
	l->device = json_string_value(json_object_get(p->json, "device"));
	l->bus = json_string_value(json_object_get(p->json, "bus"));
	l->plugin = json_string_value(json_object_get(p->json, "plugin"));
	l->point = json_string_value(json_object_get(p->json, "point"));
	r = check_subject(l, problem);
	if (r < 0)
		return r;
	value = json_object_get(p->json, kind->key);
	switch (kind->kind) {
	case REPLAY_LINE_FIELDS:
	case REPLAY_LINE_POINTS: return read_fields(p, value, l, problem);
	case REPLAY_LINE_QUALITY: return read_quality(value, l, problem);
	case REPLAY_LINE_CLOCK_STEP: return read_step(value, l, problem);
	case REPLAY_LINE_RESTART: return read_restart(value, problem);
	case REPLAY_LINE_COMMAND: return read_command(value, &l->command, problem);
	}
	return -EBADMSG;
}

static int parse_json(struct replay_line_parser *p, const char *text, size_t len, struct replay_line *l,
		      struct str_buf *problem)
{
	json_error_t error;

	if (len >= 2 && (unsigned char)text[0] == 0x1f && (unsigned char)text[1] == 0x8b)
		return say(problem,
			   "a compressed file: expected lines of JSON; run: gzip -dc FILE | estated --replay - …");
	p->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!p->json)
		return say(problem, "not JSON: %s at byte %d: expected one object a line", error.text, error.position);
	if (!json_is_object(p->json))
		return say(problem, "not an object: expected one JSON object a line");
	return read_object(p, l, problem);
}

int replay_line_parse(struct replay_line_parser *p, char *text, size_t len, struct replay_line *ret_line,
		      struct str_buf *problem)
{
	struct replay_line l = { .kind = REPLAY_LINE_FIELDS };
	int r;

	let_go(p);
	if (replay_scan(text, len, &p->scan)) {
		l.device = p->scan.device.at;
		l.fields = p->scan.fields;
		l.field_count = p->scan.field_count;
		r = p->scan.t.len ? time_of_text(p, p->scan.t.at, &l.at_us)
				  : time_of_seconds(p->scan.seconds, &l.at_us);
		if (r < 0) {
			char seconds[STR_DOUBLE_MAX];

			return bad_time(problem,
					p->scan.t.len ? p->scan.t.at : str_from_double(p->scan.seconds, seconds));
		}
	} else {
		r = parse_json(p, text, len, &l, problem);
		if (r < 0)
			return r;
	}
	*ret_line = l;
	return 0;
}
