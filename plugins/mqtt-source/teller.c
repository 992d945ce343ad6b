#include "mqtt-source/teller.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mqtt-source/echo.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define DISCOVERED_MAX   1024
#define COMPLAINTS_MAX   256
#define TOPIC_MAX        512
#define SECONDS_BELOW    1e11 /* a number below this is in seconds, else in milliseconds */
#define TIME_MIN_US      (INT64_C(1262304000) * SDK_CLOCK_S) /* 2010: a clock that was never set tells of 1970 */
#define REPEATED_US      (5 * 60 * SDK_CLOCK_S) /* a counter that began anew may come to the same number later */
#define LATE_INTERVALS   3
#define LIFE_MEMBERS_MAX 2

/* One configured address. */
struct peer {
	char *key;
	json_t *ids;
	int64_t heard_us, limit_us; /* limit 0: never silent for silence */
	bool silent;
};

struct teller {
	char *id_prefix;
	struct teller_calls calls;
	struct peer *peers;
	size_t peers_count;
	json_t *index;      /* key → number of its peer */
	json_t *discovered; /* set of addresses told */
	json_t *complained; /* set of topics told */
	struct echo echo;
	int64_t listening_us; /* since when; INT64_MAX: not connected */
	uint64_t sequence;
	struct teller_counts counts;
};

struct teller_counts *teller_counts(struct teller *t)
{
	return &t->counts;
}

