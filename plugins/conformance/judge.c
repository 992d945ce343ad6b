#include "conformance/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { ANY, TEXT, NUMBER, WHOLE, FLAG, OBJECT, LIST, NAME };

struct member {
	const char *key;
	enum kind kind;
	int needed;
};

static const struct type {
	const char *name;
	struct member members[6];
} types[] = {
	{ "ready", { { "name", TEXT, 1 }, { "version", TEXT, 1 }, { "roles", LIST, 1 } } },
	{ "pong", { { "id", ANY, 1 }, { "counters", OBJECT, 0 } } },
	{ "fault", { { "text", TEXT, 1 } } },
	{ "healthy", { { NULL, ANY, 0 } } },
	{ "sample",
	  { { "device", TEXT, 1 },
	    { "fields", OBJECT, 1 },
	    { "at", NUMBER, 0 },
	    { "id", NAME, 0 },
	    { "retained", FLAG, 0 },
	    { "test", FLAG, 0 } } },
	{ "stale", { { "device", TEXT, 1 } } },
	{ "discovered",
	  { { "address", TEXT, 1 },
	    { "fields", OBJECT, 1 },
	    { "name", TEXT, 0 },
	    { "vendor", TEXT, 0 },
	    { "model", TEXT, 0 },
	    { "battery", NUMBER, 0 } } },
	{ "delivered", { { "batch", WHOLE, 1 } } },
	{ "refused", { { "batch", WHOLE, 1 }, { "retry", FLAG, 1 }, { "text", TEXT, 1 }, { "seq", WHOLE, 0 } } },
	{ "notified", { { "id", WHOLE, 1 }, { "ok", FLAG, 1 }, { "text", TEXT, 0 } } },
	{ "result", { { "id", WHOLE, 1 }, { "ok", FLAG, 1 }, { "text", TEXT, 0 } } },
};

static const char *const expected[] = {
	[ANY] = "a value",        [TEXT] = "a text",      [NUMBER] = "a number", [WHOLE] = "a whole number",
	[FLAG] = "true or false", [OBJECT] = "an object", [LIST] = "a list",     [NAME] = "a text or a whole number",
};

static int is_kind(const json_t *value, enum kind kind)
{
	switch (kind) {
	case ANY: return 1;
	case TEXT: return json_is_string(value);
	case NUMBER: return json_is_number(value);
	case WHOLE: return json_is_integer(value);
	case FLAG: return json_is_boolean(value);
	case OBJECT: return json_is_object(value);
	case LIST: return json_is_array(value);
	case NAME: return json_is_string(value) || json_is_integer(value);
	}
	return 0;
}

/* A key of the sets: a number and a text that looks like it are two. */
static void key_of(const json_t *value, char buf[static 300])
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	snprintf(buf, 300, "%s", text ? text : "");
	free(text);
}

struct judge *judge_new(void)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->sample_ids = json_object();
	judge_restart(j);
	return j;
}

void judge_restart(struct judge *j)
{
	json_decref(j->devices);
	json_decref(j->configured);
	json_decref(j->addresses);
	json_decref(j->batches);
	json_decref(j->answered);
	json_decref(j->asked);
	j->devices = json_object();
	j->configured = json_object();
	j->addresses = json_object();
	j->batches = json_object();
	j->answered = json_object();
	j->asked = json_object();
	j->readies = 0;
	j->has_spoken = false;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	json_decref(j->devices);
	json_decref(j->configured);
	json_decref(j->addresses);
	json_decref(j->batches);
	json_decref(j->answered);
	json_decref(j->asked);
	json_decref(j->sample_ids);
	free(j);
}

void judge_told(struct judge *j, const json_t *message)
{
	static const char *const answers[][2] = { { "ping", "pong" },
						  { "notify", "notified" },
						  { "command", "result" } };
	const char *type = json_string_value(json_object_get(message, "type"));
	const json_t *device;
	char key[300];
	size_t i;

	json_array_foreach(json_object_get(message, "devices"), i, device)
	{
		const char *address = json_string_value(json_object_get(device, "address"));

		json_object_set_new(j->devices, json_string_value(json_object_get(device, "id")), json_true());
		if (address)
			json_object_set_new(j->configured, address, json_true());
	}
	if (strcmp(type, "deliver") == 0) {
		key_of(json_object_get(message, "batch"), key);
		json_object_set(j->batches, key, json_object_get(message, "lane"));
	}
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(type, answers[i][0]) == 0) {
			char *name;

			key_of(json_object_get(message, "id"), key);
			if (asprintf(&name, "%s %s", answers[i][1], key) < 0)
				abort();
			json_object_set_new(j->asked, name, json_true());
			free(name);
		}
}

/* ---- by type ---- */

static void judge_ready(struct judge *j, const json_t *m)
{
	static const char *const known[] = { "source", "uplink", "notifier", "command" };
	const json_t *roles = json_object_get(m, "roles"), *role;
	size_t i, len = 0;

	if (++j->readies > 1)
		mistake_note(&j->mistake, "ready-twice", "a second ready; it is said once");
	if (json_array_size(roles) == 0)
		mistake_note(&j->mistake, "ready-shape", "roles is empty: expected one or more");
	j->roles[0] = '\0';
	json_array_foreach(roles, i, role)
	{
		const char *name = json_string_value(role);
		int is_known = 0;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			is_known = is_known || (name && strcmp(name, known[k]) == 0);
		if (!is_known)
			mistake_note(&j->mistake, "role-unknown",
				     "role %.40s: expected source, uplink, notifier or command",
				     name ? name : "that is no text");
		else if (len + strlen(name) + 2 < sizeof(j->roles))
			len += (size_t)snprintf(j->roles + len, sizeof(j->roles) - len, "%s%s", len ? " " : "", name);
	}
}

