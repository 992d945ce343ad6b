#include "mqtt-source/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct plain {
	const char *base;
	struct teller *teller;
};

static bool tells_of_life(const char *word)
{
	static const char *const words[] = { "availability", "status", "lwt", "online", "connected", "connection" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool parse_time(const json_t *fields, const struct teller_input *input, int64_t *ret_at_us)
{
	static const char *const names[] = { "last_seen", "time", "timestamp", "ts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (teller_parse_time(json_object_get(fields, names[i]), input->received_us, ret_at_us))
			return true;
	return false;
}

static void tell(struct plain *p, const char *address, json_t *fields, const struct teller_input *input)
{
	struct teller_sample sample = { .ids = teller_find(p->teller, address), .fields = fields, .input = input };

	/* By its own time the same message is known when it comes again; without one it may be a second press. */
	if (parse_time(fields, input, &sample.at_us) && !input->retained)
		sample.old = teller_is_repeated(p->teller, sample.at_us, "%s %.*s", input->topic, (int)input->len,
						input->payload);
	if (sample.ids)
		teller_sample(p->teller, &sample);
	else
		teller_discovered(p->teller, &(struct teller_stranger){ .address = address, .fields = fields });
}

/* A value that stands in a topic of its own: quoted or not, a number, a word. */
static json_t *parse_value(struct plain *p, const struct teller_input *input)
{
	json_t *value;

	if (input->len > TELLER_PAYLOAD_MAX) {
		teller_complain(p->teller, input, "%zu bytes: expected at most %zu", input->len, TELLER_PAYLOAD_MAX);
		return NULL;
	}
	value = json_loadb(input->payload, input->len, JSON_DECODE_ANY, NULL);
	if (!value)
		value = json_stringn(input->payload, input->len); /* NULL: not UTF-8 */
	if (!value || json_is_array(value)) {
		teller_complain(p->teller, input, "expected a value: a number, a word, or a JSON object");
		json_decref(value);
		return NULL;
	}
	return value;
}

/* rest is ADDRESS/FIELD; FIELD may have slashes too where ADDRESS is configured. */
static void take_field(struct plain *p, const char *rest, size_t address_len, const struct teller_input *input)
{
	char *address = strndup(rest, address_len), *name = strdup(rest + address_len + 1);
	json_t *value = parse_value(p, input), *fields;

	if (!address || !name)
		abort();
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '.';
	if (value) {
		fields = json_pack("{s:o}", name, value);
		tell(p, address, fields, input);
		json_decref(fields);
	}
	free(address);
	free(name);
}

/* True: it was of a device's life. */
static bool take_life(struct plain *p, const char *rest, const struct teller_input *input)
{
	const char *last = dialect_last(rest);
	int life = last > rest && tells_of_life(last) ? teller_parse_life(input) : -1;
	const json_t *ids;
	char *address;

	if (life < 0)
		return false;
	address = strndup(rest, (size_t)(last - rest - 1));
	if (!address)
		abort();
	ids = teller_find(p->teller, address);
	if (ids)
		teller_life(p->teller, &(struct teller_sample){ .ids = ids, .input = input }, life > 0);
	free(address);
	return true;
}

static bool is_object(const struct teller_input *input)
{
	size_t i = 0;

	while (i < input->len && input->payload[i] && strchr(" \t\r\n", input->payload[i]))
		i++;
	return i < input->len && input->payload[i] == '{';
}

static void take_object(struct plain *p, const char *address, const struct teller_input *input)
{
	json_t *fields = teller_parse(p->teller, input);

	if (fields)
		tell(p, address, fields, input);
	json_decref(fields);
}

/* Behind the base, or all of it where a device has that as its address. */
static const char *rest_of(const struct plain *p, const char *topic)
{
	const char *rest = dialect_rest(topic, p->base);

	if (rest && teller_longest(p->teller, rest))
		return rest;
	return teller_longest(p->teller, topic) ? topic : rest;
}

static void take(void *state, const struct teller_input *input)
{
	struct plain *p = state;
	const char *rest = rest_of(p, input->topic), *last;
	size_t known;

	if (!rest || input->len == 0 || dialect_is_order(rest) || take_life(p, rest, input))
		return;
	known = teller_longest(p->teller, rest);
	last = dialect_last(rest);
	if (!*last)
		return; /* a topic that ends with '/' names nothing */
	if (known == strlen(rest) || (known == 0 && (is_object(input) || last == rest)))
		take_object(p, rest, input);
	else
		take_field(p, rest, known ? known : (size_t)(last - rest - 1), input);
}

/* Addresses that are topics of their own. Of two that overlap the broker might say everything twice. */
static void subscribe_address(void *user, const char *address)
{
	struct plain *p = user;
	const char *slash = strchr(address, '/');

	while (slash) {
		char *above = strndup(address, (size_t)(slash - address));
		bool known = above && teller_find(p->teller, above);

		free(above);
		if (known)
			return;
		slash = strchr(slash + 1, '/');
	}
	if (!dialect_rest(address, p->base) && !strpbrk(address, "+#") && strlen(address) <= 255)
		teller_subscribe(p->teller, "%s/#", address);
}

static void *plain_new(const struct dialect_setup *setup)
{
	struct plain *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->base = setup->base;
	p->teller = setup->teller;
	teller_subscribe(p->teller, "%s/#", p->base);
	teller_each(p->teller, p, subscribe_address);
	return p;
}

const struct dialect plain_dialect = {
	.name = "json",
	.base = "sensors",
	.new = plain_new,
	.free = free,
	.take = take,
};