void teller_subscribe(struct teller *t, const char *fmt, ...)
{
	char topic[TOPIC_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(topic, sizeof(topic), fmt, ap);
	va_end(ap);
	t->calls.subscribe(t->calls.user, topic);
}

void teller_trouble(struct teller *t, const char *text)
{
	t->calls.trouble(t->calls.user, text);
}

/* Addresses. */

/* Sixteen hexadecimal digits, with '-' or ':' between them or not. */
static bool is_eui(const char *address)
{
	size_t digits = 0;

	for (; *address; address++) {
		if (strchr("0123456789abcdefABCDEF", *address))
			digits++;
		else if ((*address != '-' && *address != ':') || digits % 2)
			return false;
	}
	return digits == 16;
}

const char *teller_key(const char *address, char buf[static TELLER_KEY_MAX])
{
	size_t len = strlen(address), n = 0;
	bool is_ieee = strncmp(address, "0x", 2) == 0 && len < TELLER_KEY_MAX &&
		       strspn(address + 2, "0123456789abcdefABCDEF") == len - 2;

	if (!is_ieee && !is_eui(address))
		return address;
	for (; *address; address++)
		if (*address != '-' && *address != ':')
			buf[n++] = (char)(*address >= 'A' && *address <= 'F' ? *address + 0x20 : *address);
	buf[n] = '\0';
	return buf;
}

static struct peer *find_peer(const struct teller *t, const char *address)
{
	char buf[TELLER_KEY_MAX];
	const json_t *number = json_object_get(t->index, teller_key(address, buf));

	return number ? &t->peers[json_integer_value(number)] : NULL;
}

const json_t *teller_find(const struct teller *t, const char *address)
{
	const struct peer *p = find_peer(t, address);

	return p ? p->ids : NULL;
}

size_t teller_longest(const struct teller *t, const char *topic)
{
	size_t longest = 0;

	for (size_t i = 0; i < t->peers_count; i++) {
		size_t len = strlen(t->peers[i].key);

		if (len > longest && strncmp(topic, t->peers[i].key, len) == 0 &&
		    (topic[len] == '/' || topic[len] == '\0'))
			longest = len;
	}
	return longest;
}

void teller_each(const struct teller *t, void *user, void (*call)(void *user, const char *address))
{
	for (size_t i = 0; i < t->peers_count; i++)
		call(user, t->peers[i].key);
}

/* Payloads. */

void teller_complain(struct teller *t, const struct teller_input *input, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	t->counts.bad_payloads++;
	if (json_object_get(t->complained, input->topic) || json_object_size(t->complained) >= COMPLAINTS_MAX)
		return;
	json_object_set_new(t->complained, input->topic, json_true());
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	sdk_log_warning("%.200s: the payload is ignored: %s; more of this topic are only counted", input->topic, what);
}

json_t *teller_parse(struct teller *t, const struct teller_input *input)
{
	json_error_t error;
	json_t *fields;

	if (input->len > TELLER_PAYLOAD_MAX) {
		teller_complain(t, input, "%zu bytes: expected at most %zu", input->len, TELLER_PAYLOAD_MAX);
		return NULL;
	}
	fields = json_loadb(input->payload, input->len, JSON_DECODE_ANY, &error);
	if (!fields)
		teller_complain(t, input, "expected a JSON object: %s", error.text);
	else if (!json_is_object(fields))
		teller_complain(t, input, "expected a JSON object { … }");
	if (json_is_object(fields))
		return fields;
	json_decref(fields);
	return NULL;
}

static int life_of(const char *word)
{
	static const char *const words[][2] = {
		{ "offline", "online" },
		{ "false", "true" },
		{ "0", "1" },
		{ "disconnected", "connected" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int life = 0; life < 2; life++)
			if (strcasecmp(word, words[i][life]) == 0)
				return life;
	return -EINVAL;
}

int teller_parse_life(const struct teller_input *input)
{
	static const char *const members[] = { "state", "status", "online", "availability", "connected" };
	char text[16];
	int life = -EINVAL;
	json_t *payload;

	snprintf(text, sizeof(text), "%.*s", input->len < 15 ? (int)input->len : 15, input->payload);
	if (input->len < sizeof(text))
		life = life_of(text);
	if (life >= 0 || input->len > TELLER_PAYLOAD_MAX)
		return life;
	payload = json_loadb(input->payload, input->len, 0, NULL);
	if (json_object_size(payload) > LIFE_MEMBERS_MAX) {
		json_decref(payload); /* a state of many values, one of them called like these */
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && life < 0; i++) {
		const json_t *value = json_object_get(payload, members[i]);

		if (json_is_string(value))
			life = life_of(json_string_value(value));
		else if (json_is_boolean(value))
			life = json_is_true(value);
	}
	json_decref(payload);
	return life;
}

/* Seconds or milliseconds. */
static int64_t time_of_number(double number)
{
	if (!(number > 0 && number <= 1e14))
		return 0;
	return (int64_t)(number < SECONDS_BELOW ? number * 1e6 : number * 1e3);
}

static int64_t time_of_text(const char *text)
{
	size_t len = strlen(text);
	int64_t at_us = 0;

	if (strspn(text, "0123456789") == len)
		return len >= 10 && len <= 13 ? time_of_number((double)strtoll(text, NULL, 10)) : 0;
	return sdk_clock_parse(text, &at_us) < 0 ? 0 : at_us;
}

bool teller_parse_time(const json_t *value, int64_t received_us, int64_t *ret_at_us)
{
	int64_t at_us = json_is_string(value) ? time_of_text(json_string_value(value))
					      : time_of_number(json_number_value(value));

	if (at_us < TIME_MIN_US)
		return false;
	*ret_at_us = at_us < received_us ? at_us : received_us;
	return true;
}

bool teller_is_repeated(struct teller *t, int64_t at_us, const char *fmt, ...)
{
	char *key;
	va_list ap;
	bool repeated;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&key, fmt, ap);
	va_end(ap);
	if (r < 0)
		abort();
	repeated = echo_is_repeated(&t->echo, key, at_us, REPEATED_US);
	free(key);
	t->counts.repeated += repeated;
	return repeated;
}

/* Telling. */

static void send_one(struct teller *t, const char *device, const struct teller_sample *s)
{
	int64_t at_us = s->at_us ? s->at_us : s->input->received_us;
	bool old = s->old || s->input->retained;
	char id[64];
	json_t *sample;

	snprintf(id, sizeof(id), "%s-%llu", t->id_prefix, (unsigned long long)++t->sequence);
	sample = json_pack("{s:s,s:s,s:O,s:s}", "type", "sample", "device", device, "fields", s->fields, "id", id);
	/* A kept message without a time has an age that nobody knows: it must not look fresh. */
	if (s->at_us || !old)
		json_object_set_new(sample, "at", json_real((double)at_us / 1e6));
	if (old)
		json_object_set_new(sample, "retained", json_true());
	t->counts.samples++;
	t->calls.send(t->calls.user, sample);
}

/* The peer that has these ids has been heard. */
static void note_heard(struct teller *t, const struct teller_sample *s)
{
	for (size_t i = 0; i < t->peers_count; i++) {
		struct peer *p = &t->peers[i];

		if (p->ids == s->ids) {
			p->heard_us = s->input->now_us;
			p->silent = false;
			return;
		}
	}
}

void teller_sample(struct teller *t, const struct teller_sample *s)
{
	json_t *id;
	size_t i;

	json_array_foreach((json_t *)s->ids, i, id)
	{
		send_one(t, json_string_value(id), s);
	}
	if (!s->old && !s->input->retained)
		note_heard(t, s);
}

static void send_stale(struct teller *t, const json_t *ids)
{
	json_t *id;
	size_t i;

	json_array_foreach((json_t *)ids, i, id)
	{
		t->calls.send(t->calls.user, json_pack("{s:s,s:O}", "type", "stale", "device", id));
	}
}

void teller_life(struct teller *t, const struct teller_sample *s, bool online)
{
	struct teller_sample link = *s;

	link.fields = json_pack("{s:b}", "link", online);
	teller_sample(t, &link);
	json_decref(link.fields);
	if (!online)
		send_stale(t, s->ids);
}

/* Texts of strangers end up on a technician's screen, and in a line with all the rest. */
static void add_text(json_t *message, const char *key, const char *text)
{
	if (text && *text && strlen(text) <= 255)
		json_object_set_new(message, key, json_string(text));
}

static const json_t *battery_of(const json_t *fields)
{
	static const char *const names[] = { "battery", "battery_percentage", "batteryLevel" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *value = json_object_get(fields, names[i]);

		if (json_is_number(value))
			return value;
	}
	return NULL;
}

void teller_discovered(struct teller *t, const struct teller_stranger *stranger)
{
	const json_t *battery = battery_of(stranger->fields);
	json_t *message;

	if (!stranger->address[0] || strlen(stranger->address) > 255 ||
	    json_object_get(t->discovered, stranger->address) || json_object_size(t->discovered) >= DISCOVERED_MAX)
		return;
	json_object_set_new(t->discovered, stranger->address, json_true());
	t->counts.discovered++;
	message = json_pack("{s:s,s:s}", "type", "discovered", "address", stranger->address);
	add_text(message, "name", stranger->name);
	add_text(message, "vendor", stranger->vendor);
	add_text(message, "model", stranger->model);
	if (battery)
		json_object_set(message, "battery", (json_t *)battery);
	json_object_set(message, "fields", stranger->fields);
	t->calls.send(t->calls.user, message);
}

/* Silence. */

void teller_expect(struct teller *t, const char *address, int64_t interval_us)
{
	struct peer *p = find_peer(t, address);

	if (p && interval_us > 0)
		p->limit_us = interval_us * LATE_INTERVALS;
}

void teller_listen(struct teller *t, int64_t now_us)
{
	t->listening_us = now_us;
}

void teller_tick(struct teller *t, int64_t now_us)
{
	for (size_t i = 0; i < t->peers_count; i++) {
		struct peer *p = &t->peers[i];
		int64_t since_us = p->heard_us > t->listening_us ? p->heard_us : t->listening_us;

		if (p->limit_us == 0 || p->silent || now_us - since_us < p->limit_us)
			continue;
		p->silent = true;
		send_stale(t, p->ids);
	}
}

/* Life. */

static void add_device(struct teller *t, const json_t *device, int64_t silent_after_us)
{
	json_t *id = json_object_get(device, "id");
	const char *address = json_string_value(json_object_get(device, "address"));
	char buf[TELLER_KEY_MAX];
	struct peer *p;

	if (!json_is_string(id))
		return;
	if (!address || !address[0]) {
		sdk_log_warning("device '%.63s' has no address: expected its address on the radio, or its name there",
				json_string_value(id));
		return;
	}
	p = find_peer(t, address);
	if (!p) {
		p = &t->peers[t->peers_count];
		*p = (struct peer){ .key = strdup(teller_key(address, buf)),
				    .ids = json_array(),
				    .limit_us = silent_after_us };
		if (!p->key)
			abort();
		json_object_set_new(t->index, p->key, json_integer((json_int_t)t->peers_count++));
	}
	json_array_append(p->ids, id);
}

struct teller *teller_new(const struct teller_setup *setup)
{
	struct teller *t = calloc(1, sizeof(*t));
	json_t *device;
	size_t i;

	if (!t)
		abort();
	t->id_prefix = strdup(setup->id_prefix);
	t->peers = calloc(json_array_size(setup->devices) + 1, sizeof(*t->peers));
	if (!t->id_prefix || !t->peers)
		abort();
	t->calls = setup->calls;
	t->index = json_object();
	t->discovered = json_object();
	t->complained = json_object();
	json_array_foreach((json_t *)setup->devices, i, device)
	{
		add_device(t, device, setup->silent_after_us);
	}
	return t;
}

void teller_free(struct teller *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->peers_count; i++) {
		free(t->peers[i].key);
		json_decref(t->peers[i].ids);
	}
	free(t->peers);
	json_decref(t->index);
	json_decref(t->discovered);
	json_decref(t->complained);
	free(t->id_prefix);
	free(t);
}