static void judge_device(struct judge *j, const json_t *m)
{
	const char *device = json_string_value(json_object_get(m, "device"));

	if (!json_object_get(j->devices, device))
		mistake_note(&j->mistake, "sample-device", "device '%.80s' is none of those in hello", device);
}

static void judge_sample(struct judge *j, const json_t *m)
{
	const json_t *id = json_object_get(m, "id");
	char key[300];

	judge_device(j, m);
	if (!id)
		return;
	key_of(id, key);
	if (json_object_get(j->sample_ids, key))
		mistake_note(&j->mistake, "sample-id-again",
			     "id %.80s was used before; an id is never used twice, not even after a restart", key);
	json_object_set_new(j->sample_ids, key, json_true());
}

/* Fit to stand in a configuration. */
static bool is_address(const char *address)
{
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)address[i] < 0x20 || address[i] == 0x7f)
			return false;
	return len > 0 && len <= 255;
}

static void judge_discovered(struct judge *j, const json_t *m)
{
	const char *address = json_string_value(json_object_get(m, "address"));

	if (!is_address(address))
		mistake_note(&j->mistake, "discovered-address",
			     "address '%.80s': expected 1 to 255 bytes without control characters", address);
	if (json_object_get(j->configured, address))
		mistake_note(&j->mistake, "discovered-configured", "address '%.80s' is that of a device in hello",
			     address);
	if (json_object_get(j->addresses, address))
		mistake_note(&j->mistake, "discovered-again", "address '%.80s' is told a second time; once is enough",
			     address);
	json_object_set_new(j->addresses, address, json_true());
}

/* The batches of a lane are answered in the order in which they were told; after a refusal the daemon sends anew. */
static void judge_order(struct judge *j, const char *key, const json_t *lane)
{
	const char *other;
	json_t *value;

	json_object_foreach(j->batches, other, value)
	{
		if (strcmp(other, key) == 0)
			return;
		if (json_equal(value, lane))
			mistake_note(&j->mistake, "out-of-order", "batch %s of a lane is answered before batch %s", key,
				     other);
	}
}

static void judge_batch(struct judge *j, const json_t *m)
{
	const json_t *lane;
	char key[300];

	key_of(json_object_get(m, "batch"), key);
	lane = json_object_get(j->batches, key);
	if (!lane && json_object_get(j->answered, key))
		mistake_note(&j->mistake, "answered-twice", "batch %s is answered a second time", key);
	else if (!lane)
		mistake_note(&j->mistake, "answer-unknown-batch", "batch %s was never sent", key);
	if (!lane)
		return;
	judge_order(j, key, lane);
	json_object_set(j->answered, key, json_object_get(j->batches, key));
	json_object_del(j->batches, key);
}

static void judge_answer(struct judge *j, const json_t *m)
{
	const char *type = json_string_value(json_object_get(m, "type"));
	char key[300], name[340];

	key_of(json_object_get(m, "id"), key);
	snprintf(name, sizeof(name), "%s %s", type, key);
	if (json_object_del(j->asked, name) != 0)
		mistake_note(&j->mistake, "answer-unknown-id",
			     "%s with id %s: nothing with that id waits for an answer", type, key);
}

static const struct {
	const char *type;
	void (*judge)(struct judge *j, const json_t *m);
} judges[] = {
	{ "ready", judge_ready },           { "sample", judge_sample },   { "stale", judge_device },
	{ "discovered", judge_discovered }, { "delivered", judge_batch }, { "refused", judge_batch },
	{ "pong", judge_answer },           { "notified", judge_answer }, { "result", judge_answer },
};

static void judge_members(struct judge *j, const struct type *t, const json_t *m)
{
	char reason[MISTAKE_REASON_MAX];

	snprintf(reason, sizeof(reason), "%s-shape", t->name);
	for (const struct member *k = t->members; k < t->members + 6 && k->key; k++) {
		const json_t *value = json_object_get(m, k->key);

		if (value ? !is_kind(value, k->kind) : k->needed)
			mistake_note(&j->mistake, reason, "%s: member '%s' is %s: expected %s", t->name, k->key,
				     value ? "of another kind" : "missing", expected[k->kind]);
	}
}

static void judge_message(struct judge *j, const json_t *m)
{
	const char *type = json_string_value(json_object_get(m, "type"));

	if (!type) {
		mistake_note(&j->mistake, "no-type", "a line that is no object with a text member 'type'");
		return;
	}
	if (!j->has_spoken && strcmp(type, "ready") != 0 && strcmp(type, "fault") != 0)
		mistake_note(&j->mistake, "speaks-first", "its first word is '%.40s': expected ready, or a fault",
			     type);
	j->has_spoken = true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, type) == 0)
			judge_members(j, &types[i], m);
	for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]) && !mistake_is_there(&j->mistake); i++)
		if (strcmp(judges[i].type, type) == 0)
			judges[i].judge(j, m);
}

json_t *judge_line(struct judge *j, const char *line, size_t len)
{
	json_error_t error;
	json_t *m = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	if (m) {
		judge_message(j, m);
		return m;
	}
	switch (json_error_code(&error)) {
	case json_error_invalid_utf8: mistake_note(&j->mistake, "not-utf8", "a line that is not UTF-8"); break;
	case json_error_duplicate_key:
		mistake_note(&j->mistake, "member-twice", "a member stands twice: %.200s", error.text);
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key: mistake_note(&j->mistake, "nul-in-text", "a text with \\u0000 in it"); break;
	default:
		mistake_note(&j->mistake, "not-json", "a line that is no JSON: %.*s", (int)(len > 120 ? 120 : len),
			     line);
		break;
	}
	return NULL;
}
